import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import type { Random } from '../../runtime/random.ts';

/** One AES-256 key, and the id that stands beside what it encrypted. */
export interface VaultKey {
  id: string;
  key: KeyObject;
}

/** `current` encrypts; `others` (the previous secret version) still decrypt. */
export interface VaultKeys {
  current: VaultKey;
  others: VaultKey[];
}

/** Encryption at rest: AES-256-GCM, bound by its additional data to the place (`scope`) and the key id. */
export interface Vault {
  /** Fetches the keys. Rejects when there are none: without them nothing may be stored, so no login starts. */
  open(): Promise<void>;
  seal(scope: string, text: string): Promise<string>;
  /** `undefined` for anything that is not ours, not whole, or under a key we no longer have. Never rejects. */
  unseal(scope: string, sealed: string): Promise<string | undefined>;
}

const Sealed = z.strictObject({
  v: z.literal(1),
  kid: z.string().min(1).max(64),
  iv: z.string().length(16),
  ct: z.string().min(24),
});

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * @param load fetches the keys; asked again when a value names a key we do not know (somebody rotated), at
 *   most once in `REFRESH_MS`.
 */
export function createVault(load: () => Promise<VaultKeys>, random: Random, now: () => number): Vault {
  const REFRESH_MS = 60_000;
  let loading: { keys: Promise<VaultKeys>; at: number } | undefined;

  function keys(): Promise<VaultKeys> {
    if (!loading) {
      const started = { keys: load(), at: now() };
      loading = started;
      started.keys.catch(() => {
        if (loading === started) loading = undefined;
      });
    }
    return loading.keys;
  }

  async function keyFor(kid: string): Promise<KeyObject | undefined> {
    const find = async () => {
      const { current, others } = await keys();
      return [current, ...others].find((key) => key.id === kid)?.key;
    };
    const known = await find();
    if (known || !loading || now() - loading.at < REFRESH_MS) return known;
    loading = undefined;
    return find();
  }

  return {
    open: async () => void (await keys()),
    async seal(scope, text) {
      const { current } = await keys();
      const iv = random.bytes(IV_BYTES);
      const ct = encrypt(current.key, iv, additionalData(scope, current.id), Buffer.from(text));
      return JSON.stringify({
        v: 1,
        kid: current.id,
        iv: iv.toString('base64'),
        ct: ct.toString('base64'),
      } satisfies z.infer<typeof Sealed>);
    },
    async unseal(scope, sealed) {
      try {
        const { kid, iv, ct } = Sealed.parse(JSON.parse(sealed));
        const key = await keyFor(kid);
        if (!key) return undefined;
        const clear = decrypt(
          key,
          Buffer.from(iv, 'base64'),
          additionalData(scope, kid),
          Buffer.from(ct, 'base64'),
        );
        return clear.toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}

function additionalData(scope: string, kid: string): Buffer {
  return Buffer.from(`${scope}\0${kid}`);
}

/** Ciphertext with its 16-byte tag at the end. */
export function encrypt(key: KeyObject, iv: Uint8Array, aad: Uint8Array, clear: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
}

/** @throws when the tag does not hold. */
export function decrypt(key: KeyObject, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES)), decipher.final()]);
}

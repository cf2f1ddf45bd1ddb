import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import { createKeyRing } from '../../runtime/key-ring.ts';
import type { Keys } from '../../runtime/key-ring.ts';
import type { Random } from '../../runtime/random.ts';
import type { DerivedKey } from './derived-keys.ts';

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

/** @param load fetches the keys; those of the secret's previous version still decrypt. */
export function createVault(
  load: () => Promise<Keys<DerivedKey>>,
  random: Random,
  clock: Pick<Clock, 'now'>,
): Vault {
  const keys = createKeyRing(load, clock);
  return {
    open: async () => void (await keys.current()),
    async seal(scope, text) {
      const { id, key } = await keys.current();
      const iv = random.bytes(IV_BYTES);
      const ct = encrypt(key, iv, additionalData(scope, id), Buffer.from(text));
      return JSON.stringify({
        v: 1,
        kid: id,
        iv: iv.toString('base64'),
        ct: ct.toString('base64'),
      } satisfies z.infer<typeof Sealed>);
    },
    async unseal(scope, sealed) {
      try {
        const { kid, iv, ct } = Sealed.parse(JSON.parse(sealed));
        const found = await keys.find(({ id }) => id === kid);
        if (!found) return undefined;
        const clear = decrypt(
          found.key,
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

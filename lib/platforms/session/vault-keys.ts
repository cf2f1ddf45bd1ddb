import { createSecretKey, hkdfSync } from 'node:crypto';
import * as z from 'zod';
import { GatewayError } from '../../runtime/errors.ts';
import type { Secrets } from '../../vendors/secrets/secrets.ts';
import type { VaultKey, VaultKeys } from './vault.ts';

/**
 * The session keys of a stage: its secret's current version, and the previous one while there is one.
 * @throws GatewayError `CONFIGURATION_ERROR` naming the secret when it is missing or malformed: without a key
 *   no session may be stored, so nothing logs in. `STORE_UNAVAILABLE` from Secrets Manager itself.
 */
export async function loadVaultKeys(secrets: Pick<Secrets, 'getVersion'>, name: string): Promise<VaultKeys> {
  const [current, previous] = await Promise.all([
    secrets.getVersion(name, 'AWSCURRENT'),
    secrets.getVersion(name, 'AWSPREVIOUS'),
  ]);
  if (!current) throw new GatewayError('CONFIGURATION_ERROR', `The secret ${name} is missing.`);
  return vaultKeysFrom(name, current.text, previous?.text);
}

const KeySecret = z.object({
  keyId: z.string().regex(/^[\w-]{1,64}$/),
  key: z.string().min(16),
});

/** Versions of `{"keyId": "k1", "key": "<random string>"}`; the string becomes 32 bytes by HKDF-SHA256. */
export function vaultKeysFrom(name: string, current: string, previous?: string): VaultKeys {
  const key = parseKey(current);
  if (!key) {
    throw new GatewayError('CONFIGURATION_ERROR', `The secret ${name} is not {"keyId", "key"}.`);
  }
  const old = previous === undefined ? undefined : parseKey(previous);
  return { current: key, others: old && old.id !== key.id ? [old] : [] };
}

function parseKey(text: string): VaultKey | undefined {
  try {
    const { keyId, key } = KeySecret.parse(JSON.parse(text));
    const bytes = Buffer.from(hkdfSync('sha256', key, 'gatehouse', `session:${keyId}`, 32));
    return { id: keyId, key: createSecretKey(bytes) };
  } catch {
    return undefined;
  }
}

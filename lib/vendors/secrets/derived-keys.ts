import { createSecretKey, hkdfSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import { GatewayError } from '../../runtime/errors.ts';
import type { Keys } from '../../runtime/key-ring.ts';
import type { Secrets } from './secrets.ts';

/** The secret that keys are derived from: `{"keyId": "k1", "key": "<random string>"}`. */
const KeySecret = z.object({ keyId: z.string().regex(/^[\w-]{1,64}$/), key: z.string().min(16) });

/** One key of 256 bits, and the id of the secret's version that it is made from. */
export interface DerivedKey {
  id: string;
  key: KeyObject;
}

/**
 * Keys for one purpose (`session`, `cursor`) from a secret of the stage, by HKDF-SHA256: one purpose's keys
 * reveal nothing about another's. The current version's first, then the previous one's while there is one.
 * @throws GatewayError `CONFIGURATION_ERROR` naming the secret when it is missing or malformed;
 *   `STORE_UNAVAILABLE` from Secrets Manager itself.
 */
export async function deriveKeys(
  secrets: Pick<Secrets, 'getVersion'>,
  name: string,
  purpose: string,
): Promise<Keys<DerivedKey>> {
  const [current, previous] = await Promise.all([
    secrets.getVersion(name, 'AWSCURRENT'),
    secrets.getVersion(name, 'AWSPREVIOUS'),
  ]);
  if (!current) throw new GatewayError('CONFIGURATION_ERROR', `The secret ${name} is missing.`);
  const key = derive(current.text, purpose);
  if (!key) throw new GatewayError('CONFIGURATION_ERROR', `The secret ${name} is not {"keyId", "key"}.`);
  const old = previous && derive(previous.text, purpose);
  return old && old.id !== key.id ? [key, old] : [key];
}

function derive(text: string, purpose: string): DerivedKey | undefined {
  const parsed = KeySecret.safeParse(json(text));
  if (!parsed.success) return undefined;
  const { keyId, key } = parsed.data;
  const bytes = Buffer.from(hkdfSync('sha256', key, 'gatehouse', `${purpose}:${keyId}`, 32));
  return { id: keyId, key: createSecretKey(bytes) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

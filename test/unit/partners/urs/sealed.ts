/** Envelopes made by hand, right and wrong, and keys that count what they are asked. */
import { createCipheriv, createHash } from 'node:crypto';
import { EnvelopeRejected, openEnvelope, prepareKey } from '../../../../lib/partners/urs/envelope.ts';
import type { EnvelopeKey } from '../../../../lib/partners/urs/envelope.ts';

export const NOW = 1_767_225_600;
export const APP_KEY = 'knY4NP4SiMnB3L3TaPnR27lJWQrab7rY';
export const KEY = prepareKey(APP_KEY, 'v1');
export const IV = Buffer.from('cfLAxscgAjtN8HdjECrVfg==', 'base64');

/** As PHP signs: whatever the fields are, strung together. */
export const signOf = (data: string, iv: string, timestamp: string | number, appKey = APP_KEY) =>
  createHash('sha256').update(`${data}${iv}${timestamp}${appKey}`).digest('hex');

/** Rightly signed, whatever the fields hold. */
export function signed(data: string, iv = IV.toString('base64'), timestamp: string | number = NOW) {
  return { data, iv, timestamp, sign: signOf(data, iv, timestamp) };
}

/** Rightly encrypted and signed, whatever the bytes are. */
export function sealedBytes(bytes: Buffer, timestamp: number = NOW) {
  const cipher = createCipheriv('aes-256-cbc', Buffer.from(APP_KEY), IV);
  const data = Buffer.concat([cipher.update(bytes), cipher.final()]).toString('base64');
  return signed(data, undefined, timestamp);
}

export function counted(key: EnvelopeKey): EnvelopeKey & { decrypts: number; signs: number } {
  const counting = {
    ...key,
    decrypts: 0,
    signs: 0,
    sign: (text: string) => ((counting.signs += 1), key.sign(text)),
    decrypt: (bytes: Buffer, iv: Buffer) => ((counting.decrypts += 1), key.decrypt(bytes, iv)),
  };
  return counting;
}

export const open = (input: unknown, keys: readonly EnvelopeKey[] = [KEY], nowSeconds = NOW) =>
  openEnvelope(input, { keys, nowSeconds, windowSeconds: 300 });

/** The cause of a refusal; what was opened when it was none. */
export function causeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof EnvelopeRejected) return error.cause;
    throw error;
  }
}

/**
 * The URS envelope (SPEC 6): `{data, iv, timestamp, sign}`. The signature is checked before anything is
 * decrypted, so that a sender without the key learns nothing about how a ciphertext decrypts. See docs/builders/partners.md.
 */
import { isUtf8 } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { MAX_DEPTH, parseExact } from '../../text/json/exact.ts';
import type { EnvelopeKey } from './envelope-key.ts';
import { reject } from './envelope-rejected.ts';
import { readShape } from './envelope-shape.ts';
import type { ShapedEnvelope } from './envelope-shape.ts';

export { envelopeKey, envelopeKeys, NONCE_BYTES, prepareKey } from './envelope-key.ts';
export type { EnvelopeKey } from './envelope-key.ts';
export { EnvelopeRejected } from './envelope-rejected.ts';

export interface Envelope {
  /** Base64 of the ciphertext. */
  data: string;
  /** Base64 of 16 bytes. */
  iv: string;
  /** Seconds since the epoch. */
  timestamp: number;
  /** Hex of `sha256(data . iv . timestamp . key)`. */
  sign: string;
}

export interface OpenOptions {
  /** Those that are valid now, the current one first. */
  keys: readonly EnvelopeKey[];
  nowSeconds: number;
  /** How far a timestamp may be from now, either way, the edge included. */
  windowSeconds: number;
}

export interface OpenedEnvelope {
  /** JSON by the rules of `parseExact`: read money from it with that, not with `JSON.parse`. */
  text: string;
  /** Which key it was made with. */
  keyVersionId: string;
}

/**
 * Shape, window, signature, not one of ours, decryption, UTF-8, JSON, in this order.
 * @param input the envelope as parsed JSON, untrusted.
 * @throws EnvelopeRejected
 */
export function openEnvelope(input: unknown, options: OpenOptions): OpenedEnvelope {
  const opened = verifyEnvelope(readShape(input), options);
  assertJson(opened.text);
  return opened;
}

/**
 * Window, signature, not one of ours, decryption, UTF-8. Does not check that the text is JSON.
 * @throws EnvelopeRejected
 */
export function verifyEnvelope(
  envelope: ShapedEnvelope,
  { keys, nowSeconds, windowSeconds }: OpenOptions,
): OpenedEnvelope {
  // Written so that a window of NaN accepts nothing.
  if (!(Math.abs(nowSeconds - envelope.timestamp) <= windowSeconds)) return reject('EXPIRED');
  const key = signerOf(envelope, keys);
  // One key serves both directions: what we sealed ourselves, sent back to us, would be an order signed by URS.
  if (key.isMarked(envelope.iv)) return reject('REFLECTED');
  const plaintext = key.decrypt(envelope.ciphertext, envelope.iv);
  if (!isUtf8(plaintext)) return reject('JSON');
  return { text: plaintext.toString('utf8'), keyVersionId: key.versionId };
}

const SIGN_LENGTH = 64;

/** @param iv 16 bytes, never used before: `key.markedIv` of a nonce. `nowSeconds`: whole seconds since the epoch. */
export function sealEnvelope(
  text: string,
  key: EnvelopeKey,
  { nowSeconds, iv }: { nowSeconds: number; iv: Buffer },
): Envelope {
  const data = key.encrypt(text, iv).toString('base64');
  const ivText = iv.toString('base64');
  return { data, iv: ivText, timestamp: nowSeconds, sign: key.sign(`${data}${ivText}${nowSeconds}`) };
}

function signerOf({ signed, sign }: ShapedEnvelope, keys: readonly EnvelopeKey[]): EnvelopeKey {
  const given = Buffer.from(sign, 'utf8');
  if (given.length !== SIGN_LENGTH) return reject('SIGNATURE');
  for (const key of keys) {
    if (timingSafeEqual(given, Buffer.from(key.sign(signed), 'latin1'))) return key;
  }
  return reject('SIGNATURE');
}

/** The native parser is faster; where PHP is stricter (depth, lone surrogates) `parseExact` decides. */
function assertJson(text: string): void {
  try {
    if (mayHoldSurrogates(text) || mayBeDeep(text)) parseExact(text);
    else JSON.parse(text);
  } catch {
    reject('JSON');
  }
}

function mayHoldSurrogates(text: string): boolean {
  return text.includes('\\u') && /\\u[dD][89a-fA-F]/.test(text);
}

function mayBeDeep(text: string): boolean {
  // Each level takes two characters: a short text cannot be deep.
  return text.length > 2 * MAX_DEPTH && opens(text, '[') + opens(text, '{') > MAX_DEPTH;
}

function opens(text: string, bracket: string): number {
  let count = 0;
  for (let at = text.indexOf(bracket); at >= 0 && count <= MAX_DEPTH; at = text.indexOf(bracket, at + 1)) {
    count += 1;
  }
  return count;
}

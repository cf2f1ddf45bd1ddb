import { ExactNumber } from '../../text/json/exact.ts';
import { reject } from './envelope-rejected.ts';

/** An envelope of the right shape, not yet verified. */
export interface ShapedEnvelope {
  /** What the signature covers, but for the key: data, iv and timestamp as they came. */
  signed: string;
  /** Seconds since the epoch. */
  timestamp: number;
  sign: string;
  iv: Buffer;
  ciphertext: Buffer;
}

const BLOCK_BYTES = 16;
const TIMESTAMP = /^[1-9]\d{9}$/;

/**
 * Exactly one way to write each field: the signature covers their concatenation without borders, so that a
 * field which could be longer or shorter would let characters move from one to the next (E4).
 * Other fields are ignored. @throws EnvelopeRejected `MALFORMED`
 */
export function readShape(input: unknown): ShapedEnvelope {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return reject('MALFORMED');
  const { data, iv, timestamp, sign } = own(input);
  if (typeof data !== 'string' || typeof iv !== 'string' || typeof sign !== 'string') {
    return reject('MALFORMED');
  }
  const seconds = timestampText(timestamp);
  const ivBytes = canonicalBase64(iv);
  if (ivBytes.length !== BLOCK_BYTES) return reject('MALFORMED');
  const ciphertext = canonicalBase64(data);
  if (ciphertext.length === 0 || ciphertext.length % BLOCK_BYTES !== 0) return reject('MALFORMED');
  return { signed: data + iv + seconds, timestamp: Number(seconds), sign, iv: ivBytes, ciphertext };
}

interface Fields {
  data?: unknown;
  iv?: unknown;
  timestamp?: unknown;
  sign?: unknown;
}

/** Own properties only, none of the prototype. */
function own(input: Fields): Fields {
  for (const name of ['data', 'iv', 'timestamp', 'sign'] as const) {
    if (!Object.hasOwn(input, name)) return reject('MALFORMED');
  }
  return input;
}

/** An integer, or a string, of ten digits: 1e9, "1e9", 1767225600.0 and milliseconds are refused. */
function timestampText(value: unknown): string {
  if (value instanceof ExactNumber) return timestampText(value.source);
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && TIMESTAMP.test(text) ? text : reject('MALFORMED');
}

/** Bytes that are written as `text` and not otherwise: no white space, no `-_`, no padding left out. */
function canonicalBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : reject('MALFORMED');
}

import { createHmac } from 'node:crypto';
import { FilterFault } from './filter.ts';
import type { Filter } from './filter.ts';

const STEP_SECONDS = 30;
const DIGITS = 6;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 6238 with SHA-1, 30 s and 6 digits, as authenticator apps do it. The value: the secret in base32. */
export const totp: Filter = ({ text, now }) => codeAt(secretBytes(text()), windowAt(now.ms));

/** The window of time that a code is for, counted from the epoch. @param ms since the epoch. */
export const windowAt = (ms: number): number => Math.floor(ms / 1_000 / STEP_SECONDS);

/** When the window after this one begins, milliseconds since the epoch. */
export const endOfWindow = (window: number): number => (window + 1) * STEP_SECONDS * 1_000;

/** RFC 4226 5.3. */
function codeAt(secret: Buffer, counter: number): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const hash = createHmac('sha1', secret).update(message).digest();
  const offset = hash.at(-1)! & 0x0f;
  const number = hash.readUInt32BE(offset) & 0x7f_ff_ff_ff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

/** RFC 4648 section 6; as people copy it: with spaces, small letters, without padding. */
function secretBytes(text: string): Buffer {
  const letters = text.replaceAll(/[\s-]/g, '').replace(/=+$/, '').toUpperCase();
  if (letters === '' || !/^[A-Z2-7]+$/.test(letters)) throw new FilterFault('totp needs a secret in base32');
  const bits = Array.from(letters, (letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

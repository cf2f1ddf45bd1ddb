import { createHash, createHmac } from 'node:crypto';

/** Of OpenSSL's names; with `hmac-` a keyed one (RFC 2104), without a digest of the message alone. */
export const ALGORITHMS = [
  'hmac-sha256',
  'hmac-sha1',
  'hmac-sha512',
  'hmac-md5',
  'hmac-sm3',
  'md5',
  'sha1',
  'sha256',
  'sha512',
  'sm3',
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export const ENCODINGS = ['hex', 'HEX', 'base64', 'base64url'] as const;
export type Encoding = (typeof ENCODINGS)[number];

export const isKeyed = (algorithm: Algorithm): boolean => algorithm.startsWith('hmac-');

/** Message and key in UTF-8. */
export function signatureOf(message: string, key: string, algorithm: Algorithm, encoding: Encoding): string {
  const hash = isKeyed(algorithm) ? createHmac(algorithm.slice('hmac-'.length), key) : createHash(algorithm);
  const bytes = hash.update(message).digest();
  return encoding === 'HEX' ? bytes.toString('hex').toUpperCase() : bytes.toString(encoding);
}

import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hash } from 'node:crypto';
import type { CredentialVersion } from '../../access/credentials/credentials.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { reject } from './envelope-rejected.ts';

/** One version of a partner's key, ready for use. Does not expose the key. */
export interface EnvelopeKey {
  /** Secrets Manager's version id: uses are counted by it. */
  readonly versionId: string;
  /** SHA-256 of `signed` and the whole key, lower-case hex. */
  sign(signed: string): string;
  encrypt(plaintext: string, iv: Buffer): Buffer;
  /**
   * An iv that shows, to whoever has the key, that the envelope is ours: the nonce and eight bytes of a MAC over it.
   * @param nonce 8 random bytes, never used before.
   */
  markedIv(nonce: Buffer): Buffer;
  /** Did `markedIv` make it? By chance an iv of the partner's does once in 2^64. */
  isMarked(iv: Buffer): boolean;
  /** @param ciphertext whole blocks. @throws EnvelopeRejected `CIPHERTEXT` when the padding is wrong. */
  decrypt(ciphertext: Buffer, iv: Buffer): Buffer;
}

const CIPHER = 'aes-256-cbc';
const AES_KEY_BYTES = 32;
const BLOCK_BYTES = 16;
export const NONCE_BYTES = 8;

/**
 * The key as PHP takes it: `openssl_encrypt` pads it with NUL bytes, or cuts it, to 32; `hash` sees all of it.
 * Creating a cipher from a `KeyObject` takes a tenth of the time that it takes from bytes.
 */
export function prepareKey(appKey: string, versionId: string): EnvelopeKey {
  const bytes = Buffer.alloc(AES_KEY_BYTES);
  Buffer.from(appKey, 'utf8').copy(bytes);
  const key = createSecretKey(bytes);
  // A key of its own: a MAC over the nonce under the partner's key could be mistaken for something of the protocol's.
  const markKey = createHmac('sha256', appKey).update('gatehouse: mark of our own ivs').digest();
  // A hash over key and nonce is a MAC where the nonce has one length, and takes half the time of an HMAC.
  const markOf = (nonce: Buffer) =>
    hash('sha256', Buffer.concat([markKey, nonce]), 'buffer').subarray(0, BLOCK_BYTES - NONCE_BYTES);
  return {
    versionId,
    sign: (signed) => hash('sha256', signed + appKey, 'hex'),
    encrypt(plaintext, iv) {
      const cipher = createCipheriv(CIPHER, key, iv);
      return Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
    },
    markedIv: (nonce) => Buffer.concat([nonce, markOf(nonce)]),
    isMarked: (iv) => markOf(iv.subarray(0, NONCE_BYTES)).equals(iv.subarray(NONCE_BYTES)),
    decrypt(ciphertext, iv) {
      // Without padding of its own, OpenSSL hands over all blocks at once: no `final`, no second buffer to join.
      const blocks = createDecipheriv(CIPHER, key, iv).setAutoPadding(false).update(ciphertext);
      return withoutPadding(blocks) ?? reject('CIPHERTEXT');
    },
  };
}

/** PKCS #7 (RFC 5652, 6.3): n bytes of value n, 1 to 16 of them. Its timing is visible only to senders with a valid signature. */
function withoutPadding(blocks: Buffer): Buffer | undefined {
  const count = blocks[blocks.length - 1] ?? 0;
  if (count < 1 || count > BLOCK_BYTES) return undefined;
  const end = blocks.length - count;
  for (let at = end; at < blocks.length; at++) if (blocks[at] !== count) return undefined;
  return blocks.subarray(0, end);
}

/** Keys are kept as long as the credential store keeps their version. */
const prepared = new WeakMap<CredentialVersion, EnvelopeKey>();

/** @throws GatewayError `CONFIGURATION_ERROR` when the credentials hold no `appKey`. */
export function envelopeKey(code: string, version: CredentialVersion): EnvelopeKey {
  const known = prepared.get(version);
  if (known) return known;
  const { appKey } = version.values;
  if (!appKey) throw new GatewayError('CONFIGURATION_ERROR', `${code}: {{credentials.appKey}} is missing.`);
  const key = prepareKey(appKey, version.versionId);
  prepared.set(version, key);
  return key;
}

/**
 * The keys of those versions that hold one, the current one first: a previous version without a key is
 * skipped. @throws GatewayError `CONFIGURATION_ERROR` when the first has none.
 */
export function envelopeKeys(code: string, versions: readonly CredentialVersion[]): EnvelopeKey[] {
  return versions
    .filter((version, index) => index === 0 || Boolean(version.values['appKey']))
    .map((version) => envelopeKey(code, version));
}

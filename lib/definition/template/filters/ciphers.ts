/** Symmetric encryption, as pages do it to a password. */
import { createCipheriv } from 'node:crypto';
import { Bytes, FilterFault } from './filter.ts';
import type { Filter } from './filter.ts';

/** PKCS#7 padding, key and iv as UTF-8 texts: as CryptoJS does with `enc.Utf8.parse(key)`. */
export const aesCbc: Filter = ({ text, args: [key = '', iv = ''] }) => {
  const vector = Buffer.from(iv);
  if (vector.length !== 16) throw new FilterFault('the iv of aes_cbc must have 16 bytes');
  return encrypted(aes(key, 'cbc'), vector, text());
};

export const aesEcb: Filter = ({ text, args: [key = ''] }) => encrypted(aes(key, 'ecb'), null, text());

/** GB/T 32907-2016, PKCS#7 padding. The key: a text of 16 bytes, or 32 hex digits as sm-crypto takes it. */
export const sm4Ecb: Filter = ({ text, args: [key = ''] }) => {
  const bytes = /^[0-9a-f]{32}$/i.test(key) ? Buffer.from(key, 'hex') : Buffer.from(key);
  if (bytes.length !== 16)
    throw new FilterFault('the key of sm4_ecb must have 16 bytes, or be 32 hex digits');
  return encrypted({ algorithm: 'sm4-ecb', key: bytes }, null, text());
};

interface Cipher {
  algorithm: string;
  key: Buffer;
}

function aes(key: string, mode: 'cbc' | 'ecb'): Cipher {
  const bytes = Buffer.from(key);
  if (![16, 24, 32].includes(bytes.length)) {
    throw new FilterFault(`the key of aes_${mode} must have 16, 24 or 32 bytes`);
  }
  return { algorithm: `aes-${bytes.length * 8}-${mode}`, key: bytes };
}

function encrypted({ algorithm, key }: Cipher, iv: Buffer | null, text: string): Bytes {
  const cipher = createCipheriv(algorithm, key, iv);
  return new Bytes(Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]), 'base64');
}

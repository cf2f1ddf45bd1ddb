/** Encryption with a public key that a page holds. */
import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { sm2 as sm2Curve } from 'sm-crypto-v2';
import { Bytes, FilterFault } from './filter.ts';
import type { Filter } from './filter.ts';

/** PKCS#1 v1.5, as JSEncrypt does it. */
export const rsa: Filter = ({ text, args: [key = ''] }) =>
  encryptedFor('rsa', text(), { key: rsaKey('rsa', key), padding: constants.RSA_PKCS1_PADDING });

/** PKCS#1 OAEP, with SHA-1 unless the second argument names another digest. */
export const rsaOaep: Filter = ({ text, args: [key = '', digest = 'sha1'] }) =>
  encryptedFor('rsa_oaep', text(), {
    key: rsaKey('rsa_oaep', key),
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: digest,
  });

function encryptedFor(filter: string, text: string, options: Parameters<typeof publicEncrypt>[0]): Bytes {
  try {
    return new Bytes(publicEncrypt(options, Buffer.from(text)), 'base64');
  } catch {
    throw new FilterFault(`the value is too long for the key of ${filter}, or its digest is unknown`);
  }
}

/** PEM, or the base64 of its DER: SubjectPublicKeyInfo as a rule, PKCS#1 sometimes. */
function rsaKey(filter: string, text: string): KeyObject {
  const pem = /-----BEGIN [A-Z ]+-----([^-]*)-----END/.exec(text)?.[1];
  const der = Buffer.from(pem ?? text, 'base64');
  for (const type of ['spki', 'pkcs1'] as const) {
    try {
      const key = createPublicKey({ key: der, format: 'der', type });
      if (key.asymmetricKeyType === 'rsa') return key;
    } catch {
      // The other type, perhaps.
    }
  }
  throw new FilterFault(`the key of ${filter} is no RSA public key (PEM, or base64 without its lines)`);
}

/** GB/T 32918.4-2016: the bytes are `04 || x || y || C3 || C2`. The key: 128 or 130 hex digits, as pages hold it. */
export const sm2: Filter = ({ text, args: [key = ''] }) => {
  const point = /^(?:04)?([0-9a-f]{128})$/i.exec(key.trim())?.[1];
  if (point === undefined)
    throw new FilterFault('the key of sm2 must be 128 hex digits, or 130 with 04 before them');
  const value = text();
  if (value === '') throw new FilterFault('sm2 cannot encrypt an empty value');
  try {
    const c1c3c2 = sm2Curve.doEncrypt(value, `04${point}`, 1);
    return new Bytes(Buffer.from(`04${c1c3c2}`, 'hex'), 'base64');
  } catch {
    throw new FilterFault('the key of sm2 is no point of its curve');
  }
};

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { prepareKey } from '../../../../lib/partners/urs/envelope.ts';
import { causeOf } from './sealed.ts';

interface Case {
  tcId: number;
  comment: string;
  key: string;
  iv: string;
  msg: string;
  ct: string;
  result: 'valid' | 'invalid';
}

const FILE = join(import.meta.dirname, '../../../../../shared/corpora/wycheproof-aes-cbc-pkcs5.json');
const present = existsSync(FILE);
if (!present) process.stdout.write('skipped: no wycheproof-aes-cbc-pkcs5.json beside the project\n');

/** Keys of 256 bits whose bytes are a text: an app key is one. Shorter keys would be padded, as PHP does. */
function cases(): Case[] {
  const { testGroups } = JSON.parse(readFileSync(FILE, 'utf8')) as {
    testGroups: { keySize: number; tests: Case[] }[];
  };
  return testGroups.filter(({ keySize }) => keySize === 256).flatMap(({ tests }) => tests);
}

describe.skipIf(!present)('Wycheproof AES-CBC-PKCS5', () => {
  test('padding is judged as it should be', () => {
    // Bytes of a random key are no UTF-8: the ciphertexts are made again under a key that is.
    const appKey = 'knY4NP4SiMnB3L3TaPnR27lJWQrab7rY';
    const key = prepareKey(appKey, 'v1');
    let judged = 0;
    for (const { key: hex, iv: ivHex, ct, msg, result, comment } of cases()) {
      const iv = Buffer.from(ivHex, 'hex');
      const translated = translate(Buffer.from(ct, 'hex'), Buffer.from(hex, 'hex'), Buffer.from(appKey), iv);
      const outcome = causeOf(() => key.decrypt(translated, iv));
      const found = Buffer.isBuffer(outcome) ? outcome.toString('hex') : outcome;
      expect([comment, found]).toEqual([comment, result === 'valid' ? msg : 'CIPHERTEXT']);
      judged += 1;
    }
    expect(judged).toBeGreaterThan(30);
  });
});

/** The same plaintext blocks, padding right or wrong, under another key. */
function translate(ciphertext: Buffer, from: Buffer, to: Buffer, iv: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-cbc', from, iv).setAutoPadding(false);
  const blocks = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  const cipher = createCipheriv('aes-256-cbc', to, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(blocks), cipher.final()]);
}

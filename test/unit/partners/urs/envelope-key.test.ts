import { createCipheriv, createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CredentialVersion } from '../../../../lib/access/credentials/credentials.ts';
import { envelopeKey, envelopeKeys, prepareKey } from '../../../../lib/partners/urs/envelope-key.ts';
import { APP_KEY, causeOf, IV, KEY } from './sealed.ts';

/** Blocks that decrypt to exactly these bytes, whatever they end with. */
function unpadded(bytes: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-cbc', Buffer.from(APP_KEY), IV).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}
const ending = (...bytes: number[]) =>
  Buffer.concat([Buffer.alloc(32 - bytes.length, 65), Buffer.from(bytes)]);
const times = (count: number, byte: number) => Array.from({ length: count }, () => byte);

describe('padding', () => {
  it.each([1, 2, 15, 16])('of %d bytes is taken off', (count) => {
    const plain = KEY.decrypt(unpadded(ending(...times(count, count))), IV);
    expect(plain.toString()).toBe('A'.repeat(32 - count));
  });

  it.each([
    ['none', [0]],
    ['nothing but NUL', times(16, 0)],
    ['more than a block', times(17, 17)],
    ['all there is', times(32, 32)],
    ['a byte short', [3, 3]],
    ['of another first byte', [2, 3, 3]],
    ['of another middle byte', [4, 4, 5, 4]],
  ])('E3: %s is refused', (_, bytes) => {
    expect(causeOf(() => KEY.decrypt(unpadded(ending(...bytes)), IV))).toBe('CIPHERTEXT');
  });
});

describe('the mark of our own ivs', () => {
  const nonce = Buffer.from('0102030405060708', 'hex');

  it('is eight bytes of a hash over nonce and a key of its own: that of any version of ours', () => {
    const markKey = createHmac('sha256', APP_KEY).update('gatehouse: mark of our own ivs').digest();
    const mark = createHash('sha256').update(markKey).update(nonce).digest().subarray(0, 8);
    expect(KEY.markedIv(nonce)).toEqual(Buffer.concat([nonce, mark]));
    expect(KEY.isMarked(Buffer.concat([nonce, mark]))).toBe(true);
  });

  it('is another for another nonce', () => {
    const iv = KEY.markedIv(nonce);
    expect(KEY.isMarked(Buffer.concat([Buffer.alloc(8, 9), iv.subarray(8)]))).toBe(false);
    expect(KEY.isMarked(IV)).toBe(false);
  });
});

describe('the keys of a service', () => {
  const version = (versionId: string, values: Record<string, string>): CredentialVersion => ({
    versionId,
    values,
  });

  it('are those of the versions that hold one, the current one first', () => {
    const versions = [
      version('v3', { appKey: 'c' }),
      version('v2', { password: 'x' }),
      version('v1', { appKey: '' }),
      version('v0', { appKey: 'a' }),
    ];
    expect(envelopeKeys('URS', versions).map(({ versionId }) => versionId)).toEqual(['v3', 'v0']);
    expect(envelopeKeys('URS', [])).toEqual([]);
  });

  it('cannot be had when the current version holds none', () => {
    for (const values of [{}, { appKey: '' }]) {
      const versions = [version('v2', values), version('v1', { appKey: 'a' })];
      const missing = expect.objectContaining({
        code: 'CONFIGURATION_ERROR',
        message: 'URS: {{credentials.appKey}} is missing.',
      }) as Error;
      expect(() => envelopeKeys('URS', versions)).toThrow(missing);
      expect(() => envelopeKey('URS', versions[0]!)).toThrow(missing);
    }
  });

  it('E10: sign with the whole key and encrypt with 32 bytes of it, in UTF-8', () => {
    const key = prepareKey('钥'.repeat(20), 'v1');
    const bytes = Buffer.from('钥'.repeat(20));
    expect(key.sign('数')).toBe(
      createHash('sha256')
        .update(`数${'钥'.repeat(20)}`)
        .digest('hex'),
    );
    const cipher = createCipheriv('aes-256-cbc', bytes.subarray(0, 32), IV);
    expect(key.encrypt('名', IV)).toEqual(Buffer.concat([cipher.update('名', 'utf8'), cipher.final()]));
  });
});

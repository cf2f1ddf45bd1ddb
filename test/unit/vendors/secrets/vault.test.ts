import { createSecretKey, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { createVault, decrypt, encrypt } from '../../../../lib/vendors/secrets/vault.ts';
import type { Keys } from '../../../../lib/runtime/key-ring.ts';
import { deriveKeys } from '../../../../lib/vendors/secrets/derived-keys.ts';
import type { DerivedKey } from '../../../../lib/vendors/secrets/derived-keys.ts';

const CORPUS = new URL('../../../../../shared/corpora/wycheproof-aes-gcm.json', import.meta.url);
const key = (id: string) => ({ id, key: createSecretKey(randomBytes(32)) });
const vaultOf = (...keys: Keys<DerivedKey>) =>
  createVault(() => Promise.resolve(keys), systemRandom, { now: () => 0 });

interface Group {
  keySize: number;
  ivSize: number;
  tagSize: number;
  tests: {
    tcId: number;
    key: string;
    iv: string;
    aad: string;
    msg: string;
    ct: string;
    tag: string;
    result: string;
  }[];
}

if (!existsSync(CORPUS)) console.log('Skipped: the Wycheproof corpus is not at ../shared/corpora.');
describe.skipIf(!existsSync(CORPUS))('Wycheproof AES-GCM, 256-bit keys, 96-bit IVs', () => {
  it('agrees with every case', () => {
    const { testGroups } = JSON.parse(readFileSync(CORPUS, 'utf8')) as { testGroups: Group[] };
    const cases = testGroups
      .filter(({ keySize, ivSize, tagSize }) => keySize === 256 && ivSize === 96 && tagSize === 128)
      .flatMap(({ tests }) => tests);
    expect(cases.length).toBeGreaterThan(50);
    const hex = (text: string) => Buffer.from(text, 'hex');
    const agreeing = cases.filter(({ key: secret, iv, aad, msg, ct, tag, result }) => {
      const known = createSecretKey(hex(secret));
      const sealed = Buffer.concat([hex(ct), hex(tag)]);
      try {
        const opened = decrypt(known, hex(iv), hex(aad), sealed).toString('hex');
        const again = encrypt(known, hex(iv), hex(aad), hex(msg));
        return result === 'valid' && opened === msg && again.equals(sealed);
      } catch {
        return result === 'invalid';
      }
    });
    expect(agreeing.map(({ tcId }) => tcId)).toEqual(cases.map(({ tcId }) => tcId));
  });
});

describe('the vault', () => {
  const current = key('k1');
  const vault = vaultOf(current);

  it('opens what it sealed, in its own place only', async () => {
    const sealed = await vault.seal('gateway:a:', '会话');
    expect(JSON.parse(sealed)).toMatchObject({ v: 1, kid: 'k1' });
    expect(await vault.unseal('gateway:a:', sealed)).toBe('会话');
    expect(await vault.unseal('gateway:b:', sealed)).toBeUndefined();
    expect(await vault.seal('gateway:a:', '会话')).not.toBe(sealed);
  });

  it('opens what an earlier version sealed, with the key derived from the same secret', async () => {
    const text = JSON.stringify({ keyId: 'k1', key: 'x'.repeat(32) });
    const secret = { getVersion: () => Promise.resolve({ versionId: 'v', text, createdAt: '' }) };
    const stored = createVault(() => deriveKeys(secret, 's', 'session'), systemRandom, { now: () => 0 });
    const sealed = '{"v":1,"kid":"k1","iv":"C6h/gNBPZRTZHdt0","ct":"HVTG0GoYCX0XodtZzdf/80nT9j7gTA=="}';
    expect(await stored.unseal('gateway:a:', sealed)).toBe('会话');
  });

  it('S4: opens nothing that was changed anywhere, and never rejects', async () => {
    const sealed = await vault.seal('p:', 'a session');
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.integer({ min: 32, max: 126 }), async (at, code) => {
        const changed = sealed.slice(0, at) + String.fromCharCode(code) + sealed.slice(at + 1);
        const opened = await vault.unseal('p:', changed);
        // Base64 has bits that nobody reads, at its end: those may change.
        expect([undefined, 'a session']).toContain(opened);
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
        expect(await vault.unseal('p:', text)).toBeUndefined();
      }),
    );
  });

  it('opens nothing whose tag was cut to what can be guessed', async () => {
    const sealed = JSON.parse(await vault.seal('p:', '8 bytes!')) as { ct: string };
    const cut = Buffer.from(sealed.ct, 'base64').subarray(0, 12);
    // Padded, it is as long as any; Base64 passes over blanks.
    const ct = cut.toString('base64').padEnd(24, ' ');
    expect(await vault.unseal('p:', JSON.stringify({ ...sealed, ct }))).toBeUndefined();
  });

  it('the previous key still opens; a key it does not know makes it look for new ones, once a minute', async () => {
    const next = key('k2');
    const sealedBefore = await vault.seal('p:', 'before');
    const rotated = vaultOf(next, current);
    expect(await rotated.unseal('p:', sealedBefore)).toBe('before');
    const sealedAfter = await rotated.seal('p:', 'after');

    let keys: Keys<DerivedKey> = [current];
    let loads = 0;
    let now = 0;
    const longRunning = createVault(() => Promise.resolve(((loads += 1), keys)), systemRandom, {
      now: () => now,
    });
    expect(await longRunning.unseal('p:', sealedAfter)).toBeUndefined();
    keys = [next, current];
    expect(await longRunning.unseal('p:', sealedAfter)).toBeUndefined();
    expect(loads).toBe(1);
    now = 60_000;
    expect(await longRunning.unseal('p:', sealedAfter)).toBe('after');
    expect(loads).toBe(2);
  });
});

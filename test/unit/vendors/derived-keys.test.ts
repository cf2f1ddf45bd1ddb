import { describe, expect, it } from 'vitest';
import { deriveKeys } from '../../../lib/vendors/secrets/derived-keys.ts';

const document = (keyId: string, key = 'x'.repeat(32)) => JSON.stringify({ keyId, key });

/** A secret with these texts as its current and previous version. */
const secretOf = (current?: string, previous?: string) => ({
  getVersion: (_id: string, stage: string) => {
    const text = stage === 'AWSCURRENT' ? current : previous;
    return Promise.resolve(text === undefined ? undefined : { versionId: 'v', text, createdAt: '' });
  },
});
const derive = (purpose: string, current?: string, previous?: string) =>
  deriveKeys(secretOf(current, previous), 'gatehouse/t/session-key', purpose);

describe('keys derived from a secret', () => {
  it('are the current version and the previous, by HKDF: sessions in Redis are encrypted with these', async () => {
    const [key, old] = await derive('session', document('k2'), document('k1'));
    expect([key.id, old?.id]).toEqual(['k2', 'k1']);
    // HKDF-SHA256 of the secret, salt `gatehouse`, info `session:k1`.
    expect(old!.key.export().toString('hex')).toBe(
      '86bd4ceee5a8a6d5b981c99a8353cac2c48e3bea2195f363fa54321bdf35062e',
    );
  });

  it('differ by purpose, by id and by secret', async () => {
    const found = await Promise.all([
      derive('session', document('k1')),
      derive('cursor', document('k1')),
      derive('cursor', document('k2')),
      derive('cursor', document('k1', 'y'.repeat(32))),
    ]);
    expect(new Set(found.map(([{ key }]) => key.export().toString('hex'))).size).toBe(4);
  });

  it('leave out a previous version that is the same, or unreadable', async () => {
    expect(await derive('cursor', document('k1'), document('k1'))).toHaveLength(1);
    expect(await derive('cursor', document('k1'), 'garbage')).toHaveLength(1);
  });

  it('D2: name the secret that is missing or malformed, and nothing in it', async () => {
    await expect(derive('cursor')).rejects.toThrow('The secret gatehouse/t/session-key is missing.');
    for (const text of ['', '{}', '[]', '{"keyId":"k1","key":"short-secret"}']) {
      await expect(derive('cursor', text)).rejects.toMatchObject({
        code: 'CONFIGURATION_ERROR',
        message: 'The secret gatehouse/t/session-key is not {"keyId", "key"}.',
      });
    }
  });
});

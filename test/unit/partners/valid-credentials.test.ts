import { expect, test } from 'vitest';
import { RequestRejected } from '../../../lib/partners/rejected.ts';
import { withValidCredentials } from '../../../lib/partners/valid-credentials.ts';

const version = (versionId: string) => ({ versionId, values: {} });

/** A store where somebody has rotated since it was read. */
function rotated() {
  let versions = [version('v1')];
  const store = {
    reads: 0,
    forgets: 0,
    valid: async () => ((store.reads += 1), versions),
    forget: () => {
      store.forgets += 1;
      versions = [version('v2'), version('v1')];
    },
  };
  return store;
}

const clockAt = (now: number) => ({ now: () => now, sleep: () => Promise.resolve() });

function fits(id: string) {
  return (versions: { versionId: string }[]) => {
    const found = versions.find(({ versionId }) => versionId === id);
    if (!found) throw new RequestRejected('SIGNATURE');
    return found.versionId;
  };
}

test('reads once where a version fits, and again, once, where none does', async () => {
  const credentials = rotated();
  const use = (id: string) => withValidCredentials('A', { credentials, clock: clockAt(0) }, fits(id));
  expect([await use('v1'), credentials.reads]).toEqual(['v1', 1]);
  expect([await use('v2'), credentials.reads, credentials.forgets]).toEqual(['v2', 3, 1]);
  await expect(use('v3')).rejects.toThrow(RequestRejected);
  expect([credentials.reads, credentials.forgets]).toEqual([5, 2]);
});

test('reads again for nothing but a signature', async () => {
  const credentials = rotated();
  for (const error of [new RequestRejected('EXPIRED'), new Error('SIGNATURE')]) {
    const use = () => {
      throw error;
    };
    await expect(withValidCredentials('A', { credentials, clock: clockAt(0) }, use)).rejects.toBe(error);
  }
  expect(credentials.forgets).toBe(0);
});

test('forgeries make it read again only every so often, for each service of each store', async () => {
  const [credentials, others] = [rotated(), rotated()];
  const forged = (code: string, now: number, store = credentials) =>
    withValidCredentials(code, { credentials: store, clock: clockAt(now) }, fits('v3'), 5_000).catch(
      () => undefined,
    );
  await forged('A', 10_000);
  await forged('A', 14_999);
  expect(credentials.forgets).toBe(1);
  await forged('B', 14_999);
  await forged('A', 14_999, others);
  expect([credentials.forgets, others.forgets]).toEqual([2, 1]);
  await forged('A', 15_000);
  expect(credentials.forgets).toBe(3);
});

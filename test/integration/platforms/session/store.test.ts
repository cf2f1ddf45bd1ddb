/** What the store keeps of sessions in Redis, beside what its scripts decide (scripts.test.ts). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keysUnder } from '../../../../lib/platforms/session/keys.ts';
import type { SessionKeys } from '../../../../lib/platforms/session/keys.ts';
import { createStore, createStoreOf } from '../../../../lib/platforms/session/store.ts';
import { createVault } from '../../../../lib/vendors/secrets/vault.ts';
import type { Vault } from '../../../../lib/vendors/secrets/vault.ts';
import { systemClock } from '../../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { script } from '../../../../lib/vendors/redis/redis.ts';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import { beginning, NOW } from './recipes.ts';
import { outOfTime, uniqueCode, vaultKey } from './scene.ts';

const TTL = script(`return redis.call('PTTL', KEYS[1])`);

let stores: TestStores;
beforeAll(async () => void (stores = await openStores()));
afterAll(() => stores.close());

const keysOf = () => keysUnder(`test:${uniqueCode()}:`);
const ttl = (key: string) => stores.redis.run<number>(TTL, [key], []);

/** A vault that shows what was sealed, and for what: a text sealed for another place is not given back. */
const open: Vault = {
  open: () => Promise.resolve(),
  seal: (scope, text) => Promise.resolve(`${scope} ${text}`),
  unseal: (scope, sealed) =>
    Promise.resolve(sealed.startsWith(`${scope} `) ? sealed.slice(scope.length + 1) : undefined),
};

interface Note {
  expires_at: string;
  generation: string;
  text: string;
}
const noteOf = (generation: string, text = 'a'): Note => ({
  expires_at: new Date(NOW + 600_000).toISOString(),
  generation,
  text,
});
const notes = () => createStoreOf<Note>(stores.redis, open, (text) => JSON.parse(text) as Note);
const storing = (keys: SessionKeys, login: number, document = noteOf(`${login}.0`)) =>
  notes().store(keys, { owner: 'me', login, document, tookMs: 1_234.5, now: NOW });
const begin = (keys: SessionKeys, owner: string, more: object = {}) =>
  notes().begin(keys, beginning(owner, more));
const failed = { owner: 'me', login: 1, code: 'CAPTCHA_FAILED' as const, refused: false, message: 'no' };
const counting = { now: NOW, credentialVersion: 'v1', tag: 't', lockout: { failures: 3, seconds: 600 } };

describe('a session', () => {
  it('is what is stored, and goes from Redis when it ends', async () => {
    const keys = keysOf();
    await storing(keys, 1);
    expect(await notes().current(keys)).toEqual({
      generation: { login: 1, revision: 0 },
      document: noteOf('1.0'),
    });
    expect(await ttl(keys.main)).toBeGreaterThan(590_000);
    expect(await ttl(keys.main)).toBeLessThanOrEqual(600_000);
  });

  it.each([
    ['there is none', {}],
    ['its login is not the one that counts', { generation: '2.0', main: noteOf('1.0') }],
    ['it names no login', { generation: '2.0', main: noteOf('rubbish') }],
    ['an operator has ended it', { generation: '2.invalidated', main: noteOf('1.0') }],
    ['only its generation is left', { generation: '1.0' }],
  ])('is none where %s', async (_, { generation, main }: { generation?: string; main?: Note }) => {
    const keys = keysOf();
    if (generation) await stores.redis.set(keys.generation, generation);
    if (main) await stores.redis.set(keys.main, await open.seal(keys.prefix, JSON.stringify(main)));
    expect(await notes().current(keys)).toBeUndefined();
  });

  it('of another service is none', async () => {
    const keys = keysOf();
    await storing(keys, 1);
    await stores.redis.set(keys.main, await open.seal('another', JSON.stringify(noteOf('1.0'))));
    expect(await notes().current(keys)).toBeUndefined();
  });

  it('is the backup of the one after it', async () => {
    const keys = keysOf();
    await storing(keys, 1);
    expect(await notes().backup(keys)).toBeUndefined();
    await storing(keys, 2);
    expect(await notes().backup(keys)).toEqual({
      generation: { login: 1, revision: 0 },
      document: noteOf('1.0'),
    });
  });

  it('that names no login is no backup', async () => {
    const keys = keysOf();
    await storing(keys, 1, noteOf('rubbish'));
    await storing(keys, 2);
    expect(await notes().backup(keys)).toBeUndefined();
  });
});

describe('what renews a session', () => {
  const state = {
    values: { token: 'refresh-canary' },
    jar: { version: 'tough-cookie', storeType: 'MemoryCookieStore', rejectPublicSuffixes: true, cookies: [] },
    credentialVersion: 'v1',
  };

  it('is kept as long as it may, and no longer than it is wanted', async () => {
    const keys = keysOf();
    const store = notes();
    expect(await store.refreshState(keys)).toBeUndefined();
    await store.keepRefresh(keys, state, 60_000);
    expect(await store.refreshState(keys)).toMatchObject(state);
    expect(await ttl(keys.refresh)).toBeGreaterThan(50_000);
    expect(await ttl(keys.refresh)).toBeLessThanOrEqual(60_000);
    await store.dropRefresh(keys);
    expect(await store.refreshState(keys)).toBeUndefined();
  });

  it('is encrypted, and good for this service alone', async () => {
    const vault = createVault(() => Promise.resolve([vaultKey]), systemRandom, systemClock);
    const store = createStore(stores.redis, vault);
    const [keys, others] = [keysOf(), keysOf()];
    await store.keepRefresh(keys, state, 60_000);
    const sealed = (await stores.redis.get(keys.refresh))!;
    expect(sealed).not.toContain('refresh-canary');
    await stores.redis.set(others.refresh, sealed);
    expect(await store.refreshState(others)).toBeUndefined();
    expect(await store.refreshState(keys)).toMatchObject(state);
    // Nor does it pass for a session.
    await stores.redis.set(keys.main, sealed);
    await stores.redis.set(keys.generation, '1.0');
    expect(await store.current(keys)).toBeUndefined();
  });

  it('ends with the session that an operator ends', async () => {
    const keys = keysOf();
    await notes().keepRefresh(keys, state, 60_000);
    await notes().invalidate(keys);
    expect(await notes().refreshState(keys)).toBeUndefined();
  });
});

describe('a failure', () => {
  it('is passed on, however long its text, in 300 characters', async () => {
    const keys = keysOf();
    const message = 'a'.repeat(299) + 'bc';
    for (const login of [1, 2]) await notes().fail(keys, { ...failed, ...counting, login, message });
    expect(await begin(keys, 'next')).toMatchObject({
      kind: 'backoff',
      code: 'CAPTCHA_FAILED',
      message: 'a'.repeat(299) + 'b',
    });
  });

  it('for want of time counts when its form was sent, and says how often that was', async () => {
    const keys = keysOf();
    const release = async (owner: string, refused: boolean) => {
      await begin(keys, owner);
      return notes().release(keys, { ...outOfTime(owner), now: NOW, refused });
    };
    expect(await release('a', false)).toEqual({ refusals: 0, lockedUntil: 0 });
    expect(await release('b', true)).toEqual({ refusals: 1, lockedUntil: 0 });
    expect(await release('c', true)).toEqual({ refusals: 2, lockedUntil: 0 });
    expect(await release('d', true)).toEqual({ refusals: 3, lockedUntil: NOW + 600_000 });
  });
});

describe('a dry run', () => {
  const asking = (owner: string) => ({ owner, leaseMs: 30_000, credentialVersion: 'v1', now: NOW });
  it('is one at a time, and none while logins are paused', async () => {
    const keys = keysOf();
    const store = notes();
    expect(await store.beginDryRun(keys, asking('a'))).toEqual({ kind: 'go' });
    const busy = await store.beginDryRun(keys, asking('b'));
    expect(busy).toEqual({ kind: 'busy', forMs: expect.any(Number) as number });
    const ended = {
      owner: 'a',
      verdict: 'refused' as const,
      ...counting,
      lockout: { failures: 1, seconds: 9 },
    };
    expect(await store.endDryRun(keys, ended)).toEqual({ refusals: 1, lockedUntil: NOW + 9_000 });
    expect(await store.beginDryRun(keys, asking('c'))).toEqual({ kind: 'locked', forMs: 9_000 });
  });
});

describe('all there is', () => {
  it('of a service that nobody has used', async () => {
    expect(await notes().inspect(keysOf())).toEqual({
      main: undefined,
      backup: undefined,
      generation: null,
      rejected: 0,
      loggingIn: false,
      lockout: undefined,
      usualMs: 0,
      logins: 0,
      errors: 0,
      lastUpdate: null,
      keepalive: null,
      failure: null,
    });
  });

  it('of one that is used', async () => {
    const keys = keysOf();
    const store = notes();
    await storing(keys, 1);
    await storing(keys, 2);
    await begin(keys, 'failing', { newerThan: 2, refused: true });
    await store.fail(keys, { ...failed, ...counting, login: 3, refused: true });
    await begin(keys, 'running', { newerThan: 2 });
    await store.settleKeepalive(keys, NOW + 0.9, 2);
    expect(await store.inspect(keys)).toMatchObject({
      main: noteOf('2.0'),
      backup: noteOf('1.0'),
      generation: '2.0',
      rejected: 2,
      loggingIn: true,
      lockout: { version: 'v1', refusals: 1, lockedUntil: 0 },
      usualMs: 1_235,
      logins: 2,
      errors: 1,
      lastUpdate: new Date(NOW).toISOString(),
      keepalive: { 1: String(NOW), 2: '2' },
      failure: { 1: 'CAPTCHA_FAILED', 2: '1', 3: String(NOW) },
    });
  });

  it.each(['x5|3', '5|3x', '5', ''])('no keepalive in %j', async (text) => {
    const keys = keysOf();
    await stores.redis.set(keys.keepalive, text);
    expect((await notes().inspect(keys)).keepalive).toBeNull();
  });
  it.each(['x1|NO|1|1|', '1|no|1|1|', '1|NO|1|x|', '1|NO|1|1', ''])('no failure in %j', async (text) => {
    const keys = keysOf();
    await stores.redis.set(keys.failure, text);
    expect((await notes().inspect(keys)).failure).toBeNull();
  });
});

it('asked for a login in the background that could not be started, the next caller may ask again', async () => {
  const keys = keysOf();
  const hasty = { budgetMs: 100 };
  const first = async (owner: string) => ({ first: false, ...(await begin(keys, owner, hasty)) }).first;
  expect([await first('a'), await first('b')]).toEqual([true, false]);
  await notes().forgetBackground(keys);
  expect(await first('c')).toBe(true);
});

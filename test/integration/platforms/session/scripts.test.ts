import * as fc from 'fast-check';
import { CookieJar } from 'tough-cookie';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { script } from '../../../../lib/vendors/redis/redis.ts';
import type { Redis } from '../../../../lib/vendors/redis/redis.ts';
import { newDocument } from '../../../../lib/platforms/session/document.ts';
import { loginOf } from '../../../../lib/platforms/session/generation.ts';
import { sessionKeys } from '../../../../lib/platforms/session/keys.ts';
import type { SessionKeys } from '../../../../lib/platforms/session/keys.ts';
import { createStore } from '../../../../lib/platforms/session/store.ts';
import type { Store } from '../../../../lib/platforms/session/store.ts';
import type { Vault } from '../../../../lib/vendors/secrets/vault.ts';
import { openPrivateRedis, openStores } from '../../../stores.ts';
import { outOfTime, serviceAt, uniqueCode } from './scene.ts';

/** Encryption is not what is tested here. */
const clear: Vault = {
  open: () => Promise.resolve(),
  seal: (_, text) => Promise.resolve(text),
  unseal: (_, text) => Promise.resolve(text),
};
const NOW = 1_800_000_000_000;

const keysOf = () => sessionKeys(serviceAt('http://127.0.0.1:1', uniqueCode()).definition);

function documentOf(login: number) {
  const loginInfo = { login_time: '', attempts: 1, duration_ms: 1 };
  const result = { values: {}, jar: new CookieJar(), credentialVersionId: 'v1', loginInfo };
  return newDocument(result, { generation: `${login}.0`, now: NOW, lifeMs: 600_000 });
}

const begin = (store: Store, keys: SessionKeys, owner: string, more = {}) =>
  store.begin(keys, {
    owner,
    leaseMs: 60_000,
    newerThan: 0,
    refused: false,
    highestLogin: 0,
    seenFailure: undefined,
    credentialVersion: 'v1',
    tag: '1:v1',
    now: NOW,
    budgetMs: 30_000,
    neededMs: 3_000,
    force: false,
    paysCaptcha: false,
    ...more,
  });

const storing = (store: Store, keys: SessionKeys, owner: string, login: number) =>
  store.store(keys, { owner, login, document: documentOf(login), tookMs: 100, now: NOW });

describe.each(['the shared Redis', 'the embedded Redis'])('scripts on %s', (which) => {
  let redis: Redis;
  let store: Store;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const opened =
      which === 'the shared Redis' ? await openStores() : await openPrivateRedis({ engine: 'mock' });
    redis = opened.redis;
    close = () => opened.close();
    store = createStore(redis, clear);
  });
  afterAll(() => close());

  it('S3: a holder frozen past its lease cannot store over a newer session, nor free the lock of another', async () => {
    const keys = keysOf();
    expect(await begin(store, keys, 'frozen')).toEqual({ kind: 'acquired', login: 1 });
    await redis.del(keys.lock); // its lease ends
    expect(await begin(store, keys, 'second')).toEqual({ kind: 'acquired', login: 2 });
    await store.release(keys, outOfTime('frozen'));
    expect(await begin(store, keys, 'third')).toMatchObject({ kind: 'running' });
    expect(await storing(store, keys, 'second', 2)).toBe(true);
    expect(await begin(store, keys, 'third', { newerThan: 2 })).toEqual({ kind: 'acquired', login: 3 });

    expect(await storing(store, keys, 'frozen', 1)).toBe(false);
    await store.fail(keys, {
      owner: 'frozen',
      login: 1,
      code: 'PLATFORM_UNAVAILABLE',
      message: 'down',
      now: NOW,
      credentialVersion: 'v1',
      tag: '1:v1',
      refused: false,
      lockout: { failures: 3, seconds: 600 },
    });

    expect(await redis.get(keys.generation)).toBe('2.0');
    expect(await begin(store, keys, 'fourth', { newerThan: 2 })).toMatchObject({ kind: 'running' });
  });

  it('S3: a holder whose lease ended while nobody else logged in still brings its session home', async () => {
    const keys = keysOf();
    await begin(store, keys, 'slow');
    await redis.del(keys.lock);
    expect(await storing(store, keys, 'slow', 1)).toBe(true);
    expect(await begin(store, keys, 'other')).toMatchObject({ kind: 'newer' });
  });

  const refusing = (owner: string, login: number, credentialVersion = 'v1') => ({
    owner,
    login,
    code: 'AUTHENTICATION_FAILED' as const,
    message: 'refused',
    now: NOW,
    credentialVersion,
    tag: `1:${credentialVersion}`,
    refused: true,
    lockout: { failures: 3, seconds: 600 },
  });

  it('what a frozen holder met counts for nothing once a later login has brought a session (M13)', async () => {
    const keys = keysOf();
    await begin(store, keys, 'frozen');
    await redis.del(keys.lock); // its lease ends
    await begin(store, keys, 'second');
    // While the second one is still at it, a refusal is a refusal.
    await begin(store, keys, 'third', { newerThan: 2 });
    expect((await store.fail(keys, refusing('frozen', 1))).refusals).toBe(1);
    expect(await storing(store, keys, 'second', 2)).toBe(true);
    expect(await store.fail(keys, refusing('late', 1))).toEqual({ refusals: 0, lockedUntil: 0 });
    const { lockout, failure, errors } = await store.inspect(keys);
    expect([lockout, failure, errors]).toEqual([undefined, null, 1]);
    // The session is no newer than this one.
    expect((await store.fail(keys, refusing('fourth', 3))).refusals).toBe(1);
  });

  it('a refusal counts though an operator has ended the session meanwhile (M13)', async () => {
    const keys = keysOf();
    await begin(store, keys, 'a');
    await store.invalidate(keys);
    expect((await store.fail(keys, refusing('a', 1))).refusals).toBe(1);
  });

  it('the lock of a login ends with its lease (T)', async () => {
    const keys = keysOf();
    await begin(store, keys, 'a', { leaseMs: 45_000 });
    const left = await redis.run<number>(script(`return redis.call('PTTL', KEYS[1])`), [keys.lock], []);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(45_000);
    expect(await begin(store, keys, 'b', { leaseMs: 1 })).toMatchObject({ kind: 'running' });
  });

  it('other credentials start from zero refusals (T)', async () => {
    const keys = keysOf();
    for (const login of [1, 2]) await store.fail(keys, refusing('a', login));
    expect(await store.fail(keys, refusing('a', 3, 'v2'))).toEqual({ refusals: 1, lockedUntil: 0 });
    expect((await store.fail(keys, refusing('a', 4, 'v2'))).refusals).toBe(2);
    expect((await begin(store, keys, 'b', { credentialVersion: 'v2' })).kind).toBe('acquired');
    await redis.del(keys.lock);
    expect((await store.fail(keys, refusing('b', 5, 'v2'))).lockedUntil).toBe(NOW + 600_000);
    expect((await begin(store, keys, 'c', { credentialVersion: 'v2' })).kind).toBe('locked');
    expect((await begin(store, keys, 'c', { credentialVersion: 'v3' })).kind).toBe('acquired');
  });

  it('a command the SDK sends twice has its effect once', async () => {
    const keys = keysOf();
    expect(await begin(store, keys, 'a')).toEqual(await begin(store, keys, 'a'));
    const failing = {
      owner: 'a',
      login: 1,
      code: 'AUTHENTICATION_FAILED' as const,
      message: 'refused',
      now: NOW,
      credentialVersion: 'v1',
      tag: '1:v1',
      refused: true,
      lockout: { failures: 3, seconds: 600 },
    };
    expect((await store.fail(keys, failing)).refusals).toBe(1);
    expect((await store.fail(keys, failing)).refusals).toBe(1);
    await begin(store, keys, 'b');
    expect(await storing(store, keys, 'b', 2)).toBe(true);
    expect(await storing(store, keys, 'b', 2)).toBe(true);
    expect(await redis.get(keys.loginCount)).toBe('1');
  });

  it('R2: forms without a verdict pause as long as captchas do, other failures 2 s at most', async () => {
    const pauseAfter = async (code: 'LOGIN_UNCLEAR' | 'PLATFORM_UNAVAILABLE', failures: number) => {
      const keys = keysOf();
      const [message, now, credentialVersion, tag] = ['', NOW, 'v1', '1:v1'];
      const lockout = { failures: 100, seconds: 600 };
      for (let login = 1; login <= failures; login += 1) {
        const [owner, refused] = [`o${login}`, code === 'LOGIN_UNCLEAR'];
        await begin(store, keys, owner, { force: true });
        await store.fail(keys, {
          owner,
          login,
          code,
          message,
          now,
          credentialVersion,
          tag,
          refused,
          lockout,
        });
      }
      const answer = await begin(store, keys, 'next');
      return answer.kind === 'backoff' ? [answer.code, answer.forMs] : answer.kind;
    };
    expect(await pauseAfter('LOGIN_UNCLEAR', 1)).toBe('acquired');
    expect(await pauseAfter('LOGIN_UNCLEAR', 5)).toEqual(['PLATFORM_UNAVAILABLE', 8_000]);
    expect(await pauseAfter('LOGIN_UNCLEAR', 12)).toEqual(['PLATFORM_UNAVAILABLE', 30_000]);
    expect(await pauseAfter('PLATFORM_UNAVAILABLE', 12)).toEqual(['PLATFORM_UNAVAILABLE', 2_000]);
  });

  it('R3: a renewal in vain doubles its pause up to ten minutes, and spares the session of the others', async () => {
    const keys = keysOf();
    await begin(store, keys, 'a');
    await storing(store, keys, 'a', 1);
    const refused = { newerThan: 1, refused: true, operation: 'op' };
    const pauses: number[] = [];
    let now = NOW;
    for (let i = 0; i < 6; i += 1) {
      await store.rememberVain(keys, 'op', now);
      await store.rememberVain(keys, 'op', now + 1); // another caller's report of the same
      const answer = await begin(store, keys, 'b', { ...refused, now });
      if (answer.kind !== 'in-vain') throw new Error(answer.kind);
      pauses.push(answer.forMs / 60_000);
      now += answer.forMs;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 10, 10]);
    expect(await redis.get(keys.rejected)).toBeNull();
    expect(await begin(store, keys, 'c')).toMatchObject({ kind: 'newer' });
    expect(await begin(store, keys, 'd', { ...refused, operation: 'other' })).toMatchObject({
      kind: 'acquired',
    });
  });

  it('an update wants the very generation it was made from', async () => {
    const keys = keysOf();
    await begin(store, keys, 'a');
    await storing(store, keys, 'a', 1);
    const [from, to] = [
      { login: 1, revision: 0 },
      { login: 1, revision: 1 },
    ];
    expect(await store.update(keys, from, to, documentOf(1))).toBe(true);
    expect(await store.update(keys, from, to, documentOf(1))).toBe(true); // the same, sent twice
    const other = { ...documentOf(1), headers: { a: 'b' } };
    expect(await store.update(keys, from, to, other)).toBe(false);
    expect(await store.current(keys)).toMatchObject({ generation: to });
    await store.invalidate(keys);
    expect(await store.update(keys, to, { login: 1, revision: 2 }, other)).toBe(false);
  });

  it('S3 model: any order of begin, store, fail, lease end and invalidation keeps one holder and rising generations', async () => {
    const step = fc.record({
      do: fc.constantFrom('begin', 'renew', 'store', 'fail', 'release', 'leaseEnds', 'invalidate'),
      who: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const keys = keysOf();
        const turns = new Map<number, number>(); // who → login it was given
        let holder: number | undefined;
        let stored = 0;
        let given = 0;
        let live = false;
        let risen = true;
        let fenced = true;
        for (const { do: what, who } of steps) {
          const login = turns.get(who);
          if (what === 'begin' || what === 'renew') {
            if (login !== undefined) continue;
            const answer = await begin(store, keys, `p${who}`, { newerThan: what === 'renew' ? stored : 0 });
            const free = ['acquired', 'backoff'];
            const allowed = what === 'begin' && live ? ['newer'] : holder === undefined ? free : ['running'];
            if (!allowed.includes(answer.kind)) throw new Error(`${answer.kind}, not ${allowed.join()}`);
            if (answer.kind !== 'acquired') continue;
            risen &&= answer.login > given;
            given = answer.login;
            holder = who;
            turns.set(who, answer.login);
          } else if (what === 'leaseEnds') {
            await redis.del(keys.lock);
            holder = undefined;
          } else if (what === 'invalidate') {
            given = stored = loginOf(await store.invalidate(keys));
            live = false;
          } else if (login !== undefined) {
            turns.delete(who);
            if (what === 'store') {
              const accepted = login > stored;
              fenced &&= (await storing(store, keys, `p${who}`, login)) === accepted;
              if (accepted) [stored, live] = [login, true];
            } else if (what === 'fail') {
              await store.fail(keys, {
                owner: `p${who}`,
                login,
                code: 'PLATFORM_UNAVAILABLE',
                message: 'down',
                now: NOW,
                credentialVersion: 'v1',
                tag: '1:v1',
                refused: false,
                lockout: { failures: 3, seconds: 600 },
              });
            } else await store.release(keys, outOfTime(`p${who}`));
            if (holder === who) holder = undefined;
          }
          expect(loginOf(await redis.get(keys.generation))).toBe(stored);
          expect((await redis.get(keys.lock)) === null).toBe(holder === undefined);
          expect({ risen, fenced }).toEqual({ risen: true, fenced: true });
        }
      }),
      { numRuns: 40 },
    );
  });
});

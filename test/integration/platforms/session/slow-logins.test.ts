import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sessionKeys } from '../../../../lib/platforms/session/keys.ts';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import { countingRedis, outOfTime, processOf, serviceAt, startPlatform, within } from './scene.ts';
import type { Platform } from './scene.ts';

let stores: TestStores;
let platform: Platform;
let service: PlatformService;

beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());
beforeEach(async () => {
  platform = await startPlatform();
  service = serviceAt(platform.url);
  return () => platform.close();
});

const usually = (ms: number) => stores.redis.set(sessionKeys(service.definition).usual, String(ms));
const usual = async () => Number(await stores.redis.get(sessionKeys(service.definition).usual));

/** A process whose background logins are made by another process, as the `keepalive` function does. */
function caller(started: string[] = []) {
  return processOf(stores.redis, {
    startInBackground: (code) => {
      started.push(code);
      void processOf(stores.redis)
        .loginInBackground(service, within(60_000))
        .catch(() => undefined);
      return Promise.resolve();
    },
  });
}

describe('after a slow login', () => {
  it('one that took a whole deadline hardly changes what a login is thought to take', async () => {
    const { store } = processOf(stores.redis);
    const keys = sessionKeys(service.definition);
    await processOf(stores.redis).acquire(service, within(20_000));
    await usually(400);
    const request = {
      leaseMs: 1_000,
      newerThan: 1,
      refused: false,
      highestLogin: 0,
      seenFailure: undefined,
      credentialVersion: 'v1',
      tag: 't',
      now: Date.now(),
      budgetMs: 30_000,
      neededMs: 3_000,
      force: false,
      paysCaptcha: false,
    };
    await store.begin(keys, { ...request, owner: 'slow' });
    await store.release(keys, outOfTime('slow', 29_500));
    expect(await usual()).toBeLessThan(2_500);
    // Seen twice in a row, it is believed.
    expect(await store.begin(keys, { ...request, owner: 'again' })).toMatchObject({ kind: 'acquired' });
    await store.release(keys, outOfTime('again', 29_500));
    expect(await store.begin(keys, { ...request, owner: 'third' })).toMatchObject({
      kind: 'no-time',
      leastMs: 29_500,
    });
  });

  it('a first one that is slow does not keep callers from logging in themselves', async () => {
    const { store } = processOf(stores.redis);
    const keys = sessionKeys(service.definition);
    const slow = {
      owner: 'x',
      leaseMs: 1_000,
      newerThan: 0,
      refused: false,
      highestLogin: 0,
      seenFailure: undefined,
    };
    const rest = {
      credentialVersion: 'v1',
      tag: 't',
      now: Date.now(),
      budgetMs: 30_000,
      neededMs: 3_000,
      paysCaptcha: false,
    };
    await store.begin(keys, { ...slow, ...rest, force: false });
    await store.release(keys, outOfTime('x', 29_500));
    const started: string[] = [];
    expect((await caller(started).acquire(service, within(29_000))).origin).toBe('login');
    expect(started).toEqual([]);
  });

  it('S2: 200 callers who have too little for what logins took wait for one in the background: none fails', async () => {
    await usually(28_000);
    const started: string[] = [];
    const fleet = Array.from({ length: 8 }, () => caller(started));
    const crowd = Array.from({ length: 200 }, (_, n) => fleet[n % 8]!.acquire(service, within(10_000)));
    const origins = (await Promise.all(crowd)).map(({ origin }) => origin);
    expect(new Set(origins)).toEqual(new Set(['reused']));
    expect([platform.logins, platform.captchas, started.length]).toEqual([1, 1, 1]);
    expect(await usual()).toBeLessThan(15_000);
  });

  it('a waiter for a login that turns out fast does not sleep through what it was thought to take', async () => {
    platform.loginMs = 200;
    await usually(20_000);
    const first = processOf(stores.redis).acquire(service, within(29_000));
    await expect.poll(() => platform.logins).toBe(1);
    // Were it to sleep for 0.9 × 20 s, this deadline would pass first.
    expect((await processOf(stores.redis).acquire(service, within(6_000))).origin).toBe('reused');
    await first;
  });

  it('a platform that is down is what callers hear of, not a login in progress', async () => {
    await usually(28_000);
    platform.failing = 'PLATFORM_UNAVAILABLE';
    const fleet = Array.from({ length: 4 }, () => caller());
    const crowd = Array.from({ length: 20 }, (_, n) => fleet[n % 4]!.acquire(service, within(10_000)));
    for (const one of await Promise.allSettled(crowd)) {
      expect(one).toMatchObject({ reason: { code: 'PLATFORM_UNAVAILABLE' } });
    }
    expect(platform.logins).toBe(1);
  });

  it('who has next to no time is told so at once, with a small Retry-After', async () => {
    await usually(28_000);
    const redis = countingRedis(stores.redis);
    await expect(processOf(redis).acquire(service, within(2_000))).rejects.toMatchObject({
      code: 'LOGIN_IN_PROGRESS',
      retryAfterSeconds: 10,
    });
    expect(redis.calls).toBe(1);
  });

  it('waits for a background login that never comes no longer than it has time', async () => {
    await usually(28_000);
    await expect(processOf(stores.redis).acquire(service, within(3_700))).rejects.toMatchObject({
      code: 'LOGIN_IN_PROGRESS',
      retryAfterSeconds: 10,
    });
  });

  describe('two in a row that took longer than callers have (W10)', () => {
    const keys = () => sessionKeys(service.definition);
    beforeEach(() => stores.redis.set(keys().lastLogins, '41000|40000'));

    it('the next one begins in the background at once, and callers are told when to come back', async () => {
      const started: string[] = [];
      const redis = countingRedis(stores.redis);
      const process = processOf(redis, { startInBackground: async (code) => void started.push(code) });
      const told = { code: 'LOGIN_IN_PROGRESS', retryAfterSeconds: 40 };
      await expect(process.acquire(service, within(28_000))).rejects.toMatchObject(told);
      await expect(process.acquire(service, within(28_000))).rejects.toMatchObject(told);
      expect([started.length, redis.calls, platform.logins]).toEqual([1, 2, 0]);
    });

    it('who comes while it runs is told how much longer it takes', async () => {
      platform.loginMs = 1_500;
      const login = processOf(stores.redis).loginInBackground(service, within(60_000));
      await expect.poll(() => platform.logins).toBe(1);
      await expect(processOf(stores.redis).acquire(service, within(28_000))).rejects.toMatchObject({
        code: 'LOGIN_IN_PROGRESS',
        retryAfterSeconds: expect.closeTo(39, -1),
      });
      await login;
      expect((await processOf(stores.redis).acquire(service, within(28_000))).origin).toBe('reused');
    });

    it('a fast one ends that', async () => {
      await processOf(stores.redis).loginInBackground(service, within(60_000));
      await processOf(stores.redis).invalidate(service);
      expect((await processOf(stores.redis).acquire(service, within(28_000))).origin).toBe('login');
    });
  });

  it('the background login itself is not put off for what logins took', async () => {
    await usually(59_000);
    const started: string[] = [];
    await caller(started).loginInBackground(service, within(50_000));
    expect([platform.logins, started]).toEqual([1, []]);
  });
});

describe('x-gatehouse-session', () => {
  it('says login to who logged in, reused to who merely waited, renewed to who was refused', async () => {
    platform.loginMs = 100;
    const fleet = [processOf(stores.redis), processOf(stores.redis)];
    const acquired = await Promise.all(
      Array.from({ length: 20 }, (_, n) => fleet[n % 2]!.acquire(service, within(20_000))),
    );
    const origins = acquired.map(({ origin }) => origin);
    expect(origins.filter((origin) => origin === 'login')).toHaveLength(1);
    expect(origins.filter((origin) => origin === 'reused')).toHaveLength(19);

    platform.expire();
    const renewed = await Promise.all(
      acquired.map(({ session }, n) => fleet[n % 2]!.renew(service, session, within(20_000))),
    );
    expect(new Set(renewed.map(({ origin }) => origin))).toEqual(new Set(['renewed']));
    expect(platform.logins).toBe(2);
  });
});

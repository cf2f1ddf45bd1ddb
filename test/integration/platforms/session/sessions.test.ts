import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sessionKeys } from '../../../../lib/platforms/session/keys.ts';
import type { Keys } from '../../../../lib/runtime/key-ring.ts';
import type { DerivedKey } from '../../../../lib/vendors/secrets/derived-keys.ts';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import {
  countingRedis,
  processOf,
  send,
  serviceAt,
  shiftedClock,
  startPlatform,
  uniqueCode,
  vaultKey,
  within,
} from './scene.ts';
import type { Platform } from './scene.ts';

let stores: TestStores;
let platform: Platform;

beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());
beforeEach(async () => {
  platform = await startPlatform();
  return () => platform.close();
});

describe('acquire', () => {
  it('logs in once, then serves from memory without a session read', async () => {
    const redis = countingRedis(stores.redis);
    const sessions = processOf(redis);
    const service = serviceAt(platform.url);

    const first = await sessions.acquire(service, { ...within(20_000), storedGeneration: null });
    expect(first.origin).toBe('login');
    expect(first.session.generation).toBe('1.0');

    redis.calls = 0;
    const again = await sessions.acquire(service, { ...within(20_000), storedGeneration: '1.0' });
    expect(again).toEqual({ session: first.session, origin: 'reused' });
    expect(redis.calls).toBe(0);

    const url = `${platform.url}/api/x`;
    const { headers } = again.session;
    const answer = await send('GET', url, { cookie: again.session.cookieHeader(url)!, ...headers });
    expect(answer.status).toBe(200);
    expect(headers['x-csrftoken']).toMatch(/^c-s1-/);
  });

  it('takes the session another process stored, in one round trip', async () => {
    const service = serviceAt(platform.url);
    await processOf(stores.redis).acquire(service, within(20_000));
    const redis = countingRedis(stores.redis);

    const taken = await processOf(redis).acquire(service, within(20_000));

    expect(taken.origin).toBe('reused');
    expect(redis.calls).toBe(1);
    expect(platform.logins).toBe(1);
  });

  it('stores nothing that opens the session in plain text, under the keys of SPEC 5', async () => {
    const service = serviceAt(platform.url);
    await processOf(stores.redis).acquire(service, within(20_000));
    const keys = sessionKeys(service.definition);
    const main = (await stores.redis.get(keys.main))!;
    const sid = [...platform.sessions][0]!;

    expect(keys.main).toBe(`gateway:${service.definition.code.toLowerCase()}:session:main`);
    expect(main).not.toContain(sid);
    expect(Object.keys(JSON.parse(main) as object)).toEqual(['v', 'kid', 'iv', 'ct']);
    expect(await stores.redis.get(keys.loginCount)).toBe('1');
    expect(await stores.redis.get(keys.lastUpdate)).toMatch(/^\d{4}-/);
    expect(await stores.redis.get(keys.generation)).toBe('1.0');
    expect(await stores.redis.get(keys.lock)).toBeNull();
  });

  it('logs in anew once the session is past its end', async () => {
    const clock = shiftedClock();
    const service = serviceAt(platform.url, uniqueCode(), { sessionTimeoutSeconds: 600 });
    const sessions = processOf(stores.redis, { clock });
    await sessions.acquire(service, within(20_000, clock));
    clock.shift(600_000);

    const { session, origin } = await sessions.acquire(service, within(20_000, clock));

    expect([session.generation, origin]).toEqual(['2.0', 'renewed']);
  });

  it('K2: a process frozen for 10 minutes looks before it trusts its memory', async () => {
    const clock = shiftedClock();
    const redis = countingRedis(stores.redis);
    const service = serviceAt(platform.url);
    const frozen = processOf(redis, { clock });
    const { session: old } = await frozen.acquire(service, within(20_000, clock));
    await processOf(stores.redis).renew(service, old, within(20_000));
    redis.calls = 0;
    await frozen.acquire(service, within(20_000, clock));
    expect(redis.calls).toBe(0);

    clock.shift(600_000);
    const woken = await frozen.acquire(service, within(20_000, clock));

    expect(woken).toMatchObject({ session: { generation: '2.0' }, origin: 'reused' });
    expect(platform.logins).toBe(2);
  });

  it('K2: what the guard read counts as having looked', async () => {
    const clock = shiftedClock();
    const redis = countingRedis(stores.redis);
    const service = serviceAt(platform.url);
    const sessions = processOf(redis, { clock });
    await sessions.acquire(service, within(20_000, clock));
    redis.calls = 0;
    clock.shift(40_000);
    await sessions.acquire(service, { ...within(20_000, clock), storedGeneration: '1.0' });
    await sessions.acquire(service, within(20_000, clock));
    expect(redis.calls).toBe(0);
  });

  it('writes last_accessed at most once a minute', async () => {
    const clock = shiftedClock();
    const redis = countingRedis(stores.redis);
    const service = serviceAt(platform.url);
    const sessions = processOf(redis, { clock });
    await sessions.acquire(service, within(20_000, clock));
    clock.shift(61_000);
    redis.calls = 0;
    const known = { ...within(20_000, clock), storedGeneration: '1.0' };
    await Promise.all([sessions.acquire(service, known), sessions.acquire(service, known)]);
    // Written behind the callers' backs; seen through another connection, which is not counted.
    const observer = processOf(stores.redis);
    await expect
      .poll(async () => {
        const { main } = await observer.show(service);
        return Date.parse(main!.lastAccessed) - Date.parse(main!.createdAt);
      })
      .toBeGreaterThanOrEqual(60_000);
    expect(redis.calls).toBe(1);
  });
});

describe('renew', () => {
  it('S1: replaces a session the platform refused, for every process; the old one becomes the backup', async () => {
    const service = serviceAt(platform.url);
    const [a, b] = [processOf(stores.redis), processOf(stores.redis)];
    const { session: dead } = await a.acquire(service, within(20_000));
    await b.acquire(service, within(20_000));
    platform.expire();

    const renewed = await a.renew(service, dead, within(20_000));
    const other = await b.renew(service, dead, within(20_000));

    expect(renewed).toMatchObject({ session: { generation: '2.0' }, origin: 'renewed' });
    expect(other).toMatchObject({ session: { generation: '2.0' }, origin: 'renewed' });
    expect(platform.logins).toBe(2);
    const { main, backup } = await a.show(service);
    expect([main!.generation, backup!.generation]).toEqual(['2.0', '1.0']);
  });

  it('S1: a process that starts now does not take a session known to be dead', async () => {
    platform.loginMs = 150;
    const service = serviceAt(platform.url);
    const a = processOf(stores.redis);
    const { session: dead } = await a.acquire(service, within(20_000));
    platform.expire();
    const renewing = a.renew(service, dead, within(20_000));
    await expect.poll(() => platform.logins).toBe(2);

    const fresh = await processOf(stores.redis).acquire(service, within(20_000));

    expect(fresh.session.generation).toBe('2.0');
    await renewing;
    expect(platform.logins).toBe(2);
  });

  it('serves the backup while a login fails, and tells its waiters too', async () => {
    platform.loginMs = 100;
    const service = serviceAt(platform.url);
    const a = processOf(stores.redis);
    const { session: first } = await a.acquire(service, within(20_000));
    const { session: second } = await a.renew(service, first, within(20_000));
    platform.failing = 'CAPTCHA_FAILED';

    const b = processOf(stores.redis);
    const [mine, theirs] = await Promise.all([
      processOf(stores.redis).renew(service, second, within(20_000)),
      b.renew(service, second, within(20_000)),
    ]);

    expect([mine.session.generation, theirs.session.generation]).toEqual(['1.0', '1.0']);
    expect(platform.logins).toBe(3);
    // The backup is refused as well: there is nothing left but the failure.
    await expect(b.renew(service, theirs.session, within(20_000))).rejects.toMatchObject({
      code: 'CAPTCHA_FAILED',
    });
  });

  it('a failure is shared by all who waited for that login; repeated ones pause the next', async () => {
    platform.loginMs = 100;
    platform.failing = 'CAPTCHA_FAILED';
    const service = serviceAt(platform.url);
    const all = await Promise.allSettled(
      Array.from({ length: 20 }, () => processOf(stores.redis).acquire(service, within(20_000))),
    );
    expect(all.every(({ status }) => status === 'rejected')).toBe(true);
    expect(platform.logins).toBe(1);

    const retry = () => processOf(stores.redis).acquire(service, within(20_000));
    await expect(retry()).rejects.toMatchObject({ code: 'CAPTCHA_FAILED' });
    expect(platform.logins).toBe(2);
    await expect(retry()).rejects.toMatchObject({
      code: 'CAPTCHA_FAILED',
      retryAfterSeconds: 1,
      message: expect.stringContaining('CAPTCHA_FAILED: no.') as string,
    });
    expect(platform.logins).toBe(2);

    platform.failing = undefined;
    const mended = { ...service, revision: 2 };
    expect((await processOf(stores.redis).acquire(mended, within(20_000))).origin).toBe('login');
  });
});

describe('deadlines', () => {
  it('starts a login in the background, once, when the caller cannot wait for one', async () => {
    const started: string[] = [];
    const startInBackground = (code: string) => Promise.resolve(void started.push(code));
    const service = serviceAt(platform.url);
    const deps = { startInBackground };
    const calls = Array.from({ length: 10 }, () =>
      processOf(stores.redis, deps).acquire(service, within(2_000)),
    );
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ reason: { code: 'LOGIN_IN_PROGRESS', retryAfterSeconds: 3 } });
    }
    expect(started).toEqual([service.definition.code]);
    expect(platform.logins).toBe(0);

    await processOf(stores.redis).loginInBackground(service, within(60_000));
    expect((await processOf(stores.redis).acquire(service, within(2_000))).origin).toBe('reused');
  });

  it('a background login knows that the stored session is dead', async () => {
    const service = serviceAt(platform.url);
    const sessions = processOf(stores.redis);
    const { session } = await sessions.acquire(service, within(20_000));
    await expect(sessions.renew(service, session, within(100))).rejects.toMatchObject({
      code: 'LOGIN_IN_PROGRESS',
    });
    await processOf(stores.redis).loginInBackground(service, within(60_000));
    expect(platform.logins).toBe(2);
  });

  it('a waiter whose deadline comes near is sent away, the login goes on', async () => {
    platform.loginMs = 1_500;
    const service = serviceAt(platform.url);
    const slow = processOf(stores.redis).acquire(service, within(20_000));
    await expect.poll(() => platform.logins).toBe(1);
    await expect(processOf(stores.redis).acquire(service, within(800))).rejects.toMatchObject({
      code: 'LOGIN_IN_PROGRESS',
    });
    expect((await slow).origin).toBe('login');
  });

  it('a captcha for a person is never waited for', async () => {
    const service = serviceAt(platform.url);
    const { auth } = service.definition;
    if (auth.type !== 'SESSION') throw new Error('unreachable');
    auth.login!.captcha = { path: '/captcha', codetype: 1004, solvers: ['MANUAL'], maxAttempts: 1 };
    await expect(processOf(stores.redis).acquire(service, within(29_000))).rejects.toMatchObject({
      code: 'LOGIN_IN_PROGRESS',
    });
    await processOf(stores.redis).loginInBackground(service, within(29_000));
    expect(platform.logins).toBe(1);
  });
});

describe('operators', () => {
  it('show tells all but what opens the session', async () => {
    const service = serviceAt(platform.url);
    const sessions = processOf(stores.redis);
    await sessions.acquire(service, within(20_000));
    const view = await sessions.show(service);
    expect(view).toMatchObject({
      state: 'live',
      generation: '1.0',
      main: { cookies: ['captcha', 'csrf', 'sid'], headers: ['x-csrftoken'] },
      lockout: { refusals: 0, lockedUntil: null },
      stats: { logins: 1, errors: 0 },
    });
    expect(JSON.stringify(view)).not.toContain([...platform.sessions][0]);
    expect(JSON.stringify(view)).not.toContain('secret');
  });

  it('show does not call live what the platform has refused', async () => {
    const service = serviceAt(platform.url);
    const sessions = processOf(stores.redis);
    const { session } = await sessions.acquire(service, within(20_000));
    platform.expire();
    platform.failing = 'CAPTCHA_FAILED';
    await expect(sessions.renew(service, session, within(20_000))).rejects.toMatchObject({
      code: 'CAPTCHA_FAILED',
    });
    expect(await sessions.show(service)).toMatchObject({ state: 'refused', main: { generation: '1.0' } });
  });

  it('invalidate ends the session everywhere, and a login that was running cannot bring the old one back', async () => {
    platform.loginMs = 200;
    const service = serviceAt(platform.url);
    const [a, b] = [processOf(stores.redis), processOf(stores.redis)];
    const { session } = await a.acquire(service, within(20_000));
    const renewing = a.renew(service, session, within(20_000));
    await expect.poll(() => platform.logins).toBe(2);
    const left = await b.invalidate(service);
    expect(left).toBe('3.invalidated');
    expect((await renewing).session.generation).toBe('4.0');
    expect((await b.acquire(service, { ...within(20_000), storedGeneration: '4.0' })).origin).toBe('reused');
  });

  it('loginNow brings a new generation while calls keep the old one', async () => {
    const service = serviceAt(platform.url);
    const sessions = processOf(stores.redis);
    await sessions.acquire(service, within(20_000));
    expect(await sessions.loginNow(service, within(20_000))).toMatchObject({
      generation: '2.0',
      backup: { generation: '1.0' },
    });
  });
});

describe('keys', () => {
  it('S4: a missing session key stops every login, and says what is missing', async () => {
    const sessions = processOf(stores.redis, {
      vaultKeys: () => Promise.reject(new Error('gatehouse/x/session-key is missing')),
    });
    const service = serviceAt(platform.url);
    await expect(sessions.acquire(service, within(20_000))).rejects.toThrow('session-key is missing');
    expect(platform.logins).toBe(0);
  });

  it('S4: a session under the previous key still serves; under an unknown one it is a login', async () => {
    const service = serviceAt(platform.url);
    await processOf(stores.redis).acquire(service, within(20_000));
    const current = { id: 'k2', key: vaultKey.key };
    const under = (...keys: Keys<DerivedKey>) =>
      processOf(stores.redis, { vaultKeys: () => Promise.resolve(keys) }).acquire(service, within(20_000));
    expect((await under(current, vaultKey)).session.generation).toBe('1.0');
    expect((await under(current)).session.generation).toBe('2.0');
  });
});

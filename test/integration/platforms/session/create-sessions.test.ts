/** One process and the session it holds, on real Redis: what it does with it, and how often it asks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';
import { sessionKeys } from '../../../../lib/platforms/session/keys.ts';
import type { AcquireOptions } from '../../../../lib/platforms/session/sessions.ts';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import { failWith, scriptedRecipes, serviceWith, severable, standingClock } from './recipes.ts';
import { countingRedis, processOf, within } from './scene.ts';

let stores: TestStores;
beforeAll(async () => void (stores = await openStores()));
afterAll(() => stores.close());

const idle = () => Promise.resolve();

function scene(login: object = {}, auth: object = {}) {
  const clock = standingClock();
  const recipes = scriptedRecipes();
  const severed = severable(stores.redis);
  const redis = countingRedis(severed);
  const service = serviceWith(login, { sessionTimeoutSeconds: 600, ...auth });
  const keys = sessionKeys(service.definition);
  const sessions = processOf(redis, { clock, login: recipes });
  const other = processOf(stores.redis, { clock, login: recipes });
  const time = () => within(20_000, clock);
  const acquire = (options: Partial<AcquireOptions> = {}, of: PlatformService = service) =>
    sessions.acquire(of, { ...time(), ...options });
  /** What it came to, and how often Redis was asked for it. */
  const asked = async (options?: Partial<AcquireOptions>) => {
    redis.calls = 0;
    const { session, origin } = await acquire(options);
    return [session.generation, origin, redis.calls];
  };
  return { clock, recipes, severed, redis, service, keys, sessions, other, time, acquire, asked };
}

describe('a session in memory', () => {
  it('is compared with Redis every 30 s, however often it is used', async () => {
    const { acquire, asked, clock } = scene();
    await acquire();
    clock.at += 16_000;
    expect(await asked()).toEqual(['1.0', 'reused', 0]);
    clock.at += 16_000;
    expect(await asked()).toEqual(['1.0', 'reused', 1]);
    clock.at += 20_000;
    expect(await asked()).toEqual(['1.0', 'reused', 0]);
  });

  it('serves while Redis is away, and one call in 5 s asks whether it is back', async () => {
    const { acquire, asked, clock, severed } = scene();
    await acquire();
    severed.away = true;
    clock.at += 31_000;
    expect(await asked()).toEqual(['1.0', 'reused', 1]);
    clock.at += 5_000;
    expect(await asked()).toEqual(['1.0', 'reused', 0]);
    clock.at += 1;
    expect(await asked()).toEqual(['1.0', 'reused', 1]);
  });

  it('does not serve past its end, whether Redis is away or not; that it has ended is no refusal', async () => {
    const { acquire, clock, severed, keys, recipes } = scene();
    await acquire();
    clock.at += 600_000;
    expect(await acquire()).toMatchObject({ session: { generation: '2.0' }, origin: 'renewed' });
    expect(await stores.redis.get(keys.rejected)).toBeNull();
    clock.at += 600_000;
    severed.away = true;
    expect(await acquire()).toMatchObject({ session: { generation: '3.0' }, origin: 'renewed' });
    expect(recipes.logins).toHaveLength(3);
  });

  it('made without Redis is stored in one round trip when that is back', async () => {
    const { acquire, asked, severed, other, service, time } = scene();
    severed.away = true;
    await acquire();
    severed.away = false;
    expect(await asked({ storedGeneration: null })).toEqual(['1.0', 'reused', 1]);
    expect((await other.acquire(service, time())).session.generation).toBe('1.0');
  });

  it('that an operator has ended does not serve, also when the login after it fails', async () => {
    const { acquire, other, service, clock, recipes } = scene();
    await acquire();
    await other.invalidate(service);
    clock.at += 31_000;
    recipes.during = failWith('CAPTCHA_FAILED');
    await expect(acquire()).rejects.toMatchObject({ code: 'CAPTCHA_FAILED' });
    await expect(acquire()).rejects.toMatchObject({ code: 'CAPTCHA_FAILED' });
  });

  it('is sent as the definition says now: a new one needs no login', async () => {
    const { acquire, sessions, service, redis, recipes } = scene();
    const { session } = await acquire();
    expect(session.headers).toEqual({});
    await sessions.observe(service, session, 'http://127.0.0.1:1/', ['a=1; Path=/']);
    const { definition } = service;
    const auth = { ...definition.auth, sessionHeaders: { 'X-Token': '{{session.token}}' } };
    const changed = { ...service, revision: 2, definition: { ...definition, auth } };
    redis.calls = 0;
    const again = await acquire({}, changed);
    expect(again).toMatchObject({
      session: { generation: '1.1', headers: { 'x-token': 't1' } },
      origin: 'reused',
    });
    expect([redis.calls, recipes.logins.length]).toEqual([0, 1]);
    // It is the one that further changes are made to.
    await sessions.observe(changed, again.session, 'http://127.0.0.1:1/', ['a=2; Path=/']);
    expect((await acquire({}, changed)).session.generation).toBe('1.2');
  });

  it('that the platform refuses while Redis is asked about it serves no more', async () => {
    const { acquire, sessions, service, clock, redis, recipes, time } = scene();
    const { session } = await acquire();
    clock.at += 31_000;
    const answer = Promise.withResolvers<void>();
    const verdict = Promise.withResolvers<void>();
    const direct = { ...redis };
    redis.get = async (key) => {
      const stored = await direct.get(key);
      await answer.promise;
      return stored;
    };
    const acquiring = acquire();
    recipes.during = () => verdict.promise;
    const renewing = sessions.renew(service, session, time());
    await expect.poll(() => recipes.logins.length).toBe(2);
    answer.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    verdict.resolve();
    expect((await acquiring).session.generation).toBe('2.0');
    expect((await renewing).session.generation).toBe('2.0');
  });

  it('learns values that an answer renewed, and so does the fleet', async () => {
    const { acquire, sessions, other, service, time } = scene();
    const { session } = await acquire();
    const next = await sessions.learn(service, session, { token: 'fresh' });
    expect(next).toMatchObject({ generation: '1.1', values: { token: 'fresh' } });
    expect((await other.acquire(service, time())).session.values).toEqual({ token: 'fresh' });
  });
});

describe('a session that nears its end', () => {
  const refreshable = () => {
    const all = scene({ refresh: { path: '/token' } });
    all.recipes.expiresInSeconds = 100;
    return all;
  };
  /** A tenth of its life before. */
  const NEAR_MS = 90_000;

  it('is renewed by a caller, who is told so, while the others go on', async () => {
    const { acquire, clock, recipes, sessions, service, time } = refreshable();
    await acquire();
    clock.at += NEAR_MS - 1;
    expect((await acquire({ storedGeneration: '1.0' })).origin).toBe('reused');
    clock.at += 1;
    const done = Promise.withResolvers<void>();
    recipes.duringRefresh = () => done.promise;
    const known = { storedGeneration: '1.0' };
    const first = sessions.acquire(service, { ...time(), ...known });
    await expect.poll(() => recipes.refreshes.length).toBe(1);
    expect(await acquire(known)).toMatchObject({ session: { generation: '1.0' }, origin: 'reused' });
    done.resolve();
    expect(await first).toMatchObject({ session: { generation: '2.0' }, origin: 'renewed' });
    expect(recipes.refreshes).toMatchObject([[{ trigger: 'call' }, {}]]);
    expect(recipes.logins).toHaveLength(1);
  });

  it('is renewed as what it was acquired for', async () => {
    const { acquire, clock, recipes } = refreshable();
    await acquire();
    clock.at += NEAR_MS;
    await acquire({ storedGeneration: '1.0', trigger: 'keepalive' });
    expect(recipes.refreshes).toMatchObject([[{ trigger: 'keepalive' }, {}]]);
  });

  it('is taken from the fleet, when another process has renewed it', async () => {
    const { acquire, clock, other, service, time, recipes } = refreshable();
    await acquire();
    await other.acquire(service, time());
    clock.at += NEAR_MS;
    await other.acquire(service, { ...time(), storedGeneration: '1.0' });
    expect(await acquire({ storedGeneration: '1.0' })).toMatchObject({
      session: { generation: '2.0' },
      origin: 'reused',
    });
    expect(recipes.refreshes).toHaveLength(1);
  });

  it('serves on when that fails; it is no refusal, and tries pause as after any failure', async () => {
    const { acquire, clock, recipes, keys } = refreshable();
    await acquire();
    clock.at += NEAR_MS;
    recipes.during = recipes.duringRefresh = failWith('PLATFORM_UNAVAILABLE');
    for (let n = 0; n < 4; n += 1) {
      expect(await acquire({ storedGeneration: '1.0' })).toMatchObject({
        session: { generation: '1.0' },
        origin: 'reused',
      });
    }
    expect(await stores.redis.get(keys.rejected)).toBeNull();
    expect(recipes.logins.map(({ trigger }) => trigger)).toEqual(['call', 'call', 'call']);
  });

  it('serves on when that fails, and not the one before it', async () => {
    const { acquire, clock, recipes, sessions, service, time } = refreshable();
    await acquire();
    await sessions.loginNow(service, time());
    clock.at += NEAR_MS;
    recipes.during = recipes.duringRefresh = failWith('PLATFORM_UNAVAILABLE');
    expect(await acquire({ storedGeneration: '2.0' })).toMatchObject({
      session: { generation: '2.0' },
      origin: 'reused',
    });
  });
});

describe('a session that the platform refused', () => {
  it('is replaced from memory, for those who come after the login', async () => {
    const { acquire, sessions, service, time, redis } = scene();
    const { session: dead } = await acquire();
    const renewed = await sessions.renew(service, dead, time());
    redis.calls = 0;
    expect(await sessions.renew(service, dead, time())).toEqual({
      session: renewed.session,
      origin: 'renewed',
    });
    expect(redis.calls).toBe(0);
  });

  it('is not replaced by one that has ended since', async () => {
    const { acquire, sessions, service, time, clock, keys } = scene();
    const { session: dead } = await acquire();
    await sessions.renew(service, dead, time());
    clock.at += 600_000;
    await stores.redis.del(keys.main); // as it ends there
    expect((await sessions.renew(service, dead, time())).session.generation).toBe('3.0');
  });

  it('is not taken again by this process, though Redis has lost that it was refused', async () => {
    const { acquire, sessions, service, time, keys, recipes } = scene();
    const { session: dead } = await acquire();
    recipes.during = failWith('CAPTCHA_FAILED');
    await expect(sessions.renew(service, dead, time())).rejects.toMatchObject({ code: 'CAPTCHA_FAILED' });
    await stores.redis.del(keys.rejected);
    recipes.during = idle;
    expect(await acquire()).toMatchObject({ session: { generation: '3.0' }, origin: 'login' });
  });

  it('is followed by the one before it, when the login fails: nobody is told of a renewal', async () => {
    const { sessions, service, time, recipes, acquire } = scene();
    await acquire();
    await sessions.loginNow(service, time());
    const { session } = await acquire();
    recipes.during = failWith('CAPTCHA_FAILED');
    expect(await sessions.renew(service, session, time())).toMatchObject({
      session: { generation: '1.0' },
      origin: 'reused',
    });
  });

  it('R3: and then for one operation again, is not renewed for that one, and not refreshed for the others', async () => {
    const { acquire, sessions, service, time, recipes, severed } = scene({ refresh: { path: '/token' } });
    const orders = { operation: 'orders' };
    const { session: first } = await acquire();
    const { session: second } = await sessions.renew(service, first, { ...time(), ...orders });
    expect([second.generation, recipes.refreshes.length]).toEqual(['2.0', 1]);
    await sessions.renewedInVain(service, 'orders');
    await expect(sessions.renew(service, second, { ...time(), ...orders })).rejects.toMatchObject({
      code: 'SESSION_EXPIRED',
      retryAfterSeconds: 60,
    });
    const { session: third } = await sessions.renew(service, second, { ...time(), operation: 'stock' });
    expect([third.generation, recipes.refreshes.length, recipes.logins.length]).toEqual(['3.0', 1, 2]);
    severed.away = true;
    await sessions.renewedInVain(service, 'stock'); // is no reason to fail
  });
});

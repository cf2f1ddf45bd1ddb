import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sessionKeys } from '../../../../lib/platforms/session/keys.ts';
import { openPrivateRedis } from '../../../stores.ts';
import type { PrivateRedis } from '../../../stores.ts';
import { countingRedis, processOf, serviceAt, shiftedClock, startPlatform, within } from './scene.ts';
import type { Platform } from './scene.ts';

let redis: PrivateRedis;
let platform: Platform;

beforeAll(async () => {
  redis = await openPrivateRedis({ timeoutMs: 250 });
});
afterAll(() => redis.close());
beforeEach(async () => {
  platform = await startPlatform();
  return async () => {
    await redis.restart();
    redis.resume();
    await platform.close();
  };
});

describe('S4: Redis down', () => {
  it('what is in memory serves, also when nobody could confirm it for long', async () => {
    const clock = shiftedClock();
    const service = serviceAt(platform.url);
    const sessions = processOf(redis.redis, { clock });
    await sessions.acquire(service, within(20_000, clock));
    await redis.stop();
    clock.shift(600_000);
    const { origin } = await sessions.acquire(service, within(20_000, clock));
    expect(origin).toBe('reused');
    expect(platform.logins).toBe(1);
  });

  it('a process with nothing logs in for itself once, and its session is stored when Redis is back', async () => {
    await redis.stop();
    const service = serviceAt(platform.url);
    const sessions = processOf(redis.redis);
    const all = await Promise.all(
      Array.from({ length: 50 }, () => sessions.acquire(service, within(20_000))),
    );
    expect(new Set(all.map(({ session }) => session.generation))).toEqual(new Set(['1.0']));
    expect(platform.logins).toBe(1);

    await redis.restart();
    const back = await sessions.acquire(service, { ...within(20_000), storedGeneration: null });
    expect(back.origin).toBe('reused');
    expect((await processOf(redis.redis).acquire(service, within(20_000))).session.generation).toBe('1.0');
    expect(platform.logins).toBe(1);
  });

  it('a process whose login fails pauses before it tries again', async () => {
    const clock = shiftedClock();
    await redis.stop();
    platform.failing = 'AUTHENTICATION_FAILED';
    const service = serviceAt(platform.url);
    const sessions = processOf(redis.redis, { clock });
    const acquire = () => sessions.acquire(service, within(20_000, clock));
    await expect(acquire()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    clock.shift(60_000);
    await expect(acquire()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryAfterSeconds: 540 });
    expect(platform.logins).toBe(1);
    clock.shift(540_000);
    await expect(acquire()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    expect(platform.logins).toBe(2);
  });

  it('who waits for a login when Redis goes away keeps waiting, and takes it when Redis is back', async () => {
    platform.loginMs = 700;
    const service = serviceAt(platform.url);
    const holder = processOf(redis.redis).acquire(service, within(20_000));
    await expect.poll(() => platform.logins).toBe(1);
    const waiter = processOf(redis.redis).acquire(service, within(20_000));
    await new Promise((resolve) => setTimeout(resolve, 150));
    await redis.stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await redis.restart();
    expect((await holder).session.generation).toBe('1.0');
    expect((await waiter).session.generation).toBe('1.0');
    expect(platform.logins).toBe(1);
  });
});

it('S4: Redis slow: bounded, and no more than one login per process', async () => {
  const service = serviceAt(platform.url);
  redis.pause(2_000);
  const sessions = processOf(redis.redis);
  const all = await Promise.allSettled(
    Array.from({ length: 20 }, () => sessions.acquire(service, within(15_000))),
  );
  expect(all.every(({ status }) => status === 'fulfilled')).toBe(true);
  expect(platform.logins).toBe(1);
});

it('S4: Redis emptied: one login for the fleet, under a generation above the last', async () => {
  platform.loginMs = 100;
  const service = serviceAt(platform.url);
  const fleet = Array.from({ length: 6 }, () => processOf(redis.redis));
  await Promise.all(fleet.map((one) => one.acquire(service, within(20_000))));
  await redis.empty();
  const known = { ...within(20_000), storedGeneration: null };
  const after = await Promise.all(fleet.map((one) => one.acquire(service, known)));
  expect(new Set(after.map(({ session }) => session.generation))).toEqual(new Set(['2.0']));
  expect(platform.logins).toBe(2);
});

describe('S4: a value that cannot be read is a login, once, and never an error', () => {
  const values: Record<string, string> = {
    empty: '',
    'not JSON': '{"v":1,',
    'of another version': '{"v":2,"kid":"k1","iv":"AAAAAAAAAAAAAAAA","ct":"AAAAAAAAAAAAAAAAAAAAAAAA"}',
    'under another key': '{"v":1,"kid":"k9","iv":"AAAAAAAAAAAAAAAA","ct":"AAAAAAAAAAAAAAAAAAAAAAAA"}',
    'with a broken tag': '{"v":1,"kid":"k1","iv":"AAAAAAAAAAAAAAAA","ct":"AAAAAAAAAAAAAAAAAAAAAAAA"}',
    'the seed’s plain document': '{"cookies":{"sessionid":"abc"},"created_at":"2024-01-01T10:00:00Z"}',
  };
  it.each(Object.entries(values))('main %s', async (_, value) => {
    platform.loginMs = 50;
    const service = serviceAt(platform.url);
    await processOf(redis.redis).acquire(service, within(20_000));
    await redis.redis.set(sessionKeys(service.definition).main, value);
    const all = await Promise.all(
      Array.from({ length: 5 }, () => processOf(redis.redis).acquire(service, within(20_000))),
    );
    expect(new Set(all.map(({ session }) => session.generation))).toEqual(new Set(['2.0']));
    expect(platform.logins).toBe(2);
  });

  it.each([
    'generation',
    'counter',
    'lockout',
    'failure',
    'usual',
    'rejected',
    'keepalive',
    'lastUpdate',
  ] as const)('garbage under %s', async (name) => {
    const service = serviceAt(platform.url);
    const key = sessionKeys(service.definition)[name];
    await redis.redis.set(key, 'x|1e99|\u0000|NaN.5');
    const sessions = processOf(redis.redis);
    const { session } = await sessions.acquire(service, within(20_000));
    expect(session.generation).toBe('1.0');
    await sessions.show(service);
  });

  it('an encrypted session of another service is not taken', async () => {
    const [one, two] = [serviceAt(platform.url), serviceAt(platform.url)];
    const sessions = processOf(redis.redis);
    await Promise.all([sessions.acquire(one, within(20_000)), sessions.acquire(two, within(20_000))]);
    const foreign = (await redis.redis.get(sessionKeys(one.definition).main))!;
    await redis.redis.set(sessionKeys(two.definition).main, foreign);
    const taken = await processOf(redis.redis).acquire(two, within(20_000));
    expect(taken.session.generation).toBe('2.0');
  });
});

it('counts no more than one round trip where a login is refused for a pause', async () => {
  platform.failing = 'PLATFORM_UNAVAILABLE';
  const service = serviceAt(platform.url);
  const acquire = (r = redis.redis) => processOf(r).acquire(service, within(20_000));
  await expect(acquire()).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
  await expect(acquire()).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
  const counting = countingRedis(redis.redis);
  await expect(acquire(counting)).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
  expect(counting.calls).toBe(2); // the look, and the backup
  expect(platform.logins).toBe(2);
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import { countingRedis, processOf, serviceAt, shiftedClock, startPlatform, within } from './scene.ts';
import type { Platform } from './scene.ts';

let stores: TestStores;
let platform: Platform;

beforeAll(async () => {
  [stores, platform] = await Promise.all([openStores(), startPlatform()]);
});
afterAll(async () => {
  await Promise.all([stores.close(), platform.close()]);
});

async function scene() {
  const clock = shiftedClock();
  const redis = countingRedis(stores.redis);
  const service = serviceAt(platform.url);
  const sessions = processOf(redis, { clock });
  const { session } = await sessions.acquire(service, within(20_000, clock));
  redis.calls = 0;
  const url = `${platform.url}/api/order`;
  const current = async (storedGeneration?: string) =>
    (await sessions.acquire(service, { ...within(20_000, clock), storedGeneration })).session;
  return { clock, redis, service, sessions, session, url, current };
}

it('a cookie that changes becomes the next revision, for the whole fleet, its headers too', async () => {
  const { service, sessions, session, url } = await scene();
  const other = processOf(stores.redis);
  await other.acquire(service, within(20_000));

  await sessions.observe(service, session, url, ['csrf=fresh; Path=/']);

  const mine = await sessions.acquire(service, { ...within(20_000), storedGeneration: '1.1' });
  const theirs = await other.acquire(service, { ...within(20_000), storedGeneration: '1.1' });
  for (const { session: now, origin } of [mine, theirs]) {
    expect(origin).toBe('reused');
    expect(now.generation).toBe('1.1');
    expect(now.headers['x-csrftoken']).toBe('fresh');
    expect(now.cookieHeader(url)).toContain('csrf=fresh');
  }
  expect(session.headers['x-csrftoken']).not.toBe('fresh'); // the one in use is not changed under its call
});

it('a line seen before costs nothing; one that was overwritten since counts again', async () => {
  const { redis, service, sessions, session, url, current } = await scene();
  for (let i = 0; i < 50; i++) await sessions.observe(service, session, url, ['a=1; Path=/']);
  expect(redis.calls).toBe(1);
  await sessions.observe(service, session, url, ['a=2; Path=/']);
  await sessions.observe(service, session, url, ['a=1; Path=/']);
  expect((await current()).cookieHeader(url)).toContain('a=1');
  expect((await current()).generation).toBe('1.3');
});

it('a cookie that is only prolonged is kept here and not written each time', async () => {
  const { clock, redis, service, sessions, session, url, current } = await scene();
  await sessions.observe(service, session, url, ['t=1; Path=/; Max-Age=100']);
  redis.calls = 0;
  clock.shift(50_000);
  await sessions.observe(service, session, url, ['t=1; Path=/; Max-Age=100']);
  expect(redis.calls).toBe(0);
  clock.shift(80_000);
  expect((await current('1.1')).cookieHeader(url)).toContain('t=1');
  clock.shift(30_000);
  expect((await current('1.1')).cookieHeader(url)).not.toContain('t=1');
});

it('two processes that change different cookies lose none', async () => {
  const { service, sessions, session, url } = await scene();
  const other = processOf(stores.redis);
  const { session: theirs } = await other.acquire(service, within(20_000));
  await Promise.all([
    sessions.observe(service, session, url, ['mine=1; Path=/']),
    other.observe(service, theirs, url, ['theirs=1; Path=/']),
  ]);
  const { session: merged } = await processOf(stores.redis).acquire(service, within(20_000));
  expect(merged.generation).toBe('1.2');
  expect(merged.cookieHeader(url)).toMatch(/mine=1/);
  expect(merged.cookieHeader(url)).toMatch(/theirs=1/);
});

it('the cookies of a session that was replaced change nothing any more', async () => {
  const { service, sessions, session, url, current } = await scene();
  await sessions.renew(service, session, within(20_000));
  await sessions.observe(service, session, url, ['sid=anonymous; Path=/']);
  expect((await current('2.0')).cookieHeader(url)).not.toContain('anonymous');
});

it('S7: cookies of foreign domains are not taken; 10,000 cookies stay bounded, in memory and in Redis', async () => {
  const { service, sessions, session, url, current } = await scene();
  await sessions.observe(service, session, url, [
    'x=1; Domain=evil.example; Path=/',
    'y=1; Domain=com; Path=/',
    `big=${'x'.repeat(9_000)}; Path=/`,
    'bad\u0000=1',
    'ok=1; Path=/; Expires=Wed, 01-Jan-2098 00:00:00 GMT, other=2',
  ]);
  expect((await current()).cookieHeader(url)).toMatch(/ok=1$/);
  const flood = Array.from({ length: 10_000 }, (_, i) => `c${i}=${i}; Path=/`);
  await sessions.observe(service, await current(), url, flood);
  const cookies = (await current()).cookieHeader(url)!.split('; ');
  expect(cookies).toHaveLength(100);
  expect(cookies).toContain('c9999=9999');
  const { main } = await sessions.show(service);
  expect(main!.cookies).toHaveLength(100);
});

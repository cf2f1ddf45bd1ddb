import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { GatewayError } from '../../../../lib/runtime/errors.ts';
import type { ErrorCode } from '../../../../lib/runtime/errors.ts';
import type { PlatformService } from '../../../../lib/platforms/definition.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { keepAlive } from '../../../../lib/platforms/session/keepalive.ts';
import type { SessionService } from '../../../../lib/platforms/session/create-sessions.ts';
import { connectRedis } from '../../../../lib/vendors/redis/redis.ts';
import { startRedisWire } from '../../../faults/redis-wire.ts';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import {
  fixedCredentials,
  processOf,
  recordedAlerts,
  send,
  serviceAt,
  shiftedClock,
  startPlatform,
  uniqueCode,
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

function scene() {
  const clock = shiftedClock();
  const alerts = recordedAlerts();
  const logged: object[] = [];
  const service = serviceAt(platform.url, uniqueCode(), {
    sessionTimeoutSeconds: 3_600,
    keepalive: { intervalSeconds: 300, operation: 'keepalive' },
  });
  const sessions = processOf(stores.redis, { clock });
  const calls: string[] = [];
  let failing: ErrorCode | undefined;
  /** As the pipeline does it, without its retries. */
  async function callOperation(called: PlatformService, operation: string, deadline: { at: number }) {
    calls.push(operation);
    if (failing) throw new GatewayError(failing, 'no');
    const { session } = await sessions.acquire(called, { deadline });
    const url = `${platform.url}/heartbeat`;
    const answer = await send('GET', url, { cookie: session.cookieHeader(url) ?? '' });
    if (answer.status === 401) await sessions.renew(called, session, { deadline });
  }
  const runOn = async (own: SessionService) => {
    const { deadline } = within(30_000, clock);
    const input = { services: [service], deadline };
    const log = { error: (_message: string, fields?: object) => void logged.push(fields ?? {}) };
    const credentials = fixedCredentials();
    const deps = { sessions: own, credentials, callOperation, alerts, clock, log, random: systemRandom };
    return (await keepAlive(input, deps))[service.definition.code];
  };
  const run = () => runOn(sessions);
  const generation = async () => (await sessions.show(service)).generation;
  return {
    clock,
    alerts,
    logged,
    service,
    sessions,
    calls,
    run,
    runOn,
    generation,
    fail: (code: ErrorCode | undefined) => void (failing = code),
  };
}

it('K1: an event that comes twice, in parallel, and 6 hours late keeps alive once each time it is due', async () => {
  const { clock, service, sessions, calls, run } = scene();
  await sessions.acquire(service, within(20_000, clock));

  const parallel = await Promise.all(Array.from({ length: 10 }, run));
  expect(parallel.filter((one) => one === 'kept')).toHaveLength(1);
  expect(await run()).toBe('skipped');
  expect(calls).toHaveLength(1);

  clock.shift(299_000);
  expect(await run()).toBe('kept');
  clock.shift(6 * 3_600_000);
  await Promise.all([run(), run()]);
  expect(calls).toHaveLength(3);
});

it('a claim whose reply was lost is still its claim, and nobody else has it (M13)', async () => {
  const { clock, service, sessions, run, runOn } = scene();
  await sessions.acquire(service, within(20_000, clock));
  const { url, token } = stores.config.redis;
  const wire = await startRedisWire(url);
  try {
    const wired = processOf(connectRedis({ url: wire.url, token, timeoutMs: 10_000 }), { clock });
    wire.loseReplies();
    expect(await runOn(wired)).toBe('kept');
    expect(wire.lost()).toBe(1);
    expect(await run()).toBe('skipped');
    expect(await runOn(wired)).toBe('skipped');
  } finally {
    await wire.stop();
  }
});

it('a service that nobody has used, or that an operator ended, is left alone', async () => {
  const { clock, service, sessions, calls, run } = scene();
  expect(await run()).toBe('skipped');
  await sessions.acquire(service, within(20_000, clock));
  await sessions.invalidate(service);
  expect(await run()).toBe('skipped');
  expect([calls.length, platform.logins]).toEqual([0, 1]);
});

it('renews ahead of the end, while the old session serves', async () => {
  const { clock, service, sessions, run, generation } = scene();
  const { session: old } = await sessions.acquire(service, within(20_000, clock));
  clock.shift(3_239_000);
  expect(await run()).toBe('kept');
  clock.shift(290_000);
  platform.loginMs = 200;
  const running = run();
  await expect.poll(() => platform.logins).toBe(2);
  const during = await processOf(stores.redis, { clock }).acquire(service, within(20_000, clock));
  expect(during.session.generation).toBe(old.generation);
  expect(await running).toBe('renewed');
  expect(await generation()).toBe('2.0');
});

it('renews when the operation fails, unless the call was never made or has tried to log in itself', async () => {
  const { clock, service, sessions, run, fail, generation } = scene();
  await sessions.acquire(service, within(20_000, clock));
  for (const code of ['QUOTA_EXCEEDED', 'CIRCUIT_OPEN', 'DEADLINE_EXCEEDED', 'LOGIN_IN_PROGRESS'] as const) {
    fail(code);
    expect(await run()).toBe('skipped');
    clock.shift(300_000);
  }
  fail('CAPTCHA_FAILED');
  expect(await run()).toBe('failed');
  expect(await generation()).toBe('1.0');
  clock.shift(60_000);
  fail('PLATFORM_API_ERROR');
  expect(await run()).toBe('renewed');
  expect(await generation()).toBe('2.0');
});

it('a renewal that only found the backup has failed', async () => {
  const { clock, service, sessions, run, fail, generation } = scene();
  const { session } = await sessions.acquire(service, within(20_000, clock));
  await sessions.renew(service, session, within(20_000, clock));
  fail('PLATFORM_UNAVAILABLE');
  platform.failing = 'CAPTCHA_FAILED';
  expect(await run()).toBe('failed');
  expect(await generation()).toBe('2.0');
});

it('an expired session that the call renewed is not renewed twice', async () => {
  const { clock, service, sessions, run, generation } = scene();
  await sessions.acquire(service, within(20_000, clock));
  clock.shift(3_300_000);
  platform.expire();
  await run();
  expect(await generation()).toBe('2.0');
  expect(platform.logins).toBe(2);
});

it('failures back off 60, 120, 240 s, alert at the third, each is logged (W1), and a success resolves', async () => {
  const { clock, alerts, logged, service, sessions, calls, run, fail } = scene();
  await sessions.acquire(service, within(20_000, clock));
  fail('CONFIGURATION_ERROR');
  for (const [index, pause] of [60, 120, 240, 300].entries()) {
    expect(await run()).toBe('failed');
    expect(alerts.raised.length > 0).toBe(index >= 2);
    clock.shift(pause * 1_000 - 40_000);
    expect(await run()).toBe('skipped');
    clock.shift(40_000);
  }
  expect(calls).toHaveLength(4);
  expect(alerts.raised[0]).toMatchObject({ kind: 'KEEPALIVE_FAILED', subject: service.definition.code });
  fail(undefined);
  expect(await run()).toBe('kept');
  expect(alerts.resolved).toEqual(['KEEPALIVE_FAILED']);
  expect(logged).toHaveLength(4);
  expect(logged[0]).toMatchObject({
    service: service.definition.code,
    error: { code: 'CONFIGURATION_ERROR' },
  });
});

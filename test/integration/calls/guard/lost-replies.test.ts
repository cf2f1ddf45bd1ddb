import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuard } from '../../../../lib/calls/guard/create-guard.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { connectRedis } from '../../../../lib/vendors/redis/redis.ts';
import { startRedisWire } from '../../../faults/redis-wire.ts';
import type { RedisWire } from '../../../faults/redis-wire.ts';
import { openPrivateRedis } from '../../../stores.ts';
import type { PrivateRedis } from '../../../stores.ts';
import { countedCalls, service, standingClock, storedBreaker } from './services.ts';

describe.each(['auto', 'mock'] as const)('the guard when replies are lost (%s)', (engine) => {
  let store: PrivateRedis;
  let wire: RedisWire;
  beforeAll(async () => {
    store = await openPrivateRedis({ engine, timeoutMs: 20_000 });
    wire = await startRedisWire(store.url);
  });
  afterAll(async () => {
    await wire.stop();
    await store.close();
  });

  function setUp(extra: Parameters<typeof service>[0] = {}) {
    const clock = standingClock('2026-11-21T04:05:06.500Z');
    const guarded = service({ breaker: { failures: 3, openSeconds: 30 }, timeoutSeconds: 10, ...extra });
    const redis = connectRedis({ url: wire.url, token: store.token, timeoutMs: 20_000 });
    const guard = createGuard({ redis, clock, random: systemRandom, budgetMs: 20_000 });
    const fail = async () => {
      await guard.record(guarded, { probe: false, failures: 0 }, 'failure');
    };
    return { clock, guarded, guard, fail };
  }

  it('a probe is not refused by its own lease, nor by its own count; others are (M13)', async () => {
    const { clock, guarded, guard, fail } = setUp({ quotas: [{ type: 'PER_DAY', limit: 1 }] });
    for (let i = 0; i < 3; i++) await fail();
    clock.advance(30_000);
    wire.loseReplies();
    const lost = wire.lost();
    const verdict = await guard.check(guarded, {});
    expect(wire.lost()).toBe(lost + 1);
    expect([verdict.probe, verdict.refusal]).toEqual([true, undefined]);
    expect(await countedCalls(store.redis, guarded, clock.now())).toEqual([1]);
    expect((await guard.check(guarded, {})).refusal).toMatchObject({ code: 'CIRCUIT_OPEN' });
    await guard.record(guarded, verdict, 'success');
    expect(await storedBreaker(store.redis, guarded)).toEqual({ state: 'closed', failures: 0 });
  });

  it('a failure counts once, and a probe that failed opens for as long as it should (M13)', async () => {
    const { clock, guarded, guard, fail } = setUp();
    for (let i = 1; i <= 2; i++) {
      wire.loseReplies();
      await fail();
      expect(await storedBreaker(store.redis, guarded)).toEqual({ state: 'closed', failures: i });
    }
    await fail();
    clock.advance(30_000);
    const probe = await guard.check(guarded, {});
    wire.loseReplies();
    await guard.record(guarded, probe, 'failure');
    expect(await storedBreaker(store.redis, guarded)).toEqual({
      state: 'open',
      failures: 4,
      until: '2026-11-21T04:06:06.500Z',
    });
  });
});

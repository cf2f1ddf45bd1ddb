import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuard } from '../../../../lib/calls/guard/create-guard.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { openPrivateRedis } from '../../../stores.ts';
import type { PrivateRedis } from '../../../stores.ts';
import { countedCalls, service, standingClock, storedBreaker } from './services.ts';

describe.each(['auto', 'mock'] as const)('the breaker on Redis (%s)', (engine) => {
  let store: PrivateRedis;
  beforeAll(async () => {
    store = await openPrivateRedis({ engine, timeoutMs: 20_000 });
  });
  afterAll(() => store.close());

  function setUp(extra: Parameters<typeof service>[0] = {}) {
    const clock = standingClock('2026-11-21T04:05:06.500Z');
    const guarded = service({ breaker: { failures: 3, openSeconds: 30 }, timeoutSeconds: 10, ...extra });
    const guard = createGuard({ random: systemRandom, redis: store.redis, clock, budgetMs: 20_000 });
    const stored = () => storedBreaker(store.redis, guarded);
    const call = async (outcome: 'success' | 'failure') => {
      const verdict = await guard.check(guarded, {});
      if (!verdict.refusal) await guard.record(guarded, verdict, outcome);
      return verdict;
    };
    const trip = async () => {
      for (let i = 0; i < 3; i++) await call('failure');
    };
    return { clock, guarded, guard, stored, call, trip };
  }

  it('opens after so many failures in a row, for so long', async () => {
    const { clock, guarded, guard, stored, call } = setUp();
    await call('failure');
    await call('failure');
    expect(await stored()).toEqual({ state: 'closed', failures: 2 });
    await call('success');
    expect(await stored()).toEqual({ state: 'closed', failures: 0 });
    await call('failure');
    await call('failure');
    expect((await guard.check(guarded, {})).refusal).toBeUndefined();
    await call('failure');

    expect((await guard.check(guarded, {})).refusal).toEqual({ code: 'CIRCUIT_OPEN', retryAfterSeconds: 30 });
    clock.advance(29_999);
    expect((await guard.check(guarded, {})).refusal).toEqual({ code: 'CIRCUIT_OPEN', retryAfterSeconds: 1 });
    expect(await stored()).toEqual({
      state: 'open',
      failures: 3,
      until: '2026-11-21T04:05:36.500Z',
    });
  });

  it('lets exactly one of many through when half-open; its success closes', async () => {
    const { clock, guarded, guard, stored, trip } = setUp();
    await trip();
    clock.advance(30_000);
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => guard.check(guarded, {})));
    const probes = verdicts.filter((verdict) => verdict.probe);
    expect(probes).toHaveLength(1);
    expect(verdicts.filter((verdict) => verdict.refusal?.code === 'CIRCUIT_OPEN')).toHaveLength(49);
    expect((await stored()).state).toBe('half-open');

    await guard.record(guarded, probes[0]!, 'success');
    expect(await stored()).toEqual({ state: 'closed', failures: 0 });
    expect(await guard.check(guarded, {})).toEqual({ probe: false, failures: 0 });
  });

  it('opens again when the probe fails', async () => {
    const { clock, guarded, guard, call, trip } = setUp();
    await trip();
    clock.advance(30_000);
    expect(await call('failure')).toMatchObject({ probe: true });
    expect((await guard.check(guarded, {})).refusal).toEqual({ code: 'CIRCUIT_OPEN', retryAfterSeconds: 30 });
  });

  it('a probe that died blocks no longer than its lease', async () => {
    const { clock, guarded, guard, trip } = setUp();
    await trip();
    clock.advance(30_000);
    expect((await guard.check(guarded, {})).probe).toBe(true);
    clock.advance(14_999);
    expect((await guard.check(guarded, {})).refusal).toMatchObject({ code: 'CIRCUIT_OPEN' });
    clock.advance(1);
    expect((await guard.check(guarded, {})).probe).toBe(true);
  });

  it('calls that began before it opened neither close it nor keep it open longer', async () => {
    const { clock, guarded, guard, stored, call, trip } = setUp();
    const early = await guard.check(guarded, {});
    await call('failure');
    const late = await guard.check(guarded, {});
    await trip();
    clock.advance(10_000);
    await guard.record(guarded, late, 'success');
    await guard.record(guarded, early, 'failure');
    expect(await stored()).toMatchObject({
      state: 'open',
      until: '2026-11-21T04:05:36.500Z',
    });
    clock.advance(20_000);
    await guard.check(guarded, {});
    await guard.record(guarded, late, 'success');
    expect((await stored()).state).toBe('half-open');
  });

  it('a call it refuses counts in no quota; one the quota refuses does not take the probe', async () => {
    const { clock, guarded, guard, trip } = setUp({ quotas: [{ type: 'PER_MINUTE', limit: 4 }] });
    await trip();
    await guard.check(guarded, {});
    expect(await countedCalls(store.redis, guarded, clock.now())).toEqual([3]);

    clock.advance(30_000);
    const other = {
      ...guarded,
      definition: { ...guarded.definition, quotas: [{ type: 'PER_MINUTE' as const, limit: 3 }] },
    };
    expect((await guard.check(other, {})).refusal).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect((await guard.check(guarded, {})).probe).toBe(true);
  });

  it('gives the cached answer along with the refusal; a fresh one does not take the probe', async () => {
    const { clock, guarded, guard, trip } = setUp();
    const cacheKey = `cache:${guarded.definition.code}`;
    const cached = `1:${clock.now()}:200:2:{}`;
    await store.redis.set(cacheKey, cached);
    await trip();
    expect(await guard.check(guarded, { cacheKey })).toMatchObject({
      cached,
      refusal: { code: 'CIRCUIT_OPEN' },
    });

    clock.advance(30_000);
    expect(await guard.check(guarded, { cacheKey, cacheSeconds: 30 })).toMatchObject({
      cached,
      probe: false,
    });
    expect(await guard.check(guarded, { cacheKey, cacheSeconds: 29 })).toMatchObject({ cached, probe: true });
  });
});

describe('Redis in trouble', () => {
  const limited = () => service({ quotas: [{ type: 'PER_DAY', limit: 1 }], breaker: { failures: 1 } });

  it('Q2: down, calls pass unguarded; back, it guards again', async () => {
    const store = await openPrivateRedis({ timeoutMs: 20_000 });
    const clock = standingClock('2026-11-21T04:05:06.500Z');
    const guard = createGuard({ random: systemRandom, redis: store.redis, clock, budgetMs: 20_000 });
    const guarded = limited();
    try {
      await store.stop();
      const verdict = await guard.check(guarded, { stateKey: 'gen:x' });
      expect(verdict).toEqual({ probe: false, failures: 0, unguarded: true });
      await guard.record(guarded, verdict, 'failure');

      await store.restart();
      // Still left alone: nobody looks before the back-off is over.
      expect((await guard.check(guarded, {})).unguarded).toBe(true);
      clock.advance(1_000);
      expect((await guard.check(guarded, {})).unguarded).toBeUndefined();
      expect((await guard.check(guarded, {})).refusal).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    } finally {
      await store.close();
    }
  });

  it('Q2: slow, one call in a while pays the budget, the others nothing', async () => {
    const clock = standingClock('2026-11-21T04:05:06.500Z');
    let asked = 0;
    const silent = {
      run: () => {
        asked += 1;
        return new Promise<never>(() => {});
      },
    };
    const guard = createGuard({ random: systemRandom, redis: silent as never, clock, budgetMs: 5 });
    const guarded = limited();
    for (let i = 0; i < 20; i++) expect((await guard.check(guarded, {})).unguarded).toBe(true);
    expect(asked).toBe(1);
    clock.advance(1_000);
    await guard.check(guarded, {});
    expect(asked).toBe(2);
  });

  it('closes a breaker whose key holds nonsense', async () => {
    const store = await openPrivateRedis({ timeoutMs: 20_000 });
    try {
      const guarded = limited();
      const guard = createGuard({
        random: systemRandom,
        redis: store.redis,
        clock: standingClock('2026-11-21T04:05:06.500Z'),
        budgetMs: 20_000,
      });
      await store.redis.set(`breaker:${guarded.definition.code}`, 'nonsense');
      const verdict = await guard.check(guarded, {});
      expect(verdict).toMatchObject({ probe: false, failures: 0, quota: { limit: 1 } });
      await guard.record(guarded, verdict, 'failure');
      expect((await guard.check(guarded, {})).refusal).toMatchObject({ code: 'CIRCUIT_OPEN' });
    } finally {
      await store.close();
    }
  });

  it('never takes an answer it does not understand for a verdict', async () => {
    const clock = standingClock('2026-11-21T04:05:06.500Z');
    for (const reply of [null, 'OK', [], [0, 0, 0, 0, '', ''], [0, 0, 0, 'x', '', '', 1]]) {
      const guard = createGuard({
        random: systemRandom,
        redis: { run: () => Promise.resolve(reply) } as never,
        clock,
      });
      expect(await guard.check(limited(), {})).toEqual({ probe: false, failures: 0, unguarded: true });
    }
  });
});

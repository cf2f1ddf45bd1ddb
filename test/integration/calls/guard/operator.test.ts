import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuard } from '../../../../lib/calls/guard/create-guard.ts';
import { createGuardOperator } from '../../../../lib/calls/guard/operator.ts';
import { announceRevision } from '../../../../lib/calls/guard/revision-marker.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import { openPrivateRedis } from '../../../stores.ts';
import type { PrivateRedis } from '../../../stores.ts';
import { service, standingClock } from './services.ts';

describe.each(['auto', 'mock'] as const)('an operator of quotas and breakers on Redis (%s)', (engine) => {
  let store: PrivateRedis;
  beforeAll(async () => {
    store = await openPrivateRedis({ engine, timeoutMs: 20_000 });
  });
  afterAll(() => store.close());

  function setUp(extra: Parameters<typeof service>[0] = {}) {
    const clock = standingClock('2026-11-21T04:05:06.500Z');
    const guarded = service({ timeoutSeconds: 10, ...extra });
    const guard = createGuard({ random: systemRandom, redis: store.redis, clock, budgetMs: 20_000 });
    return { clock, guarded, guard, operator: createGuardOperator({ redis: store.redis, clock }) };
  }
  const LIMITS = {
    quotas: [
      { type: 'PER_MINUTE', limit: 3 },
      { type: 'PER_DAY', limit: 100 },
    ],
  } as const;
  const limits = () => ({ quotas: LIMITS.quotas.map((quota) => ({ ...quota })) });

  it('sees what is used of each window, and until when', async () => {
    const { guard, guarded, operator } = setUp(limits());
    await guard.check(guarded, {});
    await guard.check(guarded, {});
    expect(await operator.quotas(guarded)).toEqual([
      { type: 'PER_MINUTE', limit: 3, used: 2, remaining: 1, resetsAt: '2026-11-21T04:06:00.000Z' },
      { type: 'PER_DAY', limit: 100, used: 2, remaining: 98, resetsAt: '2026-11-21T16:00:00.000Z' },
    ]);
    expect(await operator.quotas(setUp().guarded)).toEqual([]);
  });

  it('resets them: the next call passes at once', async () => {
    const { guard, guarded, operator } = setUp(limits());
    for (let i = 0; i < 3; i++) await guard.check(guarded, {});
    expect((await guard.check(guarded, {})).refusal).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await operator.resetQuotas(guarded);
    expect((await operator.quotas(guarded)).map(({ used }) => used)).toEqual([0, 0]);
    expect((await guard.check(guarded, {})).refusal).toBeUndefined();
  });

  it('sees and resets those of one account, and leaves the others', async () => {
    const { guard, guarded, operator } = setUp(limits());
    const check = (account: string) =>
      guard.check(guarded, { candidates: [{ account, mark: 'm', fitnessKeys: [] }] });
    await check('north');
    await check('south');
    await operator.resetQuotas({ ...guarded, account: 'north' });
    const used = async (account: string) =>
      (await operator.quotas({ ...guarded, account })).map((quota) => quota.used);
    expect(await used('north')).toEqual([0, 0]);
    expect(await used('south')).toEqual([1, 1]);
  });

  const breaker = { breaker: { failures: 2, openSeconds: 30 } };

  it('sees the breaker as it is', async () => {
    const { clock, guard, guarded, operator } = setUp(breaker);
    const { code } = guarded.definition;
    expect(await operator.breaker(code)).toEqual({
      state: 'closed',
      failures: 0,
      until: null,
      forced: 'auto',
    });
    for (let i = 0; i < 2; i++) await guard.record(guarded, await guard.check(guarded, {}), 'failure');
    expect(await operator.breaker(code)).toEqual({
      state: 'open',
      failures: 2,
      until: '2026-11-21T04:05:36.500Z',
      forced: 'auto',
    });
    clock.advance(30_000);
    // Nobody has asked since: the next call is the probe.
    expect(await operator.breaker(code)).toMatchObject({ state: 'half-open', until: null });
    await guard.check(guarded, {});
    expect(await operator.breaker(code)).toMatchObject({
      state: 'half-open',
      until: expect.any(String) as string,
      forced: 'auto',
    });
  });

  it('holds it open: no call passes, however long, and none is the probe', async () => {
    const { clock, guard, guarded, operator } = setUp(breaker);
    await operator.force(guarded.definition.code, 'open');
    for (let i = 0; i < 3; i++) {
      const { refusal, probe } = await guard.check(guarded, {});
      expect([refusal?.code, probe]).toEqual(['CIRCUIT_OPEN', false]);
      clock.advance(3_600_000);
    }
    expect(await operator.breaker(guarded.definition.code)).toEqual({
      state: 'open',
      failures: 0,
      until: null,
      forced: 'open',
    });
  });

  it('holds it closed: calls pass, whatever they report', async () => {
    const { guard, guarded, operator } = setUp(breaker);
    const { code } = guarded.definition;
    for (let i = 0; i < 2; i++) await guard.record(guarded, await guard.check(guarded, {}), 'failure');
    await operator.force(code, 'closed');
    for (let i = 0; i < 5; i++) {
      const decision = await guard.check(guarded, {});
      expect(decision.refusal).toBeUndefined();
      await guard.record(guarded, decision, 'failure');
    }
    expect(await operator.breaker(code)).toMatchObject({ state: 'closed', forced: 'closed' });
  });

  it('gives it back to itself, closed and without failures', async () => {
    const { guard, guarded, operator } = setUp(breaker);
    const { code } = guarded.definition;
    await guard.record(guarded, await guard.check(guarded, {}), 'failure');
    await operator.force(code, 'open');
    await operator.force(code, 'auto');
    expect(await operator.breaker(code)).toEqual({
      state: 'closed',
      failures: 0,
      until: null,
      forced: 'auto',
    });
    expect((await guard.check(guarded, {})).refusal).toBeUndefined();
  });

  it('tells calls of a newer revision before anything is counted, and of an older one never', async () => {
    const { guard, guarded, operator } = setUp({ ...limits(), ...breaker });
    const { code } = guarded.definition;
    await announceRevision(store.redis, code, guarded.revision);
    expect(await guard.check(guarded, {})).not.toHaveProperty('newerRevision');
    await announceRevision(store.redis, code, guarded.revision + 2);
    await announceRevision(store.redis, code, guarded.revision + 1);
    expect(await guard.check(guarded, {})).toEqual({
      probe: false,
      failures: 0,
      newerRevision: guarded.revision + 2,
    });
    expect((await operator.quotas(guarded)).map(({ used }) => used)).toEqual([1, 1]);
    expect(await guard.check(guarded, { isNewest: true })).toMatchObject({ quota: { remaining: 1 } });
  });
});

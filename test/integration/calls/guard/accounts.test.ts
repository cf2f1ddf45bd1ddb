/** Which of several accounts a call takes, decided in Redis. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuard } from '../../../../lib/calls/guard/create-guard.ts';
import { readAccountUses } from '../../../../lib/calls/guard/account-uses.ts';
import type { Candidate, GuardDecision } from '../../../../lib/calls/guard/guard.ts';
import { keys } from '../../../../lib/calls/guard/keys.ts';
import { systemRandom } from '../../../../lib/runtime/random.ts';
import type { RegisteredService } from '../../../../lib/registry/definition.ts';
import { openPrivateRedis } from '../../../stores.ts';
import type { PrivateRedis } from '../../../stores.ts';
import { service, standingClock } from './services.ts';

const FAR = '2026-11-21T04:05:06.500Z';

describe.each(['auto', 'mock'] as const)('several accounts on Redis (%s)', (engine) => {
  let store: PrivateRedis;
  beforeAll(async () => void (store = await openPrivateRedis({ engine, timeoutMs: 20_000 })));
  afterAll(() => store.close());

  function scene(
    names: string[],
    extra: Parameters<typeof service>[0] = {},
    kind: 'KEY' | 'SESSION' = 'KEY',
  ) {
    const of = service(extra);
    const { code } = of.definition;
    const clock = standingClock(FAR);
    const guard = createGuard({ random: systemRandom, redis: store.redis, clock, budgetMs: 20_000 });
    const at = (name: string, key: string) => `test:${code}:${name}:${key}`;
    const candidate = (name: string): Candidate => ({
      account: name,
      mark: `mark of ${name}`,
      stateKey: at(name, kind === 'KEY' ? 'refused' : 'generation'),
      fitnessKeys: (kind === 'KEY' ? ['refused'] : ['lockout', 'main', 'rejected', 'lock']).map((key) =>
        at(name, key),
      ),
    });
    return {
      of,
      code,
      clock,
      guard,
      candidates: names.map(candidate),
      set: (name: string, key: string, value: string) => store.redis.set(at(name, key), value),
      drop: (name: string, key: string) => store.redis.del(at(name, key)),
      check: (from = names) => guard.check(of, { candidates: from.map(candidate) }),
      many: async (count: number, from = names): Promise<Record<string, number>> => {
        const taken: Record<string, number> = {};
        for (let i = 0; i < count; i += 1) {
          const { account } = await guard.check(of, { candidates: from.map(candidate) });
          taken[account!] = (taken[account!] ?? 0) + 1;
        }
        return taken;
      },
    };
  }
  const used = (of: RegisteredService, names: string[]) =>
    readAccountUses(store.redis, of.definition.code, names);

  it('takes the least used, whatever order they come in, and counts for the fleet', async () => {
    const { of, check, many } = scene(['a', 'b', 'c']);
    expect(await many(9)).toEqual({ a: 3, b: 3, c: 3 });
    const parallel = await Promise.all(
      Array.from({ length: 90 }, (_, i) => check(i % 2 ? ['c', 'b', 'a'] : undefined)),
    );
    expect(parallel.filter(({ account }) => account === 'b')).toHaveLength(30);
    expect(await used(of, ['a', 'b', 'c', 'none'])).toEqual([33, 33, 33, 0]);
  });

  it('one that comes back from a long pause catches up with the load, not with the past', async () => {
    const { many, clock } = scene(['a', 'b']);
    for (let i = 0; i < 30; i += 1) {
      await many(4, ['a']);
      clock.advance(1_000);
    }
    const alone = await many(20);
    expect([alone['b']! >= 15, await many(40)]).toEqual([true, expect.objectContaining({})]);
    clock.advance(60_000);
    const later = await many(40);
    expect(Math.abs(later['a']! - later['b']!)).toBeLessThanOrEqual(2);
  });

  it('idle ones take turns: the one that was taken longest ago comes first', async () => {
    const { check, clock } = scene(['a', 'b', 'c']);
    const order: string[] = [];
    for (let i = 0; i < 6; i += 1) {
      order.push((await check()).account!);
      clock.advance(3_600_000);
    }
    expect(order.slice(3)).toEqual(order.slice(0, 3));
    expect(new Set(order)).toEqual(new Set(['a', 'b', 'c']));
  });

  it('passes over one whose credentials are paused, for as long as they are those', async () => {
    const { many, set, check, clock } = scene(['a', 'b']);
    await set('a', 'refused', `mark of a|3|${clock.now() + 60_000}`);
    expect(await many(6)).toEqual({ b: 6 });
    await set('b', 'refused', `mark of b|3|${clock.now() + 30_000}`);
    const soonest = await check();
    expect([soonest.account, soonest.unfit, soonest.state]).toEqual([
      'b',
      true,
      `mark of b|3|${clock.now() + 30_000}`,
    ]);
    await set('a', 'refused', `another mark|3|${clock.now() + 60_000}`);
    expect((await check()).account).toBe('a');
    await set('a', 'refused', `mark of a|2|0`);
    expect(await check()).toMatchObject({ account: 'a', unfit: false });
    clock.advance(30_000);
    await set('a', 'refused', `mark of a|3|${clock.now() + 60_000}`);
    expect(await check()).toMatchObject({ account: 'b', unfit: false });
  });

  it('counts quotas of each, takes the one that has some left, and refuses when none has', async () => {
    const { many, check, code, clock } = scene(['a', 'b'], { quotas: [{ type: 'PER_HOUR', limit: 3 }] });
    expect(await many(6)).toEqual({ a: 3, b: 3 });
    const refused = await check();
    expect(refused.refusal).toMatchObject({ code: 'QUOTA_EXCEEDED', type: 'PER_HOUR', limit: 3 });
    expect(refused.unfit).toBe(true);
    const start = Math.floor(clock.now() / 3_600_000) * 3_600;
    const counters = ['a', 'b'].map((name) => keys.quota(`${code}/${name}`, 'PER_HOUR', start));
    expect(await store.redis.mget([...counters, keys.quota(code, 'PER_HOUR', start)])).toEqual([
      '3',
      '3',
      null,
    ]);
  });

  it('of a quota used up and a pause it waits for the shorter; a call that is refused counts in none', async () => {
    const quotas = [{ type: 'PER_DAY' as const, limit: 1 }];
    const { of, check, set, clock } = scene(['a', 'b'], { quotas });
    await check(['a']);
    await set('b', 'refused', `mark of b|3|${clock.now() + 60_000}`);
    expect(await check()).toMatchObject({ account: 'b', unfit: true });
    expect((await check()).refusal).toBeDefined();
    expect(await used(of, ['a', 'b'])).toEqual([1, 1]);
  });

  describe('with sessions', () => {
    it('a lockout counts where no session serves', async () => {
      const { set, drop, check, clock } = scene(['a', 'b'], {}, 'SESSION');
      const until = clock.now() + 60_000;
      await set('a', 'lockout', `mark of a|3|${until}`);
      await set('a', 'main', 'sealed');
      await set('a', 'generation', '7.2');
      const alone = async () => (await check(['a'])).unfit;
      expect(await check(['a'])).toMatchObject({ unfit: false, state: '7.2' });
      await set('a', 'rejected', '7');
      expect(await alone()).toBe(true);
      await set('a', 'rejected', '6');
      expect(await alone()).toBe(false);
      await set('a', 'generation', '8.invalidated');
      expect(await alone()).toBe(true);
      await set('a', 'generation', '8.0');
      await drop('a', 'main');
      expect(await alone()).toBe(true);
      expect((await check()).account).toBe('b');
    });

    it('one that is logging in is taken when there is no other, unless its session serves meanwhile', async () => {
      const { set, check, many } = scene(['a', 'b'], {}, 'SESSION');
      await set('a', 'lock', 'owner|1|60000');
      expect(await many(4)).toEqual({ b: 4 });
      await set('b', 'lock', 'owner|1|60000');
      expect(await check()).toMatchObject({ account: 'a', unfit: false });
      await set('b', 'generation', '3.0');
      await set('b', 'main', 'sealed');
      expect(await many(3)).toEqual({ b: 3 });
    });
  });

  it('a call that moves on to another account keeps the probe, and counts there too', async () => {
    const { of, guard, check, candidates, clock } = scene(['a', 'b'], {
      breaker: { failures: 1, openSeconds: 30 },
    });
    await guard.record(of, await check(), 'failure');
    expect((await check()).refusal?.code).toBe('CIRCUIT_OPEN');
    clock.advance(31_000);
    const probe = await check();
    const next = await guard.check(of, {
      candidates: candidates.filter(({ account }) => account !== probe.account),
      admitted: probe,
    });
    expect([probe.probe, next.probe, next.refusal]).toEqual([true, true, undefined]);
    expect((await check()).refusal?.code).toBe('CIRCUIT_OPEN');
    await guard.record(of, next, 'success');
    expect((await check()).refusal).toBeUndefined();
  });

  // The embedded engine knows no types of keys.
  it.skipIf(engine === 'mock')('reads a key that holds something else as absent', async () => {
    const { of, code, check } = scene(['a', 'b']);
    await store.redis.set(keys.uses(code), 'no hash');
    expect((await check()).unguarded).toBeUndefined();
    expect((await used(of, ['a', 'b'])).reduce((sum, one) => sum + one)).toBe(1);
  });

  it('without Redis the first is taken', async () => {
    const { of, candidates, clock } = scene(['a', 'b']);
    const away = { ...store.redis, run: () => Promise.reject(new Error('away')) };
    const guard = createGuard({ random: systemRandom, redis: away, clock });
    const decision: GuardDecision = await guard.check(of, { candidates });
    expect(decision).toMatchObject({ account: 'a', unguarded: true });
  });
});

import { describe, expect, it } from 'vitest';
import { emptyMinute, viewOf } from '../../../lib/watch/metrics/minute.ts';
import type { Minute } from '../../../lib/watch/metrics/minute.ts';
import { isLookedAt, judge, judgedMinute } from '../../../lib/watch/metrics/thresholds.ts';

const AT = Date.parse('2026-11-22T04:05:00Z');
const LIMITS = { responseTimeMs: 5_000, errorRate: 0.05, availability: 0.99, intervalSeconds: 60 };

const minute = (calls: number, errors: Record<string, number> = {}, slow = 0): Minute => ({
  ...emptyMinute('SHOP', AT),
  calls,
  errors,
  durations: `${slow === 0 ? 10 : slow}:${calls}`,
});
const breached = (of: Minute, limits: Partial<typeof LIMITS> = {}) =>
  judge(of, { ...LIMITS, ...limits }).flatMap((one) => (one.holds ? [] : one.kind));

describe('thresholds', () => {
  it.each<[string, Minute, Partial<typeof LIMITS>, string[]]>([
    ['all well', minute(100), {}, []],
    ['p95 at the limit', minute(100, {}, 5_000), {}, []],
    ['p95 a millisecond above', minute(100, {}, 5_001), {}, ['RESPONSE_TIME']],
    ['5 of 100 failed', minute(100, { PLATFORM_API_ERROR: 5 }), {}, []],
    ['6 of 100 failed', minute(100, { PLATFORM_API_ERROR: 4, INTERNAL: 2 }), {}, ['ERROR_RATE']],
    ['3 of 60 failed', minute(60, { INTERNAL: 3 }), {}, []],
    ['1 of 100 was down', minute(100, { PLATFORM_UNAVAILABLE: 1 }), {}, []],
    ['2 of 100 were down', minute(100, { PLATFORM_UNAVAILABLE: 2 }), {}, ['AVAILABILITY']],
    [
      '9 of 10 were down, a tenth suffices',
      minute(10, { PLATFORM_UNAVAILABLE: 9 }),
      { availability: 0.1, errorRate: 1 },
      [],
    ],
    [
      'all down',
      minute(10, { PLATFORM_UNAVAILABLE: 10 }, 9_000),
      {},
      ['RESPONSE_TIME', 'ERROR_RATE', 'AVAILABILITY'],
    ],
    ['9 calls, all down', minute(9, { PLATFORM_UNAVAILABLE: 9 }, 9_000), {}, []],
  ])('%s', (_name, of, limits, kinds) => {
    expect(breached(of, limits)).toEqual(kinds);
  });

  it('of too few calls nothing is said, neither good nor bad', () => {
    expect(judge(minute(9), LIMITS)).toEqual([]);
    expect(judge(minute(10), LIMITS).map(({ holds }) => holds)).toEqual([true, true, true]);
  });

  it('an alert says which minute, what was and what may be', () => {
    const [, errors] = judge(minute(20, { INTERNAL: 3 }), LIMITS);
    expect(errors).toEqual({
      kind: 'ERROR_RATE',
      holds: false,
      alert: {
        kind: 'ERROR_RATE',
        subject: 'SHOP',
        severity: 'warning',
        summary: 'SHOP: 3 of 20 calls failed in the minute from 04:05 UTC.',
        details: { minute: '2026-11-22T04:05:00.000Z', calls: 20, value: 0.15, limit: 0.05 },
      },
    });
  });

  it('each minute is judged once, by a run from 30 to 90 seconds after its end', () => {
    for (let phase = 0; phase < 60_000; phase += 7_001) {
      const runs = Array.from({ length: 5 }, (_, index) => AT + phase + index * 60_000);
      const judged = runs.map(judgedMinute);
      expect(new Set(judged).size).toBe(5);
      for (const [index, run] of runs.entries()) {
        const after = run - judged[index]! - 60_000;
        expect([after >= 30_000, after < 90_000]).toEqual([true, true]);
      }
    }
  });

  it('`intervalSeconds` says how often it is looked at', () => {
    const looked = (intervalSeconds: number) =>
      Array.from({ length: 60 }, (_, index) => AT + index * 60_000).filter((at) =>
        isLookedAt(at, { ...LIMITS, intervalSeconds }),
      ).length;
    expect([60, 90, 300, 3_600].map(looked)).toEqual([60, 40, 12, 1]);
  });

  it('without a call there is no percentile and no availability', () => {
    expect(viewOf({ ...emptyMinute('SHOP', AT), logins: 1 })).toMatchObject({
      minute: '2026-11-22T04:05:00.000Z',
      calls: 0,
      p50: null,
      p95: null,
      p99: null,
      availability: null,
      logins: 1,
    });
  });
});

import type { Redis } from '../../vendors/redis/redis.ts';
import { script } from '../../vendors/redis/redis.ts';
import type { Clock } from '../../runtime/clock.ts';
import { captchaKeys, dayIn } from './keys.ts';

const KEPT_MS = 40 * 86_400_000;

/** KEYS counter · ARGV ttl. */
const COUNT = script(`
local hits = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return hits
`);

export interface HitRate {
  right: number;
  wrong: number;
  /** Share of right answers, `undefined` before the first. */
  rate: number | undefined;
}

/** How often each solver's answers pass, by kind of picture and day: the reason to change a `codetype`. */
export interface HitRates {
  /** Never throws: a login does not fail for a statistic. */
  count(solver: string, codetype: number, verdict: 'right' | 'wrong'): Promise<void>;
  read(solver: string, codetype: number, day?: string): Promise<HitRate>;
}

/** Days are `timezone`'s, `Asia/Shanghai` unless told. */
export function createHitRates(deps: { redis: Redis; clock: Clock; timezone?: string }): HitRates {
  const { redis, clock, timezone = 'Asia/Shanghai' } = deps;
  return {
    count: async (solver, codetype, verdict) => {
      const key = captchaKeys.hits(solver, codetype, dayIn(timezone, clock.now()), verdict);
      await redis.run(COUNT, [key], [KEPT_MS]).catch(() => 0);
    },
    read: async (solver, codetype, day = dayIn(timezone, clock.now())) => {
      const [right, wrong] = (
        await redis.mget([
          captchaKeys.hits(solver, codetype, day, 'right'),
          captchaKeys.hits(solver, codetype, day, 'wrong'),
        ])
      ).map((count) => Number(count ?? 0)) as [number, number];
      return { right, wrong, rate: right + wrong === 0 ? undefined : right / (right + wrong) };
    },
  };
}

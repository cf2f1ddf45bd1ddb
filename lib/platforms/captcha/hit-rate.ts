import type { Redis } from '../../vendors/redis/redis.ts';
import { script } from '../../vendors/redis/redis.ts';
import type { Clock } from '../../runtime/clock.ts';
import { captchaKeys, dayIn } from './keys.ts';

const TTL_MS = 40 * 86_400_000;

/** KEYS counter · ARGV ttl. */
const COUNT = script(`
local hits = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return hits
`);

/**
 * How often each solver's answers pass, by kind of picture and day (China time, as the platforms are there): shows
 * when a `codetype` should be changed. Counters of 40 days in Redis.
 */
export interface HitRates {
  /** Never throws: a login does not fail for a statistic. */
  count(solver: string, codetype: number, verdict: 'right' | 'wrong'): Promise<void>;
}

export function createHitRates({ redis, clock }: { redis: Redis; clock: Clock }): HitRates {
  return {
    count: async (solver, codetype, verdict) => {
      const key = captchaKeys.hits(solver, codetype, dayIn('Asia/Shanghai', clock.now()), verdict);
      await redis.run(COUNT, [key], [TTL_MS]).catch(() => 0);
    },
  };
}

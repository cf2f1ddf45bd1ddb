import type { Redis } from '../../vendors/redis/redis.ts';
import { script } from '../../vendors/redis/redis.ts';
import { captchaKeys } from './keys.ts';

/** Counters outlive their day so that yesterday can still be read. */
const TTL_MS = 3 * 86_400_000;

/** KEYS spent · ARGV cost, limit (negative: none), ttl → 1 reserved, 0 over the limit. All in tenths. */
const RESERVE = script(`
local spent = tonumber(redis.call('GET', KEYS[1]) or '0')
local limit = tonumber(ARGV[2])
if limit >= 0 and spent + tonumber(ARGV[1]) > limit then return 0 end
redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`);

/** KEYS spent · ARGV cost. Never below zero: the counter may have expired meanwhile. */
const RELEASE = script(`
local spent = tonumber(redis.call('GET', KEYS[1]) or '0')
if spent < tonumber(ARGV[1]) then return 0 end
redis.call('DECRBY', KEYS[1], ARGV[1])
return 1
`);

/**
 * A solver's points per calendar day, counted for the whole fleet. Points are reserved before a picture is
 * sent, so that parallel logins cannot overspend together. Amounts are tenths of a point.
 */
export interface PointsBudget {
  /** `false`: it would go over `limit`. `undefined` limit: count only. */
  reserve(solver: string, day: string, cost: number, limit: number | undefined): Promise<boolean>;
  /** The picture was not charged, or its points came back. */
  release(solver: string, day: string, cost: number): Promise<void>;
  spent(solver: string, day: string): Promise<number>;
}

export function createPointsBudget(redis: Redis): PointsBudget {
  return {
    reserve: async (solver, day, cost, limit) => {
      const key = captchaKeys.spent(solver, day);
      return (await redis.run<number>(RESERVE, [key], [cost, Math.floor(limit ?? -1), TTL_MS])) === 1;
    },
    release: async (solver, day, cost) => {
      await redis.run(RELEASE, [captchaKeys.spent(solver, day)], [cost]);
    },
    spent: async (solver, day) => Number((await redis.get(captchaKeys.spent(solver, day))) ?? 0),
  };
}

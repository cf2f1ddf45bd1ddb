import { script } from '../vendors/redis/redis.ts';
import type { Redis } from '../vendors/redis/redis.ts';
import { withinBudget } from '../runtime/budget.ts';

/** KEYS counter · ARGV window in ms → [count, ms left]. The window starts with its first request. */
const COUNT = script(`
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return { count, redis.call('PTTL', KEYS[1]) }
`);

/** Longest wait for Redis, milliseconds. */
const BUDGET_MS = 500;

export interface RateLimit {
  limit: number;
  windowSeconds: number;
}

export interface RateDecision {
  allowed: boolean;
  retryAfterSeconds: number;
}

/**
 * Counts one request of a source, in one round trip. Without Redis everything passes: the signature is
 * still checked.
 */
export async function countRequest(
  redis: Redis,
  { service, source, rule }: { service: string; source: string; rule: RateLimit },
): Promise<RateDecision> {
  try {
    const key = `webhook:${service}:rate:${source}`;
    const count = redis.run<[number, number]>(COUNT, [key], [rule.windowSeconds * 1_000]);
    const reply = await withinBudget(count, BUDGET_MS);
    const [counted, leftMs] = reply.map(Number) as [number, number];
    return { allowed: !(counted > rule.limit), retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1_000)) };
  } catch {
    return { allowed: true, retryAfterSeconds: 0 };
  }
}

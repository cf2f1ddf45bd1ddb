/**
 * Requests that nobody has proved to be the partner's (SPEC 7). Anyone can send them, as many as they like: each costs a
 * counter, and only the first of a minute are kept whole, as samples.
 */
import { LRUCache } from 'lru-cache';
import { withinBudget } from '../runtime/budget.ts';
import { script } from '../vendors/redis/redis.ts';
import type { Redis } from '../vendors/redis/redis.ts';

/** Longest wait for Redis, milliseconds. */
const BUDGET_MS = 500;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const KEEP_MS = 7 * 24 * HOUR_MS;

/** KEYS counters of one hour · ARGV minute of the hour, cause, ttl in ms → requests of that minute so far. */
const COUNT = script(`
redis.call('HINCRBY', KEYS[1], ARGV[1] .. ':' .. ARGV[2], 1)
local total = redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
if total == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return total
`);
const READ = script(`return redis.call('HGETALL', KEYS[1])`);

/** Without Redis each process counts for itself: service and minute → requests. */
const countedHere = new LRUCache<string, number>({ max: 1_000 });

export interface UnverifiedCount {
  service: string;
  /** Its beginning. */
  minute: string;
  /** `SIGNATURE`, `EXPIRED`, `RATE_LIMITED` ... */
  cause: string;
  count: number;
}

const keyOf = (service: string, hour: number) => `webhook:${service}:unverified:${hour}`;

/**
 * Counts one such request. @param at milliseconds since the epoch. @param samples kept of one service and minute.
 * @returns whether it is to be kept as a sample. Never rejects.
 */
export async function countUnverified(
  redis: Redis,
  { service, cause, at, samples }: { service: string; cause: string; at: number; samples: number },
): Promise<boolean> {
  const minute = Math.floor((at % HOUR_MS) / MINUTE_MS);
  const hour = Math.floor(at / HOUR_MS);
  try {
    const counted = redis.run<number>(COUNT, [keyOf(service, hour)], [minute, cause, KEEP_MS]);
    return (await withinBudget(counted, BUDGET_MS)) <= samples;
  } catch {
    const key = `${service} ${hour} ${minute}`;
    const count = (countedHere.get(key) ?? 0) + 1;
    countedHere.set(key, count);
    return count <= samples;
  }
}

/** @param hours How many, back from `to`: each is one round trip. @returns the counters, newest first. */
export async function listUnverified(
  redis: Redis,
  { services, to, hours }: { services: readonly string[]; to: number; hours: number },
): Promise<UnverifiedCount[]> {
  const last = Math.floor(to / HOUR_MS);
  const from = to - hours * HOUR_MS;
  const asked = Array.from({ length: hours + 1 }, (_, back) => last - back).flatMap((hour) =>
    services.map((service) => readHour(redis, service, hour)),
  );
  return (await Promise.all(asked))
    .flat()
    .filter(({ minute }) => Date.parse(minute) > from - MINUTE_MS && Date.parse(minute) <= to)
    .sort((a, b) => b.minute.localeCompare(a.minute) || b.count - a.count);
}

async function readHour(redis: Redis, service: string, hour: number): Promise<UnverifiedCount[]> {
  const flat = await redis.run<string[]>(READ, [keyOf(service, hour)], []);
  const counts: UnverifiedCount[] = [];
  for (let at = 0; at < flat.length; at += 2) {
    const [minute, cause] = flat[at]!.split(':');
    if (cause === undefined) continue;
    const start = hour * HOUR_MS + Number(minute) * MINUTE_MS;
    counts.push({ service, minute: new Date(start).toISOString(), cause, count: Number(flat[at + 1]) });
  }
  return counts;
}

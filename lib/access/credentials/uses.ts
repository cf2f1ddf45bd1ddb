import { script } from '../../vendors/redis/redis.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import type { Clock } from '../../runtime/clock.ts';

/** How often each version of a service's credentials was used, and when last. */
export interface Use {
  count: number;
  /** Milliseconds since the epoch; `undefined`: never. */
  lastAt: number | undefined;
}

export interface UseCounter {
  /** In memory only. */
  count(code: string, versionId: string): void;
  /** Writes what was counted, one round trip, at most every ten seconds unless forced. Never throws. */
  flush(force?: boolean): Promise<void>;
  read(code: string, versionIds: string[]): Promise<Use[]>;
  forget(code: string): Promise<void>;
}

/** One hash per service: `{version}:count`, `{version}:last`. */
const usesKey = (code: string) => `gatehouse:credentials:${code}:uses`;

const FLUSH_EVERY_MS = 10_000;
/** Counts of a service that is no longer used expire after a year. */
const TTL_SECONDS = 366 * 86_400;

/** KEYS: one hash per count. ARGV: ttl, then version, count, last for each key. A late flush does not move the time back. */
const ADD = script(`
for i, key in ipairs(KEYS) do
  local version, count, last = ARGV[i * 3 - 1], ARGV[i * 3], ARGV[i * 3 + 1]
  redis.call('HINCRBY', key, version .. ':count', count)
  local known = redis.call('HGET', key, version .. ':last')
  if not known or tonumber(known) < tonumber(last) then redis.call('HSET', key, version .. ':last', last) end
  redis.call('EXPIRE', key, ARGV[1])
end
return #KEYS`);

/** KEYS: the hash. ARGV: versions. Answers count, last, count, last ... */
const READ = script(`
local found = {}
for _, version in ipairs(ARGV) do
  found[#found + 1] = redis.call('HGET', KEYS[1], version .. ':count') or '0'
  found[#found + 1] = redis.call('HGET', KEYS[1], version .. ':last') or ''
end
return found`);

interface Pending {
  code: string;
  versionId: string;
  count: number;
  lastAt: number;
}

export function createUseCounter(redis: Redis, clock: Clock): UseCounter {
  let pending = new Map<string, Pending>();
  let flushedAt = -Infinity;

  function add({ code, versionId, count, lastAt }: Pending): void {
    const key = `${code} ${versionId}`;
    const known = pending.get(key);
    if (known) {
      known.count += count;
      known.lastAt = Math.max(known.lastAt, lastAt);
    } else pending.set(key, { code, versionId, count, lastAt });
  }

  return {
    count: (code, versionId) => add({ code, versionId, count: 1, lastAt: clock.now() }),
    flush: async (force = false) => {
      if (pending.size === 0 || (!force && clock.now() - flushedAt < FLUSH_EVERY_MS)) return;
      const batch = [...pending.values()];
      pending = new Map();
      flushedAt = clock.now();
      try {
        await redis.run(
          ADD,
          batch.map(({ code }) => usesKey(code)),
          [TTL_SECONDS, ...batch.flatMap(({ versionId, count, lastAt }) => [versionId, count, lastAt])],
        );
      } catch {
        // Written with the next flush. If Redis did store them, a few uses are counted twice, which is acceptable here.
        batch.forEach(add);
      }
    },
    read: async (code, versionIds) => {
      const found = await redis.run<unknown>(READ, [usesKey(code)], versionIds);
      const flat = Array.isArray(found) ? found : [];
      return versionIds.map((_, index) => ({
        count: whole(flat[index * 2]) ?? 0,
        lastAt: whole(flat[index * 2 + 1]),
      }));
    },
    forget: async (code) => {
      for (const [key, each] of pending) if (each.code === code) pending.delete(key);
      await redis.del(usesKey(code));
    },
  };
}

function whole(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}

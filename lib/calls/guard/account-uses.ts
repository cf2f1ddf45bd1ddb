/**
 * How often each account of a service was taken: one hash in Redis, `accounts:{CODE}`, of fields `name` →
 * `uses|load|at`. `uses` counts for ever and is shown; `load` is what the choice goes by: it loses half of itself every
 * ten seconds. An account that is new or comes back from a pause catches up with the others' load in seconds, and
 * not with what they did in their lifetime. `at` (ms since the epoch) decides between accounts that are idle.
 */
import { script } from '../../vendors/redis/redis.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import { keys } from './keys.ts';

const HALF_LIFE_MS = 10_000;
/** A service that was not called for so long begins anew. */
const KEEP_MS = 90 * 24 * 3_600 * 1_000;

/** Lua: `read_uses(key, names)` → by index {uses, load now, at}; `count_use(key, name, use, now)`. */
export const USES_LUA = `
local function read_uses(key, names, now)
  local values = redis.pcall('HMGET', key, unpack(names))
  if values.err then redis.call('DEL', key); values = {} end
  local found = {}
  for i = 1, #names do
    local uses, load, at = string.match(values[i] or '', '^(%d+)|([%d.]+)|(%d+)$')
    at = tonumber(at or '') or 0
    local age = math.max(0, now - at)
    found[i] = { tonumber(uses or '') or 0, (tonumber(load or '') or 0) * 0.5 ^ (age / ${HALF_LIFE_MS}), at }
  end
  return found
end
local function count_use(key, name, use, now)
  local value = string.format('%.0f|%.6f|%.0f', use[1] + 1, use[2] + 1, math.max(now, use[3]))
  redis.call('HSET', key, name, value)
  redis.call('PEXPIRE', key, '${KEEP_MS}')
end
`;

/** KEYS: the hash. ARGV: names. Answers their fields. */
const READ = script(`
local values = redis.call('HMGET', KEYS[1], unpack(ARGV))
for i = 1, #ARGV do values[i] = values[i] or '' end
return values
`);

/** How often each of these accounts was taken, fleet-wide. Rejects with `STORE_UNAVAILABLE`. */
export async function readAccountUses(redis: Redis, code: string, names: string[]): Promise<number[]> {
  if (names.length === 0) return [];
  const values = await redis.run<string[]>(READ, [keys.uses(code)], names);
  return names.map((_, index) => Number(/^(\d+)\|/.exec(values[index] ?? '')?.[1] ?? 0));
}

/**
 * What tells every process at once that a definition has changed: `revision:{CODE}`, the newest revision. The guard's
 * script reads it before it counts anything; a process that knows an older one reads the definition anew. It stands for
 * longer than any process believes what it has read, and no longer: a definition restored from a backup has a lower
 * revision.
 */
import { script } from '../../vendors/redis/redis.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import type { CallableService } from '../definition.ts';
import { keys } from './keys.ts';

const KEEP_MS = 60_000;

/** KEYS: the marker. ARGV: revision, ttl. The higher one stays. */
const ANNOUNCE = script(`
local known = redis.pcall('GET', KEYS[1])
known = type(known) == 'string' and tonumber(known) or 0
if tonumber(ARGV[1]) > known then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 1
`);

/** Rejects with `STORE_UNAVAILABLE`: then the change takes up to 30 s. */
export async function announceRevision(redis: Redis, code: string, revision: number): Promise<void> {
  await redis.run(ANNOUNCE, [keys.revision(code)], [revision, KEEP_MS]);
}

const GUARDED_MS = 30_000;
/** Nobody asks Redis about a service without quotas and breaker: only reading tells that it has some now. */
const UNGUARDED_MS = 1_000;

/** How long a process may believe what it has read of a service, milliseconds. */
export const freshForMs = ({ definition }: CallableService): number =>
  definition.quotas.length === 0 && !definition.breaker ? UNGUARDED_MS : GUARDED_MS;

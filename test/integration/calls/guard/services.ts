import { Definition } from '../../../../lib/registry/definition.ts';
import type { DefinitionInput, RegisteredService } from '../../../../lib/registry/definition.ts';
import { createQuotaWindows } from '../../../../lib/calls/guard/quota-window.ts';
import { keys } from '../../../../lib/calls/guard/keys.ts';
import type { Clock } from '../../../../lib/runtime/clock.ts';
import { script } from '../../../../lib/vendors/redis/redis.ts';
import type { Redis } from '../../../../lib/vendors/redis/redis.ts';

let made = 0;

/** A service nobody else counts for: Redis is shared between tests. */
export function service(extra: Partial<DefinitionInput> = {}): RegisteredService {
  const code = `GUARD_${process.pid}_${Date.now().toString(36).toUpperCase()}_${++made}`;
  const definition = Definition.parse({
    code,
    name: 'guarded',
    baseUrl: 'https://platform.example.com',
    auth: { type: 'NONE' },
    ...extra,
  });
  const at = '2026-11-21T00:00:00.000Z';
  return { definition, revision: 1, createdAt: at, updatedAt: at };
}

/** A clock that stands until it is set. */
export function standingClock(iso: string): Clock & { advance(ms: number): void; set(iso: string): void } {
  let now = Date.parse(iso);
  return {
    now: () => now,
    sleep: () => Promise.reject(new Error('Nobody sleeps here.')),
    advance: (ms) => void (now += ms),
    set: (iso) => void (now = Date.parse(iso)),
  };
}

const READ_BREAKER = script(`return redis.call('HMGET', KEYS[1], 'state', 'failures', 'until')`);

/** What stands in Redis; no hash is `closed` (breaker-state.ts). */
export async function storedBreaker(redis: Redis, { definition }: RegisteredService) {
  const [state, failures, until] = await redis.run<(string | null)[]>(
    READ_BREAKER,
    [keys.breaker(definition.code)],
    [],
  );
  return {
    state: state ?? 'closed',
    failures: Number(failures ?? 0),
    ...(until ? { until: new Date(Number(until)).toISOString() } : {}),
  };
}

/** Calls counted in the current window of each quota, in the definition's order. */
export async function countedCalls(redis: Redis, { definition }: RegisteredService, now: number) {
  const windowOf = createQuotaWindows();
  const counters = definition.quotas.map(({ type }) =>
    keys.quota(definition.code, type, windowOf(type, definition.timezone, now).start / 1_000),
  );
  return (await redis.mget(counters)).map(Number);
}

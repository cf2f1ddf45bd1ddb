/** What an operator sees of quotas and the breaker, and does to them. Rejects with `STORE_UNAVAILABLE` without Redis. */
import { subjectOf } from '../../definition/account.ts';
import type { AccountService } from '../../definition/service.ts';
import type { Clock } from '../../runtime/clock.ts';
import { script } from '../../vendors/redis/redis.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import type { CallableService, Quota } from '../definition.ts';
import { keys } from './keys.ts';
import { createQuotaWindows } from './quota-window.ts';

/** Of one window, as it is just now. */
export interface QuotaUse extends Quota {
  used: number;
  remaining: number;
  /** ISO 8601, UTC. */
  resetsAt: string;
}

export const FORCED = ['open', 'closed', 'auto'] as const;
export type Forced = (typeof FORCED)[number];

export interface BreakerView {
  state: 'closed' | 'open' | 'half-open';
  /** In a row. */
  failures: number;
  /** ISO 8601, UTC: until when calls are refused; `null`: they are not, or until it is taken back. */
  until: string | null;
  /** `auto`: by what calls report. */
  forced: Forced;
}

type Of = AccountService<CallableService['definition']>;

export interface GuardOperator {
  /** Of a service, or of one of its accounts. */
  quotas(service: Of): Promise<QuotaUse[]>;
  /** The windows of now begin anew. */
  resetQuotas(service: Of): Promise<void>;
  breaker(code: string): Promise<BreakerView>;
  /** `auto` gives the breaker back to itself: closed, its count at zero. */
  force(code: string, forced: Forced): Promise<void>;
}

/** KEYS: counters. Answers what they hold, `''` for none. */
const READ = script(`
local found = {}
for i = 1, #KEYS do
  local value = redis.pcall('GET', KEYS[i])
  found[i] = type(value) == 'string' and value or ''
end
return found
`);
const DELETE = script(`return redis.call('DEL', unpack(KEYS))`);
/** KEYS: the breaker. Answers state, failures, until, forced. */
const READ_BREAKER = script(`
local b = redis.pcall('HMGET', KEYS[1], 'state', 'failures', 'until', 'forced')
if b.err then b = {} end
return { b[1] or 'closed', b[2] or '0', b[3] or '0', b[4] or 'auto' }
`);
/** KEYS: the breaker. ARGV: `open` or `closed`. It stays until it is taken back. */
const FORCE = script(`
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[1], 'forced', ARGV[1])
redis.call('PERSIST', KEYS[1])
return 1
`);

export function createGuardOperator({ redis, clock }: { redis: Redis; clock: Clock }): GuardOperator {
  const windowOf = createQuotaWindows();

  function countersOf({ definition, account }: Of) {
    const { code, quotas, timezone } = definition;
    return quotas.map((quota) => {
      const window = windowOf(quota.type, timezone, clock.now());
      return { quota, window, key: keys.quota(subjectOf(code, account), quota.type, window.start / 1_000) };
    });
  }

  return {
    async quotas(service) {
      const counters = countersOf(service);
      if (counters.length === 0) return [];
      const counts = await redis.run<string[]>(
        READ,
        counters.map(({ key }) => key),
        [],
      );
      return counters.map(({ quota, window }, index) => {
        // A counter that is none starts anew, as for the guard.
        const used = /^\d+$/.test(counts[index] ?? '') ? Number(counts[index]) : 0;
        const remaining = Math.max(0, quota.limit - used);
        return { ...quota, used, remaining, resetsAt: new Date(window.end).toISOString() };
      });
    },

    async resetQuotas(service) {
      const counters = countersOf(service);
      if (counters.length > 0)
        await redis.run(
          DELETE,
          counters.map(({ key }) => key),
          [],
        );
    },

    async breaker(code) {
      const [state, failures, until, forced] = await redis.run<string[]>(
        READ_BREAKER,
        [keys.breaker(code)],
        [],
      );
      const own = { failures: Number(failures), forced: forcedOf(forced) };
      if (own.forced !== 'auto') return { ...own, state: own.forced, until: null };
      const known = stateOf(state);
      if (known === 'closed') return { ...own, state: known, until: null };
      // Its time is over: the next call is the probe.
      if (Number(until) <= clock.now()) return { ...own, state: 'half-open', until: null };
      return { ...own, state: known, until: new Date(Number(until)).toISOString() };
    },

    async force(code, forced) {
      if (forced === 'auto') await redis.run(DELETE, [keys.breaker(code)], []);
      else await redis.run(FORCE, [keys.breaker(code)], [forced]);
    },
  };
}

const forcedOf = (value: string | undefined): Forced => FORCED.find((known) => known === value) ?? 'auto';
const stateOf = (value: string | undefined): BreakerView['state'] =>
  value === 'open' || value === 'half-open' ? value : 'closed';

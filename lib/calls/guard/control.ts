import * as z from 'zod';
import { GatewayError } from '../../runtime/errors.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import type { QuotaType, CallableService } from '../definition.ts';
import type { Clock } from '../../runtime/clock.ts';
import { FORCE, READ } from './breaker-state.ts';
import type { BreakerForce, BreakerState } from './breaker-state.ts';
import { keys } from './keys.ts';
import { createQuotaWindows } from './quota-window.ts';

export interface QuotaUse {
  type: QuotaType;
  limit: number;
  used: number;
  remaining: number;
  /** ISO times of the current window. */
  windowStart: string;
  resetsAt: string;
}

export interface BreakerStatus {
  state: BreakerState;
  /** Failures in a row. */
  failures: number;
  /** End of `open`, or of the probe's lease; ISO. */
  until?: string;
  /** What an operator has ordered; overrules `state`. */
  forced?: Exclude<BreakerForce, 'auto'>;
}

/**
 * The guard as an operator sees and steers it. Rejects with `STORE_UNAVAILABLE`. What is changed here holds for
 * the next call of any Lambda; a changed limit arrives with the definition (at most 30 s).
 */
export interface GuardControl {
  readQuotas(service: CallableService): Promise<QuotaUse[]>;
  /** Empties the current window of one type, or of all. */
  resetQuotas(service: CallableService, type?: QuotaType): Promise<void>;
  /** `undefined` when the definition has no breaker. */
  readBreaker(service: CallableService): Promise<BreakerStatus | undefined>;
  /** `open` refuses every call, `closed` lets every call pass, `auto` starts anew, closed. `VALIDATION_FAILED` without a breaker. */
  forceBreaker(service: CallableService, force: BreakerForce): Promise<void>;
}

/** What READ answers. Anything else in Redis reads as closed: that is what the guard makes of it too. */
const StoredBreaker = z.tuple([
  z.enum(['closed', 'open', 'half-open']).catch('closed'),
  z.coerce.number().int().min(0).catch(0),
  z.string().transform((until) => (/^\d{1,15}$/.test(until) ? Number(until) : undefined)),
  z.enum(['open', 'closed']).optional().catch(undefined),
]);

export function createGuardControl({ redis, clock }: { redis: Redis; clock: Clock }): GuardControl {
  const windowOf = createQuotaWindows();

  function countersOf({ definition }: CallableService) {
    const now = clock.now();
    return definition.quotas.map(({ type, limit }) => {
      const { start, end } = windowOf(type, definition.timezone, now);
      return { type, limit, start, end, key: keys.quota(definition.code, type, start / 1_000) };
    });
  }

  return {
    async readQuotas(service) {
      const counters = countersOf(service);
      const counts = counters.length === 0 ? [] : await redis.mget(counters.map(({ key }) => key));
      return counters.map(({ type, limit, start, end }, i) => {
        const used = countOf(counts[i]);
        return {
          type,
          limit,
          used,
          remaining: Math.max(0, limit - used),
          windowStart: new Date(start).toISOString(),
          resetsAt: new Date(end).toISOString(),
        };
      });
    },

    async resetQuotas(service, type) {
      const chosen = countersOf(service).filter((counter) => type === undefined || counter.type === type);
      if (chosen.length > 0) await redis.del(...chosen.map(({ key }) => key));
    },

    async readBreaker({ definition }) {
      if (!definition.breaker) return undefined;
      const [state, failures, until, forced] = StoredBreaker.parse(
        await redis.run(READ, [keys.breaker(definition.code)], []),
      );
      return {
        state,
        failures,
        ...(state === 'closed' || until === undefined ? {} : { until: new Date(until).toISOString() }),
        ...(forced === undefined ? {} : { forced }),
      };
    },

    async forceBreaker({ definition }, force) {
      if (!definition.breaker) {
        throw new GatewayError('VALIDATION_FAILED', `${definition.code} has no breaker.`, {
          fields: [{ field: 'breaker', message: 'is not in the definition' }],
        });
      }
      await redis.run(FORCE, [keys.breaker(definition.code)], [force]);
    },
  };
}

function countOf(value: string | null | undefined): number {
  return value && /^\d{1,15}$/.test(value) ? Number(value) : 0;
}

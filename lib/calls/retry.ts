import type { Busy } from './busy.ts';
import type { CallDefinition } from './definition.ts';
import { remaining } from '../runtime/clock.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';

/** The two rows of the retry table that wait (SPEC 4); the others are part of login and renewal. */
export type RetryClass = 'networkTimeout' | 'serverError';

export interface Retries {
  /**
   * How long to wait before the next try, milliseconds; `undefined`: no further try. `retryAfterSeconds` is
   * what a caller should wait instead, when the deadline is too near.
   */
  next(
    retryClass: RetryClass,
    lastAttemptMs: number,
  ): { waitMs: number } | { waitMs: undefined; retryAfterSeconds?: number };
  /**
   * How long to wait for a third party that says when to come back, milliseconds: as it says, as often as it says
   * so, within the deadline. `undefined`: it does not say, or there is no time for it.
   */
  whenBusy(busy: Busy, lastAttemptMs: number): number | undefined;
}

/** "At once" (`Retry-After: 0`) is not believed of a third party that has just refused, milliseconds. */
const LEAST_WAIT_MS = 1_000;

/**
 * Waits are full jitter: uniform between 0 and the definition's figure, so that a fleet that failed together
 * does not return together. A retry that would not end before the deadline (it is assumed to take as long as
 * the last try) is not started.
 */
export function retriesFor(
  definition: Pick<CallDefinition, 'retry'>,
  deadline: Deadline,
  clock: Clock,
  random: Random,
): Retries {
  const used: Record<RetryClass, number> = { networkTimeout: 0, serverError: 0 };
  return {
    next(retryClass, lastAttemptMs) {
      const { attempts, delaysSeconds } = definition.retry[retryClass];
      if (used[retryClass] >= attempts) return { waitMs: undefined };
      const figure = delaysSeconds[Math.min(used[retryClass], delaysSeconds.length - 1)] ?? 0;
      const waitMs = Math.round(random.fraction() * figure * 1_000);
      if (waitMs + lastAttemptMs >= remaining(deadline, clock)) {
        return { waitMs: undefined, retryAfterSeconds: Math.max(1, figure) };
      }
      used[retryClass] += 1;
      return { waitMs };
    },
    whenBusy({ retryAfterSeconds }, lastAttemptMs) {
      if (retryAfterSeconds === undefined) return undefined;
      const waitMs = Math.max(LEAST_WAIT_MS, retryAfterSeconds * 1_000);
      return waitMs + lastAttemptMs < remaining(deadline, clock) ? waitMs : undefined;
    },
  };
}

/**
 * Candidates that a third party refused, counted apart from the credentials in use (`refusals.ts`): they must not pause
 * these, and a person who tries one password after the other must not have the account locked either. Counted per account,
 * whatever its values: the third party counts by name.
 */
import type { Clock } from '../../runtime/clock.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { Redis } from '../../vendors/redis/redis.ts';
import { CANDIDATE } from './candidate.ts';
import { parseRefusals, REFUSE } from './refusals.ts';
import type { Lockout } from './refusals.ts';

/** By subject: `CODE`, or `CODE/north`. Rejects with `STORE_UNAVAILABLE`: what cannot be counted is not tried. */
export interface CanaryLockout {
  /** @throws GatewayError `AUTHENTICATION_FAILED` with `retryAfterSeconds` while they pause. */
  admit(subject: string): Promise<void>;
  refused(subject: string, lockout: Lockout): Promise<void>;
  accepted(subject: string): Promise<void>;
}

export function createCanaryLockout(deps: { redis: Redis; clock: Clock; random: Random }): CanaryLockout {
  const { redis, clock, random } = deps;
  const key = (subject: string) => `gatehouse:credentials:${subject}:canary`;
  return {
    async admit(subject) {
      const forMs = (parseRefusals(await redis.get(key(subject)))?.lockedUntil ?? 0) - clock.now();
      if (forMs <= 0) return;
      throw new GatewayError(
        'AUTHENTICATION_FAILED',
        `${subject} refused several new credentials in a row; none is tried before ${new Date(clock.now() + forMs).toISOString()}.`,
        { retryAfterSeconds: Math.ceil(forMs / 1_000) },
      );
    },

    async refused(subject, { failures, seconds }) {
      const args = [Math.floor(clock.now()), CANDIDATE, failures, Math.ceil(seconds * 1_000)];
      await redis.run(REFUSE, [key(subject), `${key(subject)}:${random.uuid()}`], args);
    },

    async accepted(subject) {
      await redis.del(key(subject));
    },
  };
}

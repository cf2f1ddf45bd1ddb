import type { Clock } from '../../runtime/clock.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { ConditionFailed, numberOf } from '../../vendors/dynamodb/documents.ts';
import type { Documents } from '../../vendors/dynamodb/documents.ts';
import { attemptsKey, purgeAt } from './keys.ts';

/** How often a name was tried, whether there is a person of that name or not. */
export interface Attempts {
  /**
   * Counts one, before its password is looked at: of parallel guesses each counts. `false`: too many, and not counted.
   */
  take(username: string): Promise<boolean>;
  /** Until when no password is looked at, milliseconds since the epoch; `undefined`: it is not locked. */
  lockedUntil(username: string): Promise<number | undefined>;
  /** The password was right: counts from zero. */
  forget(username: string): Promise<void>;
}

export interface AttemptsDeps {
  documents: Documents;
  /** The `registry` table. */
  table: string;
  clock: Pick<Clock, 'now'>;
}

const MOST = 5;
/** An attempt counts until this long after the last one: so long a name is locked after the fifth. */
const LOCK_MS = 15 * 60_000;
/** Other attempts may be faster than the one that starts the count anew. */
const MAX_RACES = 8;

export function createAttempts({ documents, table, clock }: AttemptsDeps): Attempts {
  /** @throws ConditionFailed with the stored count: it is full, or no longer of use. */
  async function count(username: string, now: number): Promise<void> {
    await documents.update(
      table,
      attemptsKey(username),
      'SET countUntil = :until, purgeAt = :purgeAt ADD attempts :one',
      {
        condition: 'attribute_not_exists(pk) OR (attempts < :most AND countUntil > :now)',
        values: {
          ':until': now + LOCK_MS,
          ':purgeAt': purgeAt(now + LOCK_MS),
          ':one': 1,
          ':most': MOST,
          ':now': now,
        },
      },
    );
  }

  async function removeOld(username: string, now: number): Promise<void> {
    try {
      const condition = 'countUntil <= :now';
      await documents.delete(table, attemptsKey(username), { condition, values: { ':now': now } });
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }

  return {
    async take(username) {
      for (let race = 0; race < MAX_RACES; race++) {
        const now = clock.now();
        try {
          await count(username, now);
          return true;
        } catch (error) {
          if (!(error instanceof ConditionFailed)) throw error;
          if (error.item && numberOf(error.item['countUntil']) > now) return false;
          await removeOld(username, now);
        }
      }
      throw new GatewayError('STORE_UNAVAILABLE', 'The attempt could not be counted; try again.', {
        retryAfterSeconds: 1,
      });
    },

    async lockedUntil(username) {
      const item = await documents.get(table, attemptsKey(username), { consistent: true });
      if (!item || numberOf(item['attempts']) < MOST) return undefined;
      const until = numberOf(item['countUntil']);
      return until > clock.now() ? until : undefined;
    },

    forget: (username) => documents.delete(table, attemptsKey(username)),
  };
}

import { ConditionFailed } from '../../vendors/dynamodb/documents.ts';
import type { Documents } from '../../vendors/dynamodb/documents.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import {
  claimed,
  completed,
  mayClaim,
  mayFinish,
  mayRelease,
  parseRecord,
  unresolved,
} from './claim-state.ts';
import type { Attempt, ClaimRecord } from './claim-state.ts';
import type { StoredAnswer } from './idempotency.ts';

/** The transitions of claim-state.ts. All reject with `STORE_UNAVAILABLE`. */
export interface Claims {
  /** `'acquired'`: this attempt holds the key. Otherwise the existing record (`undefined`: just deleted). */
  claim(attempt: Attempt, claimExpiresAt: number): Promise<'acquired' | ClaimRecord | undefined>;
  read(pk: string): Promise<ClaimRecord | undefined>;
  /** `'saved'`, or the existing record. */
  complete(attempt: Attempt, answer: StoredAnswer): Promise<'saved' | ClaimRecord | undefined>;
  /** Does nothing when another attempt holds the claim by now. */
  release(attempt: Attempt): Promise<void>;
  giveUp(attempt: Attempt): Promise<void>;
}

export function createClaims(documents: Documents, table: string, clock: Clock): Claims {
  function readable(item: Parameters<typeof parseRecord>[0]): ClaimRecord | undefined {
    const record = parseRecord(item, clock.now());
    if (record !== 'unreadable') return record;
    // A request with this key may have had its effect: nothing may be sent.
    throw new GatewayError('STORE_UNAVAILABLE', 'The record of this Idempotency-Key cannot be read.', {
      retryable: false,
    });
  }

  /** The record for which the condition failed; rethrows any other error. */
  function existing(error: unknown): ClaimRecord | undefined {
    if (error instanceof ConditionFailed) return readable(error.item);
    throw error;
  }

  const read = async (pk: string) => readable(await documents.get(table, { pk }, { consistent: true }));

  return {
    read,

    async claim(attempt, claimExpiresAt) {
      const now = clock.now();
      try {
        await documents.put(table, claimed(attempt, now, claimExpiresAt), mayClaim(attempt, now));
        return 'acquired';
      } catch (error) {
        const record = existing(error);
        // The client's own retry after a lost reply: the first write had won.
        return record?.state === 'claimed' && record.owner === attempt.owner ? 'acquired' : record;
      }
    },

    async complete(attempt, answer) {
      try {
        await documents.put(table, completed(attempt, answer, clock.now()), mayFinish(attempt));
        return 'saved';
      } catch (error) {
        const record = existing(error);
        return record?.state === 'completed' && record.owner === attempt.owner ? 'saved' : record;
      }
    },

    async release(attempt) {
      await documents.delete(table, { pk: attempt.pk }, mayRelease(attempt)).catch(ignoreLostClaim);
    },

    async giveUp(attempt) {
      await documents.put(table, unresolved(attempt, clock.now()), mayFinish(attempt)).catch(ignoreLostClaim);
    },
  };
}

function ignoreLostClaim(error: unknown): void {
  if (!(error instanceof ConditionFailed)) throw error;
}

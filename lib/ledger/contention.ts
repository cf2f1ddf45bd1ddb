import { isGatewayError, GatewayError } from '../runtime/errors.ts';
import { TransactionCancelled } from '../vendors/dynamodb/documents.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';

/** First wait, milliseconds; doubles up to the longest. Each is drawn evenly between nothing and that. */
const FIRST_MS = 10;
const LONGEST_MS = 500;
/** No call of the ledger tries for longer when its caller names no deadline. */
export const DEFAULT_PATIENCE_MS = 10_000;

export interface Patience {
  clock: Clock;
  random: Random;
  /** Milliseconds since the epoch. */
  deadlineAt: number;
}

/**
 * Waits before try `tries + 1`, with full jitter.
 * @throws `STORE_UNAVAILABLE` when it would start after the deadline: the outcome is unknown, ask again.
 */
export async function backOff({ clock, random, deadlineAt }: Patience, tries: number, cause: unknown) {
  const waitMs = random.fraction() * Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1));
  if (clock.now() + waitMs >= deadlineAt) {
    throw new GatewayError('STORE_UNAVAILABLE', 'The ledger is busy; ask again with the same id.', {
      cause,
      retryAfterSeconds: 1,
    });
  }
  await clock.sleep(waitMs);
}

/** Reads a snapshot, again where it met transactions in flight. */
export async function patiently<T>(patience: Patience, read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (error) {
      const contended = error instanceof TransactionCancelled && error.fault === undefined;
      if (!contended && !isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
      await backOff(patience, tries, error);
    }
  }
}

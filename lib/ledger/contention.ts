import { isGatewayError, GatewayError } from '../runtime/errors.ts';
import { waitForNextTry } from '../runtime/patience.ts';
import type { Patience } from '../runtime/patience.ts';
import { TransactionCancelled } from '../vendors/dynamodb/documents.ts';

export type { Patience } from '../runtime/patience.ts';

/** No call of the ledger tries for longer when its caller names no deadline. */
export const DEFAULT_PATIENCE_MS = 10_000;

/**
 * Waits before try `tries + 1`, with full jitter.
 * @throws `STORE_UNAVAILABLE` when it would start after the deadline: the outcome is unknown, ask again.
 */
export async function backOff(patience: Patience, tries: number, cause: unknown) {
  if (await waitForNextTry(patience, tries)) return;
  throw new GatewayError('STORE_UNAVAILABLE', 'The ledger is busy; ask again with the same id.', {
    cause,
    retryAfterSeconds: 1,
  });
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

import { ConditionFailed, TransactionCancelled } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';

/** What happens to one write. No emulator raises contention, so it is made here. */
export type Trouble =
  | 'none'
  /** Cancelled by DynamoDB: on the row, on a balance, for want of capacity. */
  | 'row-conflict'
  | 'balance-conflict'
  | 'throttled-item'
  /** The request was refused as a whole, before anything. */
  | 'throttled'
  | 'error-before'
  /** Committed, and the answer was lost. */
  | 'error-after';

const CANCELLED: Partial<Record<Trouble, string[]>> = {
  'row-conflict': ['TransactionConflict', 'None', 'None'],
  'balance-conflict': ['None', 'ConditionalCheckFailed', 'TransactionConflict'],
  'throttled-item': ['None', 'None', 'ProvisionedThroughputExceeded'],
};

/** DynamoDB on a bad day: each write meets the next trouble, then all is well. */
export function troubled(documents: Documents, next: () => Trouble | undefined): Documents {
  async function through<T>(write: () => Promise<T>, isTransaction: boolean): Promise<T> {
    const trouble = next() ?? 'none';
    const cancelled = CANCELLED[trouble];
    if (cancelled && isTransaction) {
      throw new TransactionCancelled(cancelled.map((code) => ({ code, item: undefined })));
    }
    if (cancelled || trouble === 'throttled' || trouble === 'error-before') throw unavailable(trouble);
    const result = await write();
    if (trouble === 'error-after') throw unavailable(trouble);
    return result;
  }
  return {
    ...documents,
    transact: (...args) => through(() => documents.transact(...args), true),
    update: (...args) => through(() => documents.update(...args), false),
    put: (...args) => through(() => documents.put(...args), false),
  };
}

export const unavailable = (cause: string) =>
  new GatewayError('STORE_UNAVAILABLE', `DynamoDB did not answer (${cause}).`, { retryAfterSeconds: 1 });

/** Counts the requests that go out, by method. */
export function counted(documents: Documents): { documents: Documents; counts: Record<string, number> } {
  const counts: Record<string, number> = {};
  const proxy = new Proxy(documents, {
    get(target, name: keyof Documents) {
      return (...args: never[]) => {
        counts[name] = (counts[name] ?? 0) + 1;
        return (target[name] as (...args: never[]) => unknown)(...args);
      };
    },
  });
  return { documents: proxy, counts };
}

/** An engine that says that a condition failed, but not against what. */
export function reticent(documents: Documents): Documents {
  const silent = (error: unknown): never => {
    if (error instanceof TransactionCancelled) {
      throw new TransactionCancelled(error.reasons.map(({ code }) => ({ code, item: undefined })));
    }
    throw error instanceof ConditionFailed ? new ConditionFailed() : error;
  };
  return {
    ...documents,
    transact: (...args) => documents.transact(...args).catch(silent),
    update: (...args) => documents.update(...args).catch(silent),
  };
}

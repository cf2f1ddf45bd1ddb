import pMap from 'p-map';
import type { CallContext, Called } from '../call.ts';
import { callOperation } from './operation.ts';
import type { OperationDeps, OperationResult } from './operation.ts';

export interface BatchEntry {
  operation: string;
  params: Record<string, unknown>;
}

/** Concurrent calls: enough to hide latency, few enough not to overload the platform. */
const CONCURRENCY = 8;

export interface BatchDeps extends OperationDeps {
  /** Throws what refuses an entry, before anything of it is looked up. */
  check: (entry: BatchEntry) => void;
}

/** Calls each entry; every one has its own result, in order. Never rejects for an entry's failure. */
export async function callBatch(
  service: string,
  entries: BatchEntry[],
  context: CallContext,
  deps: BatchDeps,
): Promise<(Called<OperationResult> | { failure: unknown })[]> {
  const { idempotencyKey: key } = context;
  return pMap(
    entries,
    async (entry, index) => {
      // Entries of one keyed batch are different requests to the third party: each has its own key.
      const own = { ...context, idempotencyKey: key === undefined ? undefined : `${key}.${index}` };
      try {
        deps.check(entry);
        return await callOperation({ service, ...entry }, own, deps);
      } catch (failure) {
        return { failure };
      }
    },
    { concurrency: CONCURRENCY },
  );
}

import { callOperation } from './operation.ts';
import type { OperationDeps, OperationResult } from './operation.ts';
import type { CallContext, Called } from '../pipeline.ts';

export interface BatchEntry {
  operation: string;
  params: Record<string, unknown>;
}

/** Calls under way at once: enough to hide latency, few enough not to be what the platform is slow from. */
const CONCURRENCY = 8;

/** Calls each entry; every one has its own result, in order. Never rejects for an entry's failure. */
export async function callBatch(
  service: string,
  entries: BatchEntry[],
  context: CallContext,
  deps: OperationDeps,
): Promise<(Called<OperationResult> | { failure: unknown })[]> {
  const results: (Called<OperationResult> | { failure: unknown })[] = Array.from({ length: entries.length });
  const queue = entries.entries();
  const worker = async () => {
    for (const [index, entry] of queue) {
      // Entries of one keyed batch are different requests to the third party: each goes with a key of its own.
      const { idempotencyKey: key } = context;
      const own = { ...context, idempotencyKey: key === undefined ? undefined : `${key}.${index}` };
      results[index] = await callOperation({ service, ...entry }, own, deps).catch((failure: unknown) => ({
        failure,
      }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, entries.length) }, worker));
  return results;
}

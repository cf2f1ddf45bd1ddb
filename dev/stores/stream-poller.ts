import type { Clock } from '../../lib/runtime/clock.ts';
import type { AwsTarget } from './aws-json.ts';
import type { Checkpoints } from './stream-checkpoints.ts';
import { matches } from './stream-filter.ts';
import type { Pattern } from './stream-filter.ts';
import { readPage, shardsOf, streamOf } from './stream-reader.ts';
import type { ShardPage, StreamRecord } from './stream-reader.ts';

/** What the on-failure destination gets: where the records are, not the records. */
export interface StreamFailure {
  requestContext: { condition: 'RetryAttemptsExhausted'; approximateInvokeCount: number };
  DDBStreamBatchInfo: {
    streamArn: string;
    shardId: string;
    startSequenceNumber: string;
    endSequenceNumber: string;
    batchSize: number;
  };
}

export interface StreamPollerOptions {
  target: AwsTarget;
  table: string;
  /** Rejects when the batch failed; may answer `batchItemFailures` to have it repeated from the first of them. */
  invoke(event: { Records: StreamRecord[] }): Promise<unknown>;
  /** While it rejects, the stream stands still. */
  onFailure(failure: StreamFailure): Promise<void>;
  checkpoints: Checkpoints;
  clock: Clock;
  /** A record goes to the function when one of these matches; none: all do. */
  filters?: Pattern[];
  batchSize?: number;
  maximumRetryAttempts?: number;
  bisectBatchOnFunctionError?: boolean;
  pollMs?: number;
}

export interface StreamPoller {
  /** Delivers what is in the stream now. Rejects when the stream or the sink does not answer. */
  drain(): Promise<void>;
  /** Polls until stopped; errors of the stream are retried. */
  start(): void;
  /** Resolves when the batch under way is done. */
  stop(): Promise<void>;
}

/**
 * An event source mapping for a DynamoDB stream, as Lambda's: in order per shard, at least once; a batch that
 * fails is halved until the culprit is alone, that one is retried, then reported, and the stream goes on.
 */
export function createStreamPoller(options: StreamPollerOptions): StreamPoller {
  const { target, table, checkpoints, clock, filters = [], batchSize = 100, pollMs = 200 } = options;
  const stopping = new AbortController();
  // A pause ends with the poller: what was not delivered then is delivered by its successor.
  const delivery = {
    ...options,
    clock: { ...clock, sleep: (ms: number) => clock.sleep(ms, stopping.signal) },
  };
  let polling: Promise<void> | undefined;
  /** A table keeps its stream for as long as it is there. */
  let streamArn: string | undefined;

  async function drain(): Promise<void> {
    streamArn ??= await streamOf(target, table);
    if (streamArn === undefined) throw new Error(`The table ${table} has no stream.`);
    for (const shardId of await shardsOf(target, streamArn)) await drainShard(streamArn, shardId);
  }

  async function drainShard(streamArn: string, shardId: string): Promise<void> {
    while (!stopping.signal.aborted) {
      const after = checkpoints.read(streamArn, shardId);
      const page = await readPage(target, { streamArn, shardId, after, limit: batchSize });
      if (page.lastSequenceNumber === undefined) return;
      const wanted = page.records.filter(
        (record) => filters.length === 0 || filters.some((filter) => matches(filter, record)),
      );
      if (wanted.length > 0) await deliver(delivery, page, wanted);
      checkpoints.write(streamArn, shardId, page.lastSequenceNumber);
    }
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      // The next round begins where this one stopped.
      await drain().catch(() => {});
      await clock.sleep(pollMs, stopping.signal).catch(() => {});
    }
  }

  return {
    drain,
    start() {
      polling ??= poll();
    },
    async stop() {
      stopping.abort(new Error('stopped'));
      await polling;
    },
  };
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

async function deliver(options: StreamPollerOptions, page: ShardPage, batch: StreamRecord[]): Promise<void> {
  const { bisectBatchOnFunctionError: bisect = true, maximumRetryAttempts: retries = 3, clock } = options;
  let pending = batch;
  for (let attempt = 1; ; attempt += 1) {
    const left = await attemptBatch(options, pending);
    if (left.length === 0) return;
    if (left.length < pending.length) attempt = 0;
    pending = left;
    // Halving is not a retry: a record must not fail because of its neighbours.
    if (bisect && pending.length > 1) {
      const middle = Math.ceil(pending.length / 2);
      await deliver(options, page, pending.slice(0, middle));
      return deliver(options, page, pending.slice(middle));
    }
    if (attempt > retries) return options.onFailure(failureOf(page, pending, attempt));
    await clock.sleep(Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS));
  }
}

/** The records that are still to be done. */
async function attemptBatch(options: StreamPollerOptions, batch: StreamRecord[]): Promise<StreamRecord[]> {
  let answer: unknown;
  try {
    answer = await options.invoke({ Records: batch });
  } catch {
    return batch;
  }
  const failures = (answer as { batchItemFailures?: { itemIdentifier?: string }[] } | null | undefined)
    ?.batchItemFailures;
  if (!failures || failures.length === 0) return [];
  const failed = new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
  const first = batch.findIndex((record) => failed.has(record.dynamodb.SequenceNumber));
  // With an unknown identifier Lambda treats the whole batch as failed.
  return batch.slice(Math.max(0, first));
}

function failureOf(
  { streamArn, shardId }: ShardPage,
  batch: StreamRecord[],
  attempts: number,
): StreamFailure {
  return {
    requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: attempts },
    DDBStreamBatchInfo: {
      streamArn,
      shardId,
      startSequenceNumber: batch[0]!.dynamodb.SequenceNumber,
      endSequenceNumber: batch.at(-1)!.dynamodb.SequenceNumber,
      batchSize: batch.length,
    },
  };
}

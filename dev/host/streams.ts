import { join } from 'node:path';
import { systemClock } from '../../lib/runtime/clock.ts';
import type { AwsTarget } from '../stores/aws-json.ts';
import { createCheckpoints } from '../stores/stream-checkpoints.ts';
import { createStreamPoller } from '../stores/stream-poller.ts';
import type { FunctionDeclaration } from './declared.ts';

export interface StreamsOptions {
  /** The DynamoDB that has the tables. */
  target: AwsTarget;
  /** Where is kept how far each function has read; absent: in memory, from the beginning. */
  dataDir: string | undefined;
  invoke: (functionName: string, event: unknown) => Promise<unknown>;
  /** A batch that was given up: on AWS it goes to the dead letter queue. */
  onFailure: (functionName: string, error: unknown) => void;
}

export interface Streams {
  /** Resolves when the batches under way are done. */
  stop(): Promise<void>;
}

/** Lambda's event source mappings: each function reads its tables' streams, as `serverless.yml` declares. */
export function startStreams(
  declared: FunctionDeclaration[],
  { target, dataDir, invoke, onFailure }: StreamsOptions,
): Streams {
  const pollers = declared.flatMap(({ name, streams }) =>
    streams.map(({ table, ...limits }) =>
      createStreamPoller({
        ...limits,
        target,
        table,
        clock: systemClock,
        checkpoints: createCheckpoints(dataDir && join(dataDir, `stream-${name}-${table}.json`)),
        invoke: (event) => invoke(name, event),
        onFailure: async (failure) =>
          onFailure(name, new Error(`gave up a batch of ${table}: ${told(failure)}`)),
      }),
    ),
  );
  for (const poller of pollers) poller.start();
  return { stop: async () => void (await Promise.all(pollers.map((poller) => poller.stop()))) };
}

const told = (failure: object): string => JSON.stringify(failure);

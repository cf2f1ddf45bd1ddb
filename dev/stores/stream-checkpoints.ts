import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as z from 'zod';

/** How far each shard has been delivered: its last sequence number. A new stream begins anew. */
export interface Checkpoints {
  read(streamArn: string, shardId: string): string | undefined;
  write(streamArn: string, shardId: string, sequenceNumber: string): void;
}

const State = z.object({ streamArn: z.string(), shards: z.record(z.string(), z.string()) });

/**
 * Kept in `file`, or in memory. What is lost or cannot be read is delivered once more: streams promise no
 * better.
 */
export function createCheckpoints(file?: string): Checkpoints {
  let state = file === undefined ? undefined : load(file);
  return {
    read: (streamArn, shardId) => (state?.streamArn === streamArn ? state.shards[shardId] : undefined),
    write(streamArn, shardId, sequenceNumber) {
      const shards = state?.streamArn === streamArn ? state.shards : {};
      state = { streamArn, shards: { ...shards, [shardId]: sequenceNumber } };
      if (file !== undefined) save(file, state);
    },
  };
}

function load(file: string): z.infer<typeof State> | undefined {
  try {
    return State.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function save(file: string, state: z.infer<typeof State>): void {
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}

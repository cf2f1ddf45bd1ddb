/**
 * Where records that are read newest first lie in the `records` table. Their partition key differs for every
 * record, so writes spread by themselves; the index `byTime` that a list reads would be one hot partition per
 * subject (1,000 write units a second, a full record is 9): it is split in shards, and reads merge them.
 */
const SHARDS = 4;

/** What a read goes through: a partition of the table, or of the index. */
export interface Source {
  index?: string;
  partitionName: 'pk' | 'gsi1pk';
  sortName: 'sk' | 'gsi1sk';
  partition: string;
}

/** Any even spread does: FNV-1a over the id. */
export function shardOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % SHARDS;
}

/** Sorts by time; unique by id. */
export const timeSort = (at: string, id: string) => `${at}#${id}`;

export function partitionSource(partition: string): Source {
  return { partitionName: 'pk', sortName: 'sk', partition };
}

/** All shards of a subject; `shardPartition` names one. */
export function shardedSources(shardPartition: (shard: number) => string): Source[] {
  return Array.from({ length: SHARDS }, (_, shard) => ({
    index: 'byTime',
    partitionName: 'gsi1pk',
    sortName: 'gsi1sk',
    partition: shardPartition(shard),
  }));
}

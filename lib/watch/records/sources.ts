/**
 * Where records that are read newest first lie in the `records` table. One partition per subject would be hot (1,000
 * write units a second, a full record is 9): each is split in shards, and reads merge them. Records whose partition
 * key is something else of theirs are sharded in the index `byTime`.
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

/** All shards of a subject in the table, in order; `shardPartition` names one. */
export const shardedPartitions = (shardPartition: (shard: number) => string): Source[] =>
  Array.from({ length: SHARDS }, (_, shard) => partitionSource(shardPartition(shard)));

/** The same in the index. */
export const shardedSources = (shardPartition: (shard: number) => string): Source[] =>
  shardedPartitions(shardPartition).map(({ partition }) => ({
    index: 'byTime',
    partitionName: 'gsi1pk',
    sortName: 'gsi1sk',
    partition,
  }));

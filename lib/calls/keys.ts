/**
 * Keys of the call log in the `records` table.
 *
 * | asked for            | read from                                        |
 * |----------------------|--------------------------------------------------|
 * | one request          | table: `pk = CALL#{requestId}`                    |
 * | a service, in time   | index `byTime`: `gsi1pk = CALLS#{service}#{shard}`, all shards, merged |
 *
 * The table's key is different for every request, so writes spread by themselves. The index's would be one hot
 * partition per service (1,000 write units a second, a full record is 9): it is split in shards.
 */
export const SHARDS = 4;

const callPartition = (requestId: string) => `CALL#${requestId}`;
const shardPartition = (service: string, shard: number) => `CALLS#${service}#${shard}`;
/** Sorts by time; unique by id. */
const callSort = (at: string, id: string) => `${at}#${id}`;

export const keys = { callPartition, shardPartition, callSort };

/** Any even spread does: FNV-1a over the id. */
export function shardOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % SHARDS;
}

/** What a read goes through: a partition of the table, or of the index. */
export interface Source {
  index?: string;
  partitionName: 'pk' | 'gsi1pk';
  sortName: 'sk' | 'gsi1sk';
  partition: string;
}

export function requestSource(requestId: string): Source {
  return { partitionName: 'pk', sortName: 'sk', partition: callPartition(requestId) };
}

export function serviceSources(service: string): Source[] {
  return Array.from({ length: SHARDS }, (_, shard) => ({
    index: 'byTime',
    partitionName: 'gsi1pk',
    sortName: 'gsi1sk',
    partition: shardPartition(service, shard),
  }));
}

import { partitionSource, shardedSources, timeSort } from '../../watch/records/sources.ts';
import type { Source } from '../../watch/records/sources.ts';

/**
 * Keys of the call log in the `records` table.
 *
 * | asked for            | read from                                        |
 * |----------------------|--------------------------------------------------|
 * | one request          | table: `pk = CALL#{requestId}`                    |
 * | a service, in time   | index `byTime`: `gsi1pk = CALLS#{service}#{shard}`, all shards, merged |
 */
const callPartition = (requestId: string) => `CALL#${requestId}`;
const shardPartition = (service: string, shard: number) => `CALLS#${service}#${shard}`;

export const keys = { callPartition, shardPartition, callSort: timeSort };

export const requestSource = (requestId: string): Source => partitionSource(callPartition(requestId));

export const serviceSources = (service: string): Source[] =>
  shardedSources((shard) => shardPartition(service, shard));

import { shardedPartitions, shardOf, timeSort } from '../../watch/records/sources.ts';
import type { Source } from '../../watch/records/sources.ts';

/**
 * Keys of the call log in the `records` table. No index: a call is one item, and an ordinary one costs one write unit.
 *
 * | asked for            | read from                                                                      |
 * |----------------------|--------------------------------------------------------------------------------|
 * | a service, in time   | `pk = CALLS#{service}#{shard}`, all shards, merged                             |
 * | one request          | the shard that its id falls in, of each service, at the time that its id names |
 */
const partition = (service: string, shard: number) => `CALLS#${service}#${shard}`;

export const callKey = ({ service, requestId, at, id }: CallIdentity) => ({
  pk: partition(service, shardOf(requestId)),
  sk: timeSort(at, id),
});

interface CallIdentity {
  service: string;
  requestId: string;
  at: string;
  id: string;
}

/** @param requestId only calls of this request are looked for */
export function callSources(service: string, requestId?: string): Source[] {
  const all = shardedPartitions((shard) => partition(service, shard));
  return requestId === undefined ? all : all.slice(shardOf(requestId)).slice(0, 1);
}

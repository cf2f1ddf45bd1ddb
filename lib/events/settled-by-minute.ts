import * as z from 'zod';
import type { Documents } from '../vendors/dynamodb/documents.ts';
import { queryItems } from '../vendors/dynamodb/query-items.ts';
import { shardedSources } from '../watch/records/sources.ts';
import { minuteOf } from '../watch/metrics/minute.ts';
import type { Minutes } from '../watch/metrics/minute.ts';
import type { EventType } from './event.ts';
import { dayPartition, INDEX } from './keys.ts';

const Settled = z.object({ at: z.iso.datetime(), service: z.string() });
const SETTLED: EventType = 'transfer.settled';

/** How many transfers settled, by service, then by minute: every settled transfer is an event, whether anybody is told or not. */
export async function settledByMinute(
  { documents, eventsTable }: { documents: Pick<Documents, 'query'>; eventsTable: string },
  { from, to }: Minutes,
): Promise<Map<string, Map<number, number>>> {
  const iso = (at: number) => new Date(at).toISOString();
  const days = [...new Set([iso(from), iso(to - 1)].map((at) => at.slice(0, 10)))];
  const sources = days.flatMap((day) => shardedSources((shard) => dayPartition(day, shard)));
  const found = new Map<string, Map<number, number>>();
  const read = async (partition: string) => {
    const events = queryItems(documents, {
      table: eventsTable,
      index: INDEX,
      where: 'gsi1pk = :pk AND gsi1sk BETWEEN :from AND :to',
      filter: '#type = :settled',
      fields: ['#at', '#service'],
      names: { '#type': 'type', '#at': 'at', '#service': 'service' },
      values: { ':pk': partition, ':from': iso(from), ':to': iso(to), ':settled': SETTLED },
    });
    for await (const item of events) {
      const { success, data } = Settled.safeParse(item);
      if (!success) continue;
      const minutes = found.get(data.service) ?? new Map<number, number>();
      found.set(data.service, minutes);
      const minute = minuteOf(Date.parse(data.at));
      minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
    }
  };
  await Promise.all(sources.map(({ partition }) => read(partition)));
  return found;
}

import * as z from 'zod';
import type { Documents } from '../vendors/dynamodb/documents.ts';
import { queryItems } from '../vendors/dynamodb/query-items.ts';
import { shardedSources } from '../watch/records/sources.ts';
import { minuteOf } from '../watch/metrics/minute.ts';
import type { Minute, Minutes } from '../watch/metrics/minute.ts';
import type { EventType } from './event.ts';
import { dayPartition, INDEX } from './keys.ts';

const Happened = z.object({ at: z.iso.datetime(), service: z.string(), type: z.string() });
const SETTLED: EventType = 'transfer.settled';

export type EventFigures = Pick<Minute, 'events' | 'transfers'>;

/**
 * How many events there were, whether anybody is told of them or not, and how many were of transfers that settled: by service, then
 * by minute.
 */
export async function eventsByMinute(
  { documents, eventsTable }: { documents: Pick<Documents, 'query'>; eventsTable: string },
  { from, to }: Minutes,
): Promise<Map<string, Map<number, EventFigures>>> {
  const iso = (at: number) => new Date(at).toISOString();
  const days = [...new Set([iso(from), iso(to - 1)].map((at) => at.slice(0, 10)))];
  const sources = days.flatMap((day) => shardedSources((shard) => dayPartition(day, shard)));
  const found = new Map<string, Map<number, EventFigures>>();
  const read = async (partition: string) => {
    const events = queryItems(documents, {
      table: eventsTable,
      index: INDEX,
      where: 'gsi1pk = :pk AND gsi1sk BETWEEN :from AND :to',
      fields: ['#at', '#service', '#type'],
      names: { '#type': 'type', '#at': 'at', '#service': 'service' },
      values: { ':pk': partition, ':from': iso(from), ':to': iso(to) },
    });
    for await (const item of events) {
      const { success, data } = Happened.safeParse(item);
      if (!success) continue;
      const minutes = found.get(data.service) ?? new Map<number, EventFigures>();
      found.set(data.service, minutes);
      const minute = minuteOf(Date.parse(data.at));
      const { events: before, transfers } = minutes.get(minute) ?? NONE;
      minutes.set(minute, { events: before + 1, transfers: transfers + (data.type === SETTLED ? 1 : 0) });
    }
  };
  await Promise.all(sources.map(({ partition }) => read(partition)));
  return found;
}

const NONE: EventFigures = { events: 0, transfers: 0 };

/**
 * Roll-ups in the `records` table; docs/builders/monitoring.md.
 *
 * | item                        | pk                     | sk                | kept     |
 * |-----------------------------|------------------------|-------------------|----------|
 * | a minute of a service       | `METRICS#{service}`    | `{minute}`        | 35 days  |
 * | an hour's counts by minute  | `USAGE#{service}`      | `{hour}`, UTC     | 400 days |
 * | how far has been read       | `METRICS`              | `PROGRESS`        |          |
 * | what has been judged        | `METRICS`              | `JUDGED`          |          |
 */
import * as z from 'zod';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { conditionHeld } from '../../vendors/dynamodb/condition-held.ts';
import type { Documents, Item } from '../../vendors/dynamodb/documents.ts';
import { queryItems } from '../../vendors/dynamodb/query-items.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import { MINUTE_MS, seenOf } from './minute.ts';
import type { Minute, Minutes } from './minute.ts';
import type { Progress } from './progress.ts';

const HOUR_MS = 60 * MINUTE_MS;
const DAY_SECONDS = 86_400;
const KEEP_MINUTE_SECONDS = 35 * DAY_SECONDS;
const KEEP_HOUR_SECONDS = 400 * DAY_SECONDS;

const PROGRESS = { pk: 'METRICS', sk: 'PROGRESS' };
const JUDGED = { pk: 'METRICS', sk: 'JUDGED' };
const minutePartition = (service: string) => `METRICS#${service}`;
const hourPartition = (service: string) => `USAGE#${service}`;
const sortOf = (at: number): string => new Date(at).toISOString();

/** What the quotas of a service have counted or refused in a minute. */
export interface MinuteUse {
  minute: number;
  counted: number;
  refused: number;
}

export interface MetricsStore {
  /** What is less than is known changes nothing: readers come late, and several at once. */
  put(minute: Minute): Promise<void>;
  /** Of a service, in order; minutes without anything are none. */
  minutes(service: string, minutes: Minutes): AsyncGenerator<Minute, void, undefined>;
  /** For 400 days, in order. */
  use(service: string, minutes: Minutes): AsyncGenerator<MinuteUse, void, undefined>;
  progress(): Promise<Progress | undefined>;
  keepProgress(progress: Progress): Promise<void>;
  /** @returns whether this is the one that judges the minute: one does, and none that is older than a judged one. */
  claimJudging(minute: number): Promise<boolean>;
}

const StoredMinute = z.object({
  service: z.string(),
  minute: StoredNumber,
  calls: StoredNumber,
  errors: z.record(z.string(), StoredNumber),
  durations: z.string(),
  counted: StoredNumber,
  refused: StoredNumber,
  logins: StoredNumber,
  captchas: StoredNumber,
  captchaHits: StoredNumber,
  transfers: StoredNumber,
  // Minutes from before these were counted have none.
  captchaPoints: StoredNumber.default(0),
  events: StoredNumber.default(0),
});
const StoredProgress = z.object({
  head: StoredNumber,
  gap: z.object({ from: StoredNumber, to: StoredNumber }).optional(),
});

export function createMetricsStore({
  documents,
  table,
}: {
  documents: Documents;
  table: string;
}): MetricsStore {
  /** Before its minute: a minute that is there is in its hour. */
  async function putUse({ service, minute, counted, refused }: Minute): Promise<void> {
    if (counted === 0) return;
    const [names, values] = [namesAt(minute), { ':counted': counted, ':refused': refused }];
    const key = { pk: hourPartition(service), sk: sortOf(hourOf(minute)) };
    const expiresAt = minute / 1_000 + KEEP_HOUR_SECONDS;
    const update = 'SET #counted = :counted, #refused = :refused, expiresAt = :expiresAt';
    await conditionHeld(
      documents.update(table, key, update, {
        condition: 'attribute_not_exists(#counted) OR #counted < :counted',
        names,
        values: { ...values, ':expiresAt': expiresAt },
      }),
    );
  }

  function inTime(partition: string, { from, to }: Minutes) {
    // Both ends of BETWEEN are in it, and it may not be the wrong way round.
    if (to <= from) return NOTHING;
    return queryItems(documents, {
      table,
      where: 'pk = :pk AND sk BETWEEN :from AND :to',
      values: { ':pk': partition, ':from': sortOf(from), ':to': sortOf(to - 1) },
    });
  }

  return {
    async put(minute) {
      await putUse(minute);
      const { service, minute: at } = minute;
      const item = {
        ...minute,
        pk: minutePartition(service),
        sk: sortOf(at),
        seen: seenOf(minute),
        expiresAt: at / 1_000 + KEEP_MINUTE_SECONDS,
      };
      await conditionHeld(
        documents.put(table, item, {
          condition: 'attribute_not_exists(pk) OR seen < :seen',
          values: { ':seen': seenOf(minute) },
        }),
      );
    },

    async *minutes(service, minutes) {
      for await (const item of inTime(minutePartition(service), minutes)) {
        const { success, data } = StoredMinute.safeParse(item);
        if (success) yield data;
      }
    },

    async *use(service, minutes) {
      const hours = { ...minutes, from: hourOf(minutes.from) };
      for await (const item of inTime(hourPartition(service), hours))
        yield* usesIn(item).filter(({ minute }) => minute >= minutes.from && minute < minutes.to);
    },

    async progress() {
      const { data } = StoredProgress.safeParse(await documents.get(table, PROGRESS, { consistent: true }));
      return data && omitUndefined(data);
    },

    keepProgress: (progress) => documents.put(table, { ...PROGRESS, ...progress }),

    claimJudging: (minute) =>
      conditionHeld(
        documents.update(table, JUDGED, 'SET #minute = :minute', {
          condition: 'attribute_not_exists(#minute) OR #minute < :minute',
          names: { '#minute': 'minute' },
          values: { ':minute': minute },
        }),
      ),
  };
}

const NOTHING: AsyncIterable<Item> = (async function* () {})();
const hourOf = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

/** Attributes of an hour: `c05` and `r05` are those of its sixth minute. */
function namesAt(minute: number): { '#counted': string; '#refused': string } {
  const of = String((minute - hourOf(minute)) / MINUTE_MS).padStart(2, '0');
  return { '#counted': `c${of}`, '#refused': `r${of}` };
}

function usesIn(item: Item): MinuteUse[] {
  const hour = Date.parse(String(item['sk']));
  return Array.from({ length: 60 }, (_, index) => hour + index * MINUTE_MS).flatMap((minute) => {
    const names = namesAt(minute);
    const counted = StoredNumber.safeParse(item[names['#counted']]).data;
    const refused = StoredNumber.safeParse(item[names['#refused']]).data ?? 0;
    return counted === undefined ? [] : [{ minute, counted, refused }];
  });
}

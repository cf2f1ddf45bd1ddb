/** What settled in a book for one service, to be held against the service's own list. */
import * as z from 'zod';
import { queryItems } from '../../vendors/dynamodb/query-items.ts';
import type { Clock } from '../../runtime/clock.ts';
import { readEntry } from '../items.ts';
import type { EntryRow } from '../items.ts';
import { HOUSE_INDEX } from '../keys.ts';
import type { BalanceId } from '../keys.ts';
import { houseShards } from './settled-rows.ts';
import type { JournalStore } from './page.ts';

/** The shard that is being read, and how far. */
export const ListingPosition = z.object({ shard: z.string(), after: z.string() });
export type ListingPosition = z.output<typeof ListingPosition>;

export interface ListingQuery {
  book: string;
  service: string;
  /** ISO times of `settledAt`: the first inclusive, the second not. */
  from: string;
  to: string;
  limit: number;
  position?: ListingPosition;
  /** Milliseconds since the epoch: what is found by then is answered. */
  deadlineAt: number;
}

export interface Listing {
  items: EntryRow[];
  position?: ListingPosition;
}

/** How many rows of a shard are read at a time. */
const CHUNK = 1_000;

/** House shard by house shard, in each by time. @throws `INTERNAL`, naming a row that cannot be read. */
export async function settledOf(
  store: JournalStore & { clock: Clock },
  { service, from, to, position, ...query }: ListingQuery,
): Promise<Listing> {
  const items: EntryRow[] = [];
  if (from >= to) return { items };
  const shards = (await houseShards(store, query.book)).toSorted();
  for (const shard of shards) {
    if (position && shard < position.shard) continue;
    const after = shard === position?.shard ? position.after : from;
    for await (const item of linesBetween(store, shard, after, to)) {
      const { gsi1sk } = item;
      if (gsi1sk === after) continue;
      const row = readEntry(item);
      if (row.service === service) items.push(row);
      if (items.length >= query.limit || store.clock.now() >= query.deadlineAt)
        return { items, position: { shard, after: row.gsi1sk } };
    }
  }
  return { items };
}

/** A sort key begins with its time and goes on: `to` itself lies before all of that moment. */
const linesBetween = ({ documents, table }: JournalStore, shard: BalanceId, after: string, to: string) =>
  queryItems(documents, {
    table,
    index: HOUSE_INDEX,
    where: 'gsi2pk = :shard AND gsi1sk BETWEEN :after AND :to',
    values: { ':shard': shard, ':after': after, ':to': to },
    limit: CHUNK,
  });

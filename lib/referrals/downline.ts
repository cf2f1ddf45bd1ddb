import * as z from 'zod';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { invalid } from './uid.ts';
import type { Uid } from './uid.ts';
import {
  downlinePartition,
  personKey,
  readDownlineSort,
  rosterPartition,
  rosterPlace,
  ROSTER_SHARDS,
} from './keys.ts';
import type { Generation } from './keys.ts';

export interface DownlinePage {
  count: number;
  items: { uid: Uid; generation: Generation; nickname: string | null }[];
  cursor?: string;
}

const DownlineCursor = z.strictObject({ after: z.string().regex(/^[123]#\d{16}$/), count: z.int().min(0) });
const RosterCursor = z.strictObject({
  shard: z
    .int()
    .min(0)
    .max(ROSTER_SHARDS - 1),
  uid: z.int().min(0),
});

/** Lists that pages are read of. Keys only, one query each; nothing is scanned. */
export interface Listings {
  downline(uid: Uid, level: 1 | 3, limit: number, cursor?: string): Promise<DownlinePage>;
  /** Everybody, users and placeholders, in an order of its own. `next` of each: where to go on after it. */
  everybody(limit: number, cursor?: string): Promise<{ people: { uid: Uid; next: string }[]; end: boolean }>;
}

export function createListings(documents: Documents, table: string): Listings {
  /** One page of sort keys of a partition. */
  async function page(pk: string, prefix: string, limit: number | undefined, after: string | undefined) {
    return documents.query({
      table,
      where: prefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
      values: { ':pk': pk, ...(prefix === '' ? {} : { ':prefix': prefix }) },
      consistent: true,
      ...(limit === undefined ? {} : { limit }),
      ...(after === undefined ? {} : { startKey: { pk, sk: after } }),
    });
  }

  async function count(pk: string, prefix: string): Promise<number> {
    let total = 0;
    let after: string | undefined;
    do {
      const { items, lastKey } = await page(pk, prefix, undefined, after);
      total += items.length;
      after = lastKey && String(lastKey['sk']);
    } while (after !== undefined);
    return total;
  }

  async function nicknamesOf(uids: readonly Uid[]): Promise<Map<Uid, string>> {
    const items = uids.length === 0 ? [] : await documents.batchGet(table, uids.map(personKey));
    return new Map(items.flatMap((item): [Uid, string][] => named(item)));
  }

  return {
    async downline(uid, level, limit, cursor) {
      const from = cursor === undefined ? undefined : decode(DownlineCursor, cursor);
      const pk = downlinePartition(uid);
      const prefix = level === 1 ? '1#' : '';
      const { items, lastKey } = await page(pk, prefix, limit, from?.after);
      const places = items.flatMap((item) => readDownlineSort(item['sk']) ?? []);
      const total = from?.count ?? (lastKey ? await count(pk, prefix) : places.length);
      const nicknames = await nicknamesOf(places.map((place) => place.uid));
      return {
        count: total,
        items: places.map((place) => ({ ...place, nickname: nicknames.get(place.uid) ?? null })),
        ...(lastKey ? { cursor: encode({ after: String(lastKey['sk']), count: total }) } : {}),
      };
    },

    async everybody(limit, cursor) {
      const from = cursor === undefined ? { shard: 0, uid: 0 } : decode(RosterCursor, cursor);
      const people: { uid: Uid; next: string }[] = [];
      let after: string | undefined = rosterPlace(from.shard, from.uid)['sk'];
      for (let shard = from.shard; shard < ROSTER_SHARDS; shard++, after = undefined) {
        const left = limit - people.length;
        const { items, lastKey } = await page(rosterPartition(shard), '', left, after);
        for (const item of items) {
          const uid = Number(item['sk']);
          people.push({ uid, next: encode({ shard, uid }) });
        }
        if (lastKey || people.length === limit) return { people, end: false };
      }
      return { people, end: true };
    },
  };
}

function named(item: Item): [Uid, string][] {
  const { uid, nickname } = item;
  return typeof nickname === 'string' ? [[Number(uid), nickname]] : [];
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function decode<T extends z.ZodType>(schema: T, cursor: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw invalid('cursor', 'is none of ours');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid('cursor', 'is none of ours');
  return parsed.data;
}

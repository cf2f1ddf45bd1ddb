import type { UserId } from '../text/user-id.ts';
import type { Documents, Item, QueryInput } from '../vendors/dynamodb/documents.ts';
import { readPages } from '../vendors/dynamodb/query-items.ts';
import type { Cursors } from '../text/cursors.ts';
import { DownlinePosition, RosterPosition } from './cursor.ts';
import { keysOf, readDownlineSort, ROSTER_SHARDS } from './keys.ts';
import type { Generation } from './keys.ts';

export interface DownlinePage {
  count: number;
  items: { uid: UserId; generation: Generation; nickname: string | null }[];
  cursor?: string;
}

/** Lists read in pages, of one service. Keys only, one query each; no scan. */
export interface Listings {
  downline(uid: UserId, level: 1 | 3, limit: number, cursor?: string): Promise<DownlinePage>;
  /**
   * Every person, users and placeholders, in the order of shards and ids. `end`: no page follows.
   */
  roster(limit: number, cursor?: string): Promise<{ entries: RosterEntry[]; end: boolean }>;
  /** The cursor that goes on after an entry of the roster. */
  rosterCursor(entry: RosterEntry): Promise<string>;
}

export interface RosterEntry {
  uid: UserId;
  position: RosterPosition;
}

export interface ListingsOptions {
  documents: Documents;
  /** The `users` table. */
  table: string;
  cursors: Cursors;
}

export function createListings(service: string, { documents, table, cursors }: ListingsOptions): Listings {
  const keys = keysOf(service);
  const rosterCursors = cursors.of(`users ${service}`, RosterPosition);

  /** A partition's rows whose sort key begins with `prefix`. */
  const rowsOf = (pk: string, prefix: string): QueryInput => ({
    table,
    where: prefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
    values: { ':pk': pk, ...(prefix === '' ? {} : { ':prefix': prefix }) },
    consistent: true,
  });

  async function page(pk: string, prefix: string, limit: number, after: string | undefined) {
    const startKey = after === undefined ? {} : { startKey: { pk, sk: after } };
    return documents.query({ ...rowsOf(pk, prefix), limit, ...startKey });
  }

  async function countRows(pk: string, prefix: string): Promise<number> {
    let total = 0;
    for await (const items of readPages((input) => documents.query(input), rowsOf(pk, prefix)))
      total += items.length;
    return total;
  }

  async function nicknamesOf(uids: readonly UserId[]): Promise<Map<UserId, string>> {
    const items = uids.length === 0 ? [] : await documents.batchGet(table, uids.map(keys.person));
    return new Map(items.flatMap((item): [UserId, string][] => nicknameIn(item)));
  }

  return {
    async downline(uid, level, limit, cursor) {
      const pageCursors = cursors.of(`downline ${service} ${uid} ${level}`, DownlinePosition);
      const from = cursor === undefined ? undefined : await pageCursors.read(cursor);
      const pk = keys.downlinePartition(uid);
      const prefix = level === 1 ? '1#' : '';
      const { items, lastKey } = await page(pk, prefix, limit, from?.after);
      const entries = items.flatMap((item) => readDownlineSort(item['sk']) ?? []);
      const count = from?.count ?? (lastKey ? await countRows(pk, prefix) : entries.length);
      const nicknames = await nicknamesOf(entries.map((entry) => entry.uid));
      return {
        count,
        items: entries.map((entry) => ({ ...entry, nickname: nicknames.get(entry.uid) ?? null })),
        ...(lastKey ? { cursor: await pageCursors.write({ after: String(lastKey['sk']), count }) } : {}),
      };
    },

    async roster(limit, cursor) {
      const from = cursor === undefined ? undefined : await rosterCursors.read(cursor);
      const entries: RosterEntry[] = [];
      let after = from?.after;
      for (let shard = from?.shard ?? 0; shard < ROSTER_SHARDS; shard++, after = undefined) {
        const left = limit - entries.length;
        const { items, lastKey } = await page(keys.rosterPartition(shard), '', left, after);
        for (const { sk } of items) {
          entries.push({ uid: Number(sk), position: { shard, after: String(sk) } });
        }
        if (lastKey || entries.length === limit) return { entries, end: false };
      }
      return { entries, end: true };
    },

    rosterCursor: ({ position }) => rosterCursors.write(position),
  };
}

function nicknameIn(item: Item): [UserId, string][] {
  const { uid, nickname } = item;
  return typeof nickname === 'string' ? [[Number(uid), nickname]] : [];
}

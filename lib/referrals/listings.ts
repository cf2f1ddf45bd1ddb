import type { UserId } from '../text/user-id.ts';
import type { Documents, Item, QueryInput } from '../vendors/dynamodb/documents.ts';
import { readPages } from '../vendors/dynamodb/query-items.ts';
import { decodeCursor, DownlineCursor, encodeCursor, RosterCursor } from './cursor.ts';
import { readDownlineSort, ROSTER_SHARDS } from './keys.ts';
import type { Generation, Keys } from './keys.ts';

export interface DownlinePage {
  count: number;
  items: { uid: UserId; generation: Generation; nickname: string | null }[];
  cursor?: string;
}

/** Lists read in pages, of one service. Keys only, one query each; no scan. */
export interface Listings {
  downline(uid: UserId, level: 1 | 3, limit: number, cursor?: string): Promise<DownlinePage>;
  /**
   * Every person, users and placeholders, in the order of shards and ids. `next` of an entry: the cursor that goes
   * on after it. `end`: no page follows.
   */
  roster(limit: number, cursor?: string): Promise<{ entries: { uid: UserId; next: string }[]; end: boolean }>;
}

export function createListings(documents: Documents, table: string, keys: Keys): Listings {
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
    for await (const items of readPages(documents.query, rowsOf(pk, prefix))) total += items.length;
    return total;
  }

  async function nicknamesOf(uids: readonly UserId[]): Promise<Map<UserId, string>> {
    const items = uids.length === 0 ? [] : await documents.batchGet(table, uids.map(keys.person));
    return new Map(items.flatMap((item): [UserId, string][] => nicknameIn(item)));
  }

  return {
    async downline(uid, level, limit, cursor) {
      const from = cursor === undefined ? undefined : decodeCursor(DownlineCursor, cursor);
      const pk = keys.downlinePartition(uid);
      const prefix = level === 1 ? '1#' : '';
      const { items, lastKey } = await page(pk, prefix, limit, from?.after);
      const entries = items.flatMap((item) => readDownlineSort(item['sk']) ?? []);
      const count = from?.count ?? (lastKey ? await countRows(pk, prefix) : entries.length);
      const nicknames = await nicknamesOf(entries.map((entry) => entry.uid));
      return {
        count,
        items: entries.map((entry) => ({ ...entry, nickname: nicknames.get(entry.uid) ?? null })),
        ...(lastKey ? { cursor: encodeCursor({ after: String(lastKey['sk']), count }) } : {}),
      };
    },

    async roster(limit, cursor) {
      const from = cursor === undefined ? undefined : decodeCursor(RosterCursor, cursor);
      const entries: { uid: UserId; next: string }[] = [];
      let after = from?.after;
      for (let shard = from?.shard ?? 0; shard < ROSTER_SHARDS; shard++, after = undefined) {
        const left = limit - entries.length;
        const { items, lastKey } = await page(keys.rosterPartition(shard), '', left, after);
        for (const { sk } of items) {
          entries.push({ uid: Number(sk), next: encodeCursor({ shard, after: String(sk) }) });
        }
        if (lastKey || entries.length === limit) return { entries, end: false };
      }
      return { entries, end: true };
    },
  };
}

function nicknameIn(item: Item): [UserId, string][] {
  const { uid, nickname } = item;
  return typeof nickname === 'string' ? [[Number(uid), nickname]] : [];
}

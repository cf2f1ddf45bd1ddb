/** Reads many balances at once. */
import { isDeepStrictEqual } from 'node:util';
import { TransactionCancelled } from '../vendors/dynamodb/documents.ts';
import type { Item, ScanInput } from '../vendors/dynamodb/documents.ts';
import { queryAll, readPages } from '../vendors/dynamodb/query-items.ts';
import { isGatewayError } from '../runtime/errors.ts';
import { bookNameOf } from './account-id.ts';
import type { AccountId } from './account-id.ts';
import { sum } from './accounts.ts';
import type { AccountDeps } from './accounts.ts';
import { backOff, patiently } from './contention.ts';
import type { Patience } from './contention.ts';
import { readBalance } from './items.ts';
import { INDEX, accountOf, allShards, balanceIdOf, balanceKey, bookPartition } from './keys.ts';
import type { BalanceId } from './keys.ts';
import type { Account } from './ledger.ts';

/** DynamoDB's own bound on a snapshot, and on what one request reads. */
export const AT_ONCE = 100;
/** Requests at a time. */
const CONCURRENCY = 8;
/** How often a snapshot is tried while transactions are in its way. */
const SNAPSHOT_TRIES = 3;
/** How often balances are read after that, in search of two readings that agree. */
const PASSES = 5;

/** Rows of balances, as they are stored. */
export interface Reading {
  items: Item[];
  /** They are of one moment. Otherwise each is right, but some moved while others were read. */
  consistent: boolean;
}

/**
 * Balances of one moment. Up to 100 are a snapshot; transactions that are in its way only delay it for a while. Then, and
 * where there are more, they are read in passes until two in a row agree: entries are only ever counted up, so what did
 * not change between its two readings stood still, and all did between the passes.
 */
export async function readTogether(
  deps: AccountDeps,
  ids: BalanceId[],
  patience: Patience,
): Promise<Reading> {
  if (ids.length === 0) return { items: [], consistent: true };
  const snapshot = ids.length <= AT_ONCE ? await trySnapshot(deps, ids, patience) : undefined;
  if (snapshot) return { items: snapshot, consistent: true };
  let last = await readAll(deps, ids, patience);
  for (let passes = 2; passes <= PASSES; passes++) {
    const next = await readAll(deps, ids, patience);
    if (isSame(last, next)) return { items: next, consistent: true };
    last = next;
  }
  return { items: last, consistent: false };
}

async function trySnapshot(
  { documents, table }: AccountDeps,
  ids: BalanceId[],
  patience: Patience,
): Promise<Item[] | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      const items = await documents.transactGet(table, ids.map(balanceKey));
      return items.filter((item): item is Item => item !== undefined);
    } catch (error) {
      const isCancelled = error instanceof TransactionCancelled;
      if (!isCancelled && !isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
      // A snapshot that DynamoDB will never give is not asked for again.
      if (tries >= SNAPSHOT_TRIES || (isCancelled && error.fault !== undefined)) return undefined;
      await backOff(patience, tries, error);
    }
  }
}

/** Each as it is when it is read. */
export async function readAll(
  { documents, table }: AccountDeps,
  ids: BalanceId[],
  patience: Patience,
): Promise<Item[]> {
  const keys = ids.map(balanceKey);
  const read = (from: number) =>
    patiently(patience, () =>
      documents.batchGet(table, keys.slice(from, from + AT_ONCE), { consistent: true }),
    );
  const items: Item[] = [];
  for (let at = 0; at < keys.length; at += AT_ONCE * CONCURRENCY) {
    const starts = Array.from({ length: CONCURRENCY }, (_, index) => at + index * AT_ONCE);
    const found = await Promise.all(starts.filter((start) => start < keys.length).map(read));
    items.push(...found.flat());
  }
  return items;
}

/** No balance has moved from one reading to the other. */
export function isSame(a: Item[], b: Item[]): boolean {
  const counts = (items: Item[]) => new Map(items.map(({ pk, entries }) => [pk, entries]));
  return isDeepStrictEqual(counts(a), counts(b));
}

/**
 * A house from all the shards it could ever have had, of one moment where there is one to be had; `undefined` when nothing
 * ever moved through it. Where it never stands still each shard is right, and so is their sum but for what moved meanwhile.
 */
export async function readHouse(
  deps: AccountDeps,
  house: AccountId,
  patience: Patience,
): Promise<Account | undefined> {
  const { items } = await readTogether(deps, allShards(house), patience);
  return sum(house, items.map(readBalance));
}

/** The currency of the first balance of a book: all of them have it. */
export async function bookCurrency(
  { documents, table }: AccountDeps,
  book: string,
): Promise<string | undefined> {
  const { items } = await documents.query({ ...listing(table, book), limit: 1 });
  const id = items[0]?.['gsi1sk'];
  if (typeof id !== 'string') return undefined;
  const item = await documents.get(table, balanceKey(id), { consistent: true });
  return item && readBalance(item).currency;
}

/** Of a book, as its index lists them: a new one a moment after its first transfer. */
export async function listedBalances({ documents, table }: AccountDeps, book: string): Promise<BalanceId[]> {
  const items = await queryAll(documents, listing(table, book));
  return items.map((item) => String(item['gsi1sk']));
}

/** Likewise, all there are: reads the whole table. */
export async function everyBalance({ documents, table }: AccountDeps, book: string): Promise<BalanceId[]> {
  const ids: BalanceId[] = [];
  const pages = readPages((input: ScanInput) => documents.scan(input), {
    table,
    filter: 'sk = :balance',
    values: { ':balance': 'BALANCE' },
    consistent: true,
  });
  for await (const items of pages) ids.push(...items.flatMap(({ pk }) => balanceIdOf(String(pk)) ?? []));
  return ids.filter((id) => bookNameOf(accountOf(id)) === book);
}

const listing = (table: string, book: string) => ({
  table,
  index: INDEX,
  where: 'gsi1pk = :book',
  values: { ':book': bookPartition(book) },
});

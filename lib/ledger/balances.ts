/** All balances of a book as they were at one moment. */
import type { Item } from '../vendors/dynamodb/documents.ts';
import { queryAll } from '../vendors/dynamodb/query-items.ts';
import type { AccountDeps } from './accounts.ts';
import { patiently } from './contention.ts';
import type { Patience } from './contention.ts';
import { readBalance } from './items.ts';
import type { Balance } from './items.ts';
import { INDEX, balanceKey, bookPartition } from './keys.ts';
import type { BalanceId } from './keys.ts';

/** DynamoDB's own bound on a snapshot. */
const SNAPSHOT = 100;
/** How often balances are read in search of a pause, where there are more. */
const PASSES = 5;

export interface Balances {
  balances: Balance[];
  /** Balance ids of rows that cannot be read. */
  corrupt: BalanceId[];
  /** They are of one moment. */
  consistent: boolean;
}

/**
 * Up to 100 in one transaction. More are read in passes, until two in a row agree: entries are only ever counted
 * up, so what did not change between its two readings is what it was in between, and that is one moment for all.
 */
export async function allBalances(deps: AccountDeps, book: string, patience: Patience): Promise<Balances> {
  const ids = await balanceIds(deps, book);
  const keys = ids.map(balanceKey);
  if (ids.length <= SNAPSHOT) {
    const items =
      ids.length === 0 ? [] : await patiently(patience, () => deps.documents.transactGet(deps.table, keys));
    return { ...parsed(items), consistent: true };
  }
  const pass = () =>
    patiently(patience, async () =>
      parsed(await deps.documents.batchGet(deps.table, keys, { consistent: true })),
    );
  let last = await pass();
  for (let passes = 2; passes <= PASSES; passes++) {
    const next = await pass();
    if (sameBalances(last.balances, next.balances)) return { ...next, consistent: true };
    last = next;
  }
  return { ...last, consistent: false };
}

export function sameBalances(a: Balance[], b: Balance[]): boolean {
  const known = new Map(a.map(({ balanceId, entries }) => [balanceId, entries]));
  return a.length === b.length && b.every(({ balanceId, entries }) => known.get(balanceId) === entries);
}

/** The currency of the first balance of a book: all of them have it. */
export async function bookCurrency(
  { documents, table }: AccountDeps,
  book: string,
): Promise<string | undefined> {
  const { items } = await documents.query({
    table,
    index: INDEX,
    where: 'gsi1pk = :book',
    values: { ':book': bookPartition(book) },
    limit: 1,
  });
  const id = items[0]?.['gsi1sk'];
  if (typeof id !== 'string') return undefined;
  const item = await documents.get(table, balanceKey(id), { consistent: true });
  return item && readBalance(item).currency;
}

async function balanceIds({ documents, table }: AccountDeps, book: string): Promise<BalanceId[]> {
  const items = await queryAll(documents, {
    table,
    index: INDEX,
    where: 'gsi1pk = :book',
    values: { ':book': bookPartition(book) },
  });
  return items.map((item) => String(item['gsi1sk']));
}

function parsed(items: (Item | undefined)[]): Omit<Balances, 'consistent'> {
  const found: Omit<Balances, 'consistent'> = { balances: [], corrupt: [] };
  for (const item of items) {
    if (item === undefined) continue;
    try {
      found.balances.push(readBalance(item));
    } catch {
      found.corrupt.push(String(item['gsi1sk']));
    }
  }
  return found;
}

/**
 * Does a book add up? Sum zero, one currency, no user below zero and, looked at deeply, each balance the sum of its
 * transfers.
 */
import type { Units } from './decimal.ts';
import type { Clock } from '../runtime/clock.ts';
import { sum } from './accounts.ts';
import type { AccountDeps } from './accounts.ts';
import { allBalances, sameBalances } from './balances.ts';
import type { Balances } from './balances.ts';
import type { Patience } from './contention.ts';
import type { Balance } from './items.ts';
import { settledTransfers } from './journal-scan.ts';
import { isHouse } from './account-id.ts';
import { accountOf } from './keys.ts';
import type { Account, TrialBalance } from './ledger.ts';
import { signed } from './statement.ts';

/** The index lists a new account a moment after its first transfer; until then the sum is off by it. */
const LOOKS = 6;
const LOOK_AGAIN_MS = 100;
const MAX_NAMED = 100;

type Violation = TrialBalance['violations'][number];

export async function trialBalance(
  deps: AccountDeps & { clock: Clock },
  { book, deep, patience }: { book: string; deep: boolean; patience: () => Patience },
): Promise<TrialBalance> {
  const { clock } = deps;
  const read = () => readOnce(deps, book, deep, patience);
  let reading = await read();
  for (let readings = 1; readings < LOOKS && !isBalanced(reading); readings++) {
    await clock.sleep(LOOK_AGAIN_MS);
    reading = await read();
  }
  const users = reading.accounts.filter(({ accountId }) => !isHouse(accountId));
  const currency = reading.accounts[0]?.currency;
  return {
    book,
    ...(currency === undefined ? {} : { currency }),
    total: reading.total,
    accounts: reading.accounts.length,
    users: users.length,
    userTotal: users.reduce((total, { balance }) => total + balance, 0n),
    houses: reading.accounts
      .filter(({ accountId }) => isHouse(accountId))
      .map(({ accountId, balance }) => ({ accountId, balance })),
    consistent: reading.consistent,
    violations: reading.violations.slice(0, MAX_NAMED),
    ...(reading.transfers === undefined ? {} : { transfers: reading.transfers }),
    balanced: isBalanced(reading),
    checkedAt: new Date(clock.now()).toISOString(),
  };
}

interface Reading {
  total: Units;
  accounts: Account[];
  consistent: boolean;
  violations: Violation[];
  transfers?: number;
}

const isBalanced = (reading: Reading) =>
  reading.total === 0n && reading.consistent && reading.violations.length === 0;

async function readOnce(
  deps: AccountDeps,
  book: string,
  deep: boolean,
  patience: () => Patience,
): Promise<Reading> {
  const found = await allBalances(deps, book, patience());
  const accounts = byAccount(found.balances);
  const reading: Reading = {
    total: accounts.reduce((total, { balance }) => total + balance, 0n),
    accounts,
    consistent: found.consistent,
    violations: [...unreadable(found), ...otherCurrency(found.balances), ...belowZero(accounts)],
  };
  return deep ? { ...reading, ...(await againstTransfers(deps, book, reading, found, patience)) } : reading;
}

function byAccount(balances: Balance[]): Account[] {
  const groups = Map.groupBy(balances, ({ balanceId }) => accountOf(balanceId));
  return [...groups].flatMap(([accountId, parts]) => sum(accountId, parts) ?? []);
}

const unreadable = ({ corrupt }: Balances): Violation[] =>
  corrupt.map((balanceId) => ({ accountId: balanceId, problem: 'its row cannot be read' }));

/** The first account's is the book's: nothing is posted that would make a second one. */
const otherCurrency = (balances: Balance[]): Violation[] =>
  balances
    .filter(({ currency }) => currency !== balances[0]?.currency)
    .map(({ balanceId, currency }) => ({ accountId: accountOf(balanceId), problem: `holds ${currency}` }));

const belowZero = (accounts: Account[]): Violation[] =>
  accounts
    .filter(({ accountId, balance }) => !isHouse(accountId) && balance < 0n)
    .map(({ accountId }) => ({ accountId, problem: 'is below zero' }));

/** Holds only if nothing settled while the journal was read: the balances are read once more after it. */
async function againstTransfers(
  deps: AccountDeps,
  book: string,
  reading: Reading,
  before: Balances,
  patience: () => Patience,
): Promise<Partial<Reading>> {
  const violations = [...reading.violations];
  const sums = new Map<string, { balance: Units; entries: number }>();
  let transfers = 0;
  const onCorrupt = (row: string) =>
    void violations.push({ accountId: row, problem: 'the row of this transfer cannot be read' });
  // Of a row that cannot be read nobody knows the book: each book's audit names it.
  for await (const transfer of settledTransfers(deps, { onCorrupt })) {
    if (transfer.book !== book) continue;
    transfers += 1;
    for (const account of [transfer.from, transfer.to]) {
      const { balance, entries } = sums.get(account) ?? { balance: 0n, entries: 0 };
      sums.set(account, { balance: balance + signed(account, transfer), entries: entries + 1 });
    }
  }
  const after = await allBalances(deps, book, patience());
  if (!before.consistent || !after.consistent || !sameBalances(before.balances, after.balances)) {
    return { transfers, consistent: false, violations };
  }
  return { transfers, violations: [...violations, ...differences(reading.accounts, sums)] };
}

function differences(
  accounts: Account[],
  sums: Map<string, { balance: Units; entries: number }>,
): Violation[] {
  const found: Violation[] = [];
  for (const { accountId, balance, entries } of accounts) {
    const own = sums.get(accountId) ?? { balance: 0n, entries: 0 };
    if (own.balance !== balance)
      found.push({ accountId, problem: 'its balance is not the sum of its transfers' });
    if (own.entries !== entries)
      found.push({ accountId, problem: 'it has not as many transfers as it counted' });
    sums.delete(accountId);
  }
  for (const accountId of sums.keys()) found.push({ accountId, problem: 'has transfers, but no balance' });
  return found;
}

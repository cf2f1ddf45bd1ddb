/** Are the balances of a book, as they were at a moment, the sum of its transfers up to then? */
import type { AccountDeps } from './accounts.ts';
import type { Units } from './decimal.ts';
import { settledTransfers } from './journal-scan.ts';
import type { SettledTransfer } from './journal-scan.ts';
import { isHouse } from './account-id.ts';
import { entrySort, idText } from './keys.ts';
import type { Account, TrialBalance } from './ledger.ts';
import { signed } from './statement.ts';

/** How far the clocks of those who settle may be apart, milliseconds. */
const CLOCKS_APART_MS = 60_000;

export interface JournalAudit {
  transfers: number;
  violations: TrialBalance['violations'];
  /** What settled during the audit could not be told from what settled before: nothing is said of these accounts. */
  unsure: string[];
  /** What was left out, as `{service}#{transactionId}`. */
  leftOut: string[];
}

interface Sum {
  balance: Units;
  entries: number;
  /** Of a user: what may have settled after the moment. */
  recent: SettledTransfer[];
}

/**
 * @param accounts as they were at one moment, before this is called. The journal is read from then on, while more
 *   settles. A user's transfers beyond the `entries` of that moment are the newest ones: they are left out, for the user and
 *   for the house.
 * @param readAt when the reading of the accounts began, milliseconds since the epoch.
 * @param known what was seen before that: it is not left out again.
 */
export async function auditJournal(
  deps: AccountDeps,
  book: string,
  accounts: Account[],
  { readAt, known }: { readAt: number; known: ReadonlySet<string> },
): Promise<JournalAudit> {
  const violations: JournalAudit['violations'] = [];
  const onCorrupt = (row: string) =>
    void violations.push({ accountId: row, problem: 'the row of this transfer cannot be read' });
  const since = new Date(readAt - CLOCKS_APART_MS).toISOString();
  const sums = new Map<string, Sum>();
  let transfers = 0;
  // Of a row that cannot be read nobody knows the book: each book's audit names it.
  for await (const transfer of settledTransfers(deps, onCorrupt)) {
    if (transfer.book !== book) continue;
    transfers += 1;
    for (const account of [transfer.from, transfer.to]) {
      const sum = sums.get(account) ?? { balance: 0n, entries: 0, recent: [] };
      sums.set(account, sum);
      sum.balance += signed(account, transfer);
      sum.entries += 1;
      const mayBeLater = transfer.settledAt >= since && !known.has(idText(transfer));
      if (mayBeLater && !isHouse(account)) sum.recent.push(transfer);
    }
  }
  const entries = new Map<string, number>(accounts.map((account) => [account.accountId, account.entries]));
  const later = [...sums].flatMap(([account, sum]) => laterThan(entries.get(account) ?? 0, sum));
  for (const transfer of later) leaveOut(sums, transfer);
  const found = differences(accounts, sums);
  const unsure = unsureOf(later, found);
  violations.push(...found.filter(({ accountId }) => !unsure.has(accountId)));
  const leftOut = later.map(idText);
  return { transfers: transfers - later.length, violations, unsure: [...unsure], leftOut };
}

/** A user that does not add up without what was left out, and the houses of that. */
function unsureOf(later: SettledTransfer[], found: JournalAudit['violations']): Set<string> {
  const wrong = new Set(found.map(({ accountId }) => accountId));
  const userOf = ({ from, to }: SettledTransfer) => (isHouse(from) ? to : from);
  const doubtful = later.filter((transfer) => wrong.has(userOf(transfer)));
  return new Set(doubtful.flatMap(({ from, to }) => [from, to]));
}

/** The newest beyond so many. None where they are not recent: then something else is wrong. */
function laterThan(entries: number, { entries: seen, recent }: Sum): SettledTransfer[] {
  const surplus = seen - entries;
  if (surplus <= 0 || surplus > recent.length) return [];
  const sortOf = (transfer: SettledTransfer) => entrySort(transfer.settledAt, transfer);
  return recent.toSorted((a, b) => (sortOf(a) < sortOf(b) ? -1 : 1)).slice(-surplus);
}

function leaveOut(sums: Map<string, Sum>, transfer: SettledTransfer): void {
  for (const account of [transfer.from, transfer.to]) {
    const sum = sums.get(account)!;
    sum.balance -= signed(account, transfer);
    sum.entries -= 1;
  }
}

function differences(accounts: Account[], sums: Map<string, Sum>): JournalAudit['violations'] {
  const found: JournalAudit['violations'] = [];
  for (const { accountId, balance, entries } of accounts) {
    const own = sums.get(accountId) ?? { balance: 0n, entries: 0 };
    if (own.balance !== balance)
      found.push({ accountId, problem: 'its balance is not the sum of its transfers' });
    if (own.entries !== entries)
      found.push({ accountId, problem: 'it has not as many transfers as it counted' });
    sums.delete(accountId);
  }
  for (const [accountId, { entries }] of sums)
    if (entries > 0) found.push({ accountId, problem: 'has transfers, but no balance' });
  return found;
}

/**
 * Does a book add up? Sum zero, one currency, no user below zero and, looked at deeply, each balance the sum of its
 * transfers. What cannot be seen is not known; only what was seen to be wrong is called unbalanced.
 */
import type { Clock } from '../runtime/clock.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import { sum } from './accounts.ts';
import type { AccountDeps } from './accounts.ts';
import { everyBalance, listedBalances } from './balances.ts';
import type { Patience } from './contention.ts';
import { readCut, sumOf } from './cut.ts';
import type { Cut } from './cut.ts';
import type { Units } from './decimal.ts';
import type { Balance } from './items.ts';
import { auditJournal } from './journal-audit.ts';
import { isHouse } from './account-id.ts';
import { accountOf } from './keys.ts';
import type { BalanceId } from './keys.ts';
import type { Account, TrialBalance } from './ledger.ts';

/** The index lists a new account a moment after its first transfer; until then its entries are missing. */
const LOOKS = 6;
const LOOK_AGAIN_MS = 100;
const MAX_NAMED = 100;
const MISCOUNTED = 'its users and its houses have not counted the same transfers';

type Violation = TrialBalance['violations'][number];
type Deps = AccountDeps & { clock: Clock };

export async function trialBalance(
  deps: Deps,
  { book, deep, patience }: { book: string; deep: boolean; patience: Patience },
): Promise<TrialBalance> {
  const { clock } = deps;
  /** What one look has left out as too new cannot be too new for the next one. */
  const known = new Set<string>();
  const plan = { book, deep, patience, known };
  const listed = async () => look(deps, await listedBalances(deps, book), plan);
  let found = await listed();
  for (let looks = 1; looks < LOOKS && found.isIncomplete; looks++) {
    await clock.sleep(LOOK_AGAIN_MS);
    found = await listed();
  }
  // Not a moment any more: the index does not know an account, or somebody has changed a count.
  if (found.isMissing) found = await lookAtAll(deps, plan);
  const { accounts, total, consistent, transfers, violations } = found;
  const users = accounts.filter(({ accountId }) => !isHouse(accountId));
  const houses = accounts.filter(({ accountId }) => isHouse(accountId));
  return omitUndefined({
    book,
    currency: accounts[0]?.currency,
    total,
    accounts: accounts.length,
    users: users.length,
    userTotal: sumOf(users),
    houses: houses.map(({ accountId, balance }) => ({ accountId, balance })),
    consistent,
    violations: violations.slice(0, MAX_NAMED),
    transfers,
    balanced: verdictOf(found),
    checkedAt: new Date(clock.now()).toISOString(),
  });
}

/** Whoever is new since the list was read is missing in it: what a look shows counts where the list has not grown meanwhile. */
async function lookAtAll(deps: Deps, plan: LookPlan): Promise<Look> {
  let ids = await everyBalance(deps, plan.book);
  for (let looks = 1; looks < LOOKS; looks++) {
    const found = await look(deps, ids, { ...plan, areAll: true });
    if (verdictOf(found) !== false) return found;
    const now = await everyBalance(deps, plan.book);
    if (now.length === ids.length) return found;
    ids = now;
  }
  return { ...(await look(deps, ids, plan)), consistent: false };
}

interface Look {
  total: Units;
  accounts: Account[];
  consistent: boolean;
  violations: Violation[];
  transfers?: number;
  /** The index may lack accounts: users and houses have not counted the same transfers, or the sum is not zero. */
  isMissing: boolean;
  /** Another look may tell more. */
  isIncomplete: boolean;
}

function verdictOf({ violations, consistent, total }: Look): boolean | null {
  if (violations.length > 0) return false;
  return consistent ? total === 0n : null;
}

interface LookPlan {
  book: string;
  deep: boolean;
  patience: Patience;
  known: Set<string>;
  /** No account is missing. */
  areAll?: boolean;
}

async function look(
  deps: Deps,
  ids: BalanceId[],
  { book, deep, patience, known, areAll = false }: LookPlan,
): Promise<Look> {
  const readAt = deps.clock.now();
  const cut = await readCut(deps, ids, patience);
  const accounts = byAccount(cut.balances);
  const isReadable = cut.consistent && cut.corrupt.length === 0;
  const isMiscounted = isReadable && surplusOf(accounts) !== 0;
  // A user and a shard that are both missing may have counted as often: then only the sum tells.
  const isMissing = !areAll && isReadable && (isMiscounted || sumOf(accounts) !== 0n);
  const isReady = deep && cut.consistent && !isMissing;
  const audit = isReady ? await auditJournal(deps, book, accounts, { readAt, known }) : undefined;
  for (const id of audit?.leftOut ?? []) known.add(id);
  const isUnsure = audit !== undefined && audit.unsure.length > 0;
  return omitUndefined({
    total: sumOf(accounts),
    accounts,
    consistent: cut.consistent && !isUnsure,
    violations: [
      ...unreadable(cut),
      ...otherCurrency(cut.balances),
      ...belowZero(accounts),
      ...(isMiscounted && areAll ? [{ accountId: book, problem: MISCOUNTED }] : []),
      ...(audit?.violations ?? []),
    ],
    transfers: audit?.transfers,
    isMissing,
    isIncomplete: isMissing || isUnsure,
  });
}

/** Each transfer counts once for a user and once for a house. */
const surplusOf = (accounts: Account[]): number =>
  accounts.reduce((count, { accountId, entries }) => count + (isHouse(accountId) ? -entries : entries), 0);

function byAccount(balances: Balance[]): Account[] {
  const groups = Map.groupBy(balances, ({ balanceId }) => accountOf(balanceId));
  return [...groups].flatMap(([accountId, parts]) => sum(accountId, parts) ?? []);
}

const unreadable = ({ corrupt }: Cut): Violation[] =>
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

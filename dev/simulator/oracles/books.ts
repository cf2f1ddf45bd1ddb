/** The books, looked at after every commit: what money may never do. */
import { isDeepStrictEqual } from 'node:util';
import { accountOf, balanceIdOf, transferIdOf } from '../../../lib/ledger/keys.ts';
import { bookNameOf, isHouse } from '../../../lib/ledger/account-id.ts';
import type { AccountId } from '../../../lib/ledger/account-id.ts';
import type { Attributes } from '../dynamodb/attributes.ts';
import type { Change, Commit } from '../dynamodb/database.ts';
import { NAMES } from '../process/stage.ts';
import type { Violations } from '../violations.ts';
import { unitsOf } from './amounts.ts';

const textOf = (item: Attributes | undefined, name: string): string => item?.[name]?.S ?? '';

/** What may be added to a transfer that has settled: that it was reversed. */
const MAY_COME_LATER = new Set(['reversedBy', 'version']);

export function watchBooks(commit: Commit, violations: Violations): void {
  const changes = commit.changes.filter(({ table }) => table === NAMES.tables.ledger);
  const pkOf = ({ key }: Change) => textOf(key, 'pk');
  const balances = changes.filter((change) => balanceIdOf(pkOf(change)) !== undefined);
  const transfers = changes.filter((change) => transferIdOf(pkOf(change)) !== undefined);
  for (const change of changes)
    if (!change.after) violations.add(`${pkOf(change)} was deleted from the ledger`);
  for (const change of transfers) staysSettled(change, violations);
  for (const change of balances) staysPositive(change, violations);
  const settled = transfers.filter(
    ({ before, after }) => textOf(after, 'status') === 'SETTLED' && textOf(before, 'status') !== 'SETTLED',
  );
  for (const change of settled) keepsHistory(change, violations);
  balancesMatch(settled, balances, violations);
}

/** What it was before, and since when, is part of a transfer. */
function keepsHistory({ before, after, key }: Change, violations: Violations): void {
  if (!before) return;
  const [was, is] = [before, after].map((item) => item?.['history']?.L ?? []);
  const isKept = was!.every((state, at) => isDeepStrictEqual(state, is![at]));
  if (!isKept || textOf(before, 'createdAt') !== textOf(after, 'createdAt'))
    violations.add(`${textOf(key, 'pk')} has settled and lost its history`);
}

function staysSettled({ before, after, key }: Change, violations: Violations): void {
  if (textOf(before, 'status') !== 'SETTLED') return;
  const lasting = (item: Attributes) =>
    Object.fromEntries(Object.entries(item).filter(([name]) => !MAY_COME_LATER.has(name)));
  if (!after || !isDeepStrictEqual(lasting(before!), lasting(after)))
    violations.add(`${textOf(key, 'pk')} had settled and was changed`);
}

function staysPositive({ after, key }: Change, violations: Violations): void {
  const account = accountOf(balanceIdOf(textOf(key, 'pk'))!);
  if (!isHouse(account) && unitsOf(after, 'balance') < 0n) violations.add(`${account} is below zero`);
}

/** Every balance moves by what settles in the same commit, and by nothing else. */
function balancesMatch(settled: Change[], balances: Change[], violations: Violations): void {
  const due = new Map<AccountId, bigint>();
  const add = (account: string, amount: bigint) =>
    due.set(account as AccountId, (due.get(account as AccountId) ?? 0n) + amount);
  for (const { after } of settled) {
    add(textOf(after, 'from'), -unitsOf(after, 'amount'));
    add(textOf(after, 'to'), unitsOf(after, 'amount'));
  }
  const sums = new Map<string, bigint>();
  for (const { before, after, key } of balances) {
    const account = accountOf(balanceIdOf(textOf(key, 'pk'))!);
    const gain = unitsOf(after, 'balance') - unitsOf(before, 'balance');
    add(account, -gain);
    const book = bookNameOf(account);
    sums.set(book, (sums.get(book) ?? 0n) + gain);
  }
  for (const [account, difference] of due) {
    if (difference !== 0n)
      violations.add(`${account} moved by something else than what settled (${difference})`);
  }
  for (const [book, sum] of sums)
    if (sum !== 0n) violations.add(`the book ${book} is out of balance by ${sum}`);
}

/**
 * A user's statement: newest first, each line with the balance after it, computed backwards from the balance that
 * stands now. Balance and lines have to be of one moment: the account is read before and after the lines, and the
 * index has to have the transfer that was written last. Later pages go on from what the cursor carries.
 */
import { GatewayError } from '../runtime/errors.ts';
import type { Units } from './decimal.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Cursors } from '../text/cursors.ts';
import { queryItems } from '../vendors/dynamodb/query-items.ts';
import { readUser } from './accounts.ts';
import type { AccountDeps } from './accounts.ts';
import { backOff } from './contention.ts';
import type { Patience } from './contention.ts';
import { bound, statementCursors } from './cursor.ts';
import type { StatementPosition } from './cursor.ts';
import { readEntry } from './items.ts';
import type { EntryRow } from './items.ts';
import { INDEX } from './keys.ts';
import type { AccountId } from './account-id.ts';
import type { EntriesQuery, Entry, Statement } from './ledger.ts';

/** Before and after every ISO time. */
const OLDEST = '0';
const NEWEST = '~';

export interface StatementDeps extends AccountDeps {
  cursors: Cursors;
}

/** What is asked for: the sort keys from `from` on, before `before`. */
interface KeyRange {
  user: AccountId;
  from: string;
  before: string;
}

export async function userStatement(
  deps: StatementDeps,
  user: AccountId,
  query: EntriesQuery & { limit: number },
  patience: Patience,
): Promise<Statement> {
  const from = bound('from', query.from) ?? OLDEST;
  const to = bound('to', query.to) ?? NEWEST;
  if (query.cursor !== undefined) {
    const start = await statementCursors(deps.cursors, user).read(query.cursor);
    return (await read(deps, { user, from, to }, start, query.limit)).statement;
  }
  for (let tries = 1; ; tries++) {
    const account = await readUser(deps, user);
    if (!account) return { items: [] };
    const start = { before: NEWEST, balance: account.balance };
    const { statement, opening } = await read(deps, { user, from, to }, start, query.limit);
    const complete = await isListed(deps, user, account.lastTransfer);
    const now = await readUser(deps, user);
    // An account begins with nothing: if its first line does not, the index still lacks one in between.
    if (complete && now?.entries === account.entries && (opening ?? 0n) === 0n) return statement;
    const behind = new GatewayError('STORE_UNAVAILABLE', 'The index of the ledger is behind.');
    await backOff(patience, tries, behind);
  }
}

/** @returns also what the account held before its first line, where that is on the page. */
async function read(
  deps: StatementDeps,
  { user, from, to }: { user: AccountId; from: string; to: string },
  start: StatementPosition,
  limit: number,
): Promise<{ statement: Statement; opening?: Units }> {
  let { balance, before } = start;
  if (to < before) {
    for await (const row of rowsOf(deps, { user, from: to, before })) balance -= signed(user, row);
    before = to;
  }
  const items: Entry[] = [];
  let last = before;
  for await (const row of rowsOf(deps, { user, from, before }, limit + 1)) {
    if (items.length === limit) {
      const next = { before: last, balance: String(balance) };
      return { statement: { items, cursor: await statementCursors(deps.cursors, user).write(next) } };
    }
    items.push(entryOf(user, row, balance));
    balance -= signed(user, row);
    last = row.gsi1sk;
  }
  return { statement: { items }, ...(from === OLDEST ? { opening: balance } : {}) };
}

/** Newest first. */
async function* rowsOf(
  { documents, table }: AccountDeps,
  { user, from, before }: KeyRange,
  limit?: number,
): AsyncGenerator<EntryRow> {
  // DynamoDB refuses a BETWEEN the wrong way round.
  if (from >= before) return;
  const found = queryItems(documents, {
    table,
    index: INDEX,
    where: 'gsi1pk = :user AND gsi1sk BETWEEN :from AND :before',
    values: { ':user': user, ':from': from, ':before': before },
    descending: true,
    // BETWEEN includes `before` itself.
    ...(limit === undefined ? {} : { limit: limit + 1 }),
  });
  for await (const item of found) {
    const row = readEntry(item);
    if (row.gsi1sk !== before) yield row;
  }
}

async function isListed({ documents, table }: AccountDeps, user: AccountId, lastTransfer: string) {
  const { items } = await documents.query({
    table,
    index: INDEX,
    where: 'gsi1pk = :user AND gsi1sk = :last',
    values: { ':user': user, ':last': lastTransfer },
    limit: 1,
  });
  return items.length > 0;
}

/** What a transfer did to this account. */
export const signed = (account: AccountId, { from, amount }: { from: AccountId; amount: Units }): Units =>
  from === account ? -amount : amount;

/** @param balance of the account, after this line. */
export function entryOf(account: AccountId, row: Omit<EntryRow, 'gsi1sk'>, balance: Units): Entry {
  const { transactionId, service, type, from, to, asked, reason, settledAt } = row;
  const counterparty = from === account ? to : from;
  const amount = signed(account, row);
  return omitUndefined({
    transactionId,
    service,
    type,
    counterparty,
    amount,
    asked,
    reason,
    settledAt,
    balance,
  });
}

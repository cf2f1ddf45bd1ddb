/**
 * Statements: newest first, each line with the balance after it, computed backwards from the balance that stands now.
 *
 * A user is one balance with its lines, a house is one for each of its shards. A balance and its lines have to belong
 * together: it is read before and after the newest of them, and the index has to have the transfer that was written last.
 * Each shard may be of another moment: what is added up is what is shown. Later pages go on from what the cursor carries.
 */
import { GatewayError } from '../runtime/errors.ts';
import type { Units } from './decimal.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Cursors } from '../text/cursors.ts';
import type { AccountDeps } from './accounts.ts';
import { readAll } from './balances.ts';
import { backOff } from './contention.ts';
import type { Patience } from './contention.ts';
import { bound, statementCursors } from './cursor.ts';
import type { StatementPosition } from './cursor.ts';
import { readBalance } from './items.ts';
import type { Balance, EntryRow } from './items.ts';
import { allShards } from './keys.ts';
import type { BalanceId } from './keys.ts';
import { isHouse } from './account-id.ts';
import type { AccountId } from './account-id.ts';
import type { EntriesQuery, Entry, Statement } from './ledger.ts';
import { NEWEST, OLDEST, isListed, linesOf, merged, primed } from './lines.ts';
import type { Lines, LinesRange } from './lines.ts';

/**
 * How many lines one page reads, shown or not: to show an older time, all that came after it has to be added up. A page that
 * ends before it got there may be empty, and its cursor goes on.
 */
const MAX_LINES = 2_000;
/** How many lines a query reads, where they are not all going to be shown. */
const CHUNK = 100;

export interface StatementDeps extends AccountDeps {
  cursors: Cursors;
}

export async function statement(
  deps: StatementDeps,
  account: AccountId,
  query: EntriesQuery & { limit: number },
  patience: Patience,
): Promise<Statement> {
  const from = bound('from', query.from) ?? OLDEST;
  const to = bound('to', query.to) ?? NEWEST;
  const codec = statementCursors(deps.cursors, account);
  const start = query.cursor === undefined ? undefined : await codec.read(query.cursor);
  if (from >= to) return { items: [] };
  const sources = isHouse(account) ? allShards(account) : [account];
  const before = start?.before ?? NEWEST;
  // All of a user's page; of each shard twice its part, as they are not even.
  const share = sources.length === 1 ? query.limit : (2 * query.limit) / sources.length;
  const chunk = to < before ? CHUNK : Math.ceil(share) + 2;
  const wanted = { account, from, to, limit: query.limit };
  const show = async ({ items, next }: Page): Promise<Statement> => ({
    items,
    ...(next && { cursor: await codec.write({ before: next.before, balance: String(next.balance) }) }),
  });
  if (start) {
    const lines = sources.map((source) => primed(linesOf(deps, { source, from, before, chunk })));
    return show(await pageOf(await Promise.all(lines), start, wanted));
  }
  for (let tries = 1; ; tries++) {
    const opened = await open(deps, sources, { from, before, chunk }, patience);
    const balance = opened.reduce((total, { balance: part }) => total + part.balance, 0n);
    const lines = opened.map((one) => one.lines);
    const page = await pageOf(lines, { before, balance }, wanted);
    // An account begins with nothing: if its first line does not, the index still lacks one in between.
    if ((page.opening ?? 0n) === 0n) return show(page);
    await backOff(patience, tries, behind());
  }
}

interface Page {
  items: Entry[];
  next?: StatementPosition;
  /** What the account held before its first line, where that was read. */
  opening?: Units;
}

async function pageOf(
  lines: Lines[],
  start: StatementPosition,
  { account, from, to, limit }: { account: AccountId; from: string; to: string; limit: number },
): Promise<Page> {
  const items: Entry[] = [];
  let { before, balance } = start;
  let read = 0;
  for await (const row of merged(lines)) {
    if (items.length === limit || read === MAX_LINES) return { items, next: { before, balance } };
    read += 1;
    if (row.gsi1sk < to) items.push(entryOf(account, row, balance));
    balance -= signed(account, row);
    before = row.gsi1sk;
  }
  return { items, ...(from === OLDEST ? { opening: balance } : {}) };
}

interface Opened {
  balance: Balance;
  lines: Lines;
}

/** Balances and the beginnings of their lines; those that do not belong together are read again. */
async function open(
  deps: AccountDeps,
  sources: BalanceId[],
  range: Omit<LinesRange, 'source'>,
  patience: Patience,
): Promise<Opened[]> {
  const opened: Opened[] = [];
  let pending = sources;
  for (let tries = 1; ; tries++) {
    const balances = (await readAll(deps, pending, patience)).map(readBalance);
    const found = await Promise.all(balances.map((balance) => openOne(deps, balance, range)));
    const after = (await readAll(deps, pending, patience)).map(readBalance);
    const entries = new Map(after.map((balance) => [balance.balanceId, balance.entries]));
    const isSettled = ({ balance, isComplete }: (typeof found)[number]) =>
      isComplete && entries.get(balance.balanceId) === balance.entries;
    opened.push(...found.filter(isSettled));
    const settled = new Set(opened.map(({ balance }) => balance.balanceId));
    pending = after.map(({ balanceId }) => balanceId).filter((id) => !settled.has(id));
    if (pending.length === 0) return opened;
    await backOff(patience, tries, behind());
  }
}

async function openOne(
  deps: AccountDeps,
  balance: Balance,
  range: Omit<LinesRange, 'source'>,
): Promise<Opened & { isComplete: boolean }> {
  const { balanceId: source, lastTransfer } = balance;
  const lines = await primed(linesOf(deps, { source, ...range }));
  const isNewest = !lines.head.done && lines.head.value.gsi1sk === lastTransfer;
  return { balance, lines, isComplete: isNewest || (await isListed(deps, source, lastTransfer)) };
}

const behind = () => new GatewayError('STORE_UNAVAILABLE', 'The index of the ledger is behind.');

/** What a transfer did to this account. */
export const signed = (account: AccountId, { from, amount }: { from: AccountId; amount: Units }): Units =>
  from === account ? -amount : amount;

/** @param balance of the account, after this line. */
function entryOf(account: AccountId, row: EntryRow, balance: Units): Entry {
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

/**
 * A house's statement. Every transfer is in it, and the index holds each under its user: a second entry would cost
 * an eighth write unit per transfer for what people look at now and then. So it reads the whole journal, up to a
 * bound, and computes its balances forwards from nothing.
 */
import type { Units } from './decimal.ts';
import type { AccountDeps } from './accounts.ts';
import { invalid } from '../runtime/field-errors.ts';
import { bound, statementCursors } from './cursor.ts';
import { settledTransfers } from './journal-scan.ts';
import type { SettledTransfer } from './journal-scan.ts';
import type { AccountId } from './account-id.ts';
import { entrySort } from './keys.ts';
import type { EntriesQuery, Statement } from './ledger.ts';
import { entryOf, signed } from './statement.ts';
import type { StatementDeps } from './statement.ts';

/** Pages of 1 MB: some 100,000 transfers, 16,000 read units at the most. */
const MAX_PAGES = 64;

export async function houseStatement(
  deps: StatementDeps,
  house: AccountId,
  query: EntriesQuery & { limit: number },
): Promise<Statement> {
  const from = bound('from', query.from) ?? '';
  const to = bound('to', query.to);
  const cursors = statementCursors(deps.cursors, house);
  const cursor = query.cursor === undefined ? undefined : (await cursors.read(query.cursor)).before;
  const before = [to, cursor].filter((end) => end !== undefined).sort()[0] ?? '~';

  const lines = withBalances(house, await journal(deps, house)).filter(
    ({ sort }) => sort >= from && sort < before,
  );
  const kept = lines.slice(-query.limit).toReversed();
  const items = kept.map(({ transfer, balance }) => entryOf(house, transfer, balance));
  const oldest = kept.at(-1);
  if (!oldest || lines.length <= query.limit) return { items };
  const balance = oldest.balance - signed(house, oldest.transfer);
  return { items, cursor: await cursors.write({ before: oldest.sort, balance: String(balance) }) };
}

async function journal(deps: AccountDeps, house: AccountId): Promise<SettledTransfer[]> {
  const transfers: SettledTransfer[] = [];
  const scan = settledTransfers(deps, { account: house, maxPages: MAX_PAGES });
  for (;;) {
    const step = await scan.next();
    if (!step.done) transfers.push(step.value);
    else if (step.value) return transfers;
    else throw invalid('accountId', 'has more transfers than a statement of a house can be made from');
  }
}

function withBalances(house: AccountId, transfers: SettledTransfer[]) {
  let balance: Units = 0n;
  return transfers
    .map((transfer) => ({ transfer, sort: entrySort(transfer.settledAt, transfer) }))
    .sort((a, b) => (a.sort < b.sort ? -1 : 1))
    .map((line) => {
      balance += signed(house, line.transfer);
      return { ...line, balance };
    });
}

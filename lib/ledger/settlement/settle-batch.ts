/**
 * Posts many queued transfers. Those of one house shard go in one transaction, which spares the shard's item a write and a
 * conflict for each; where that cannot be posted as a whole, each is posted by itself. No transfer holds up another.
 */
import pMap from 'p-map';
import { shardId } from '../keys.ts';
import type { BalanceId } from '../keys.ts';
import { houseMove, settledRow, userMove } from '../posting-attempt.ts';
import { entrySort } from '../keys.ts';
import { pendingPosting, settledFrom } from './pending.ts';
import type { PendingRow } from './pending.ts';
import { settleOne } from './settle-one.ts';
import type { SettlementDeps, SettlementOutcome } from './settle-one.ts';

export interface SettledRow {
  row: PendingRow;
  /** `undefined`: not even what went wrong could be written. */
  outcome: SettlementOutcome | undefined;
}

/** Transactions under way at once. */
const CONCURRENCY = 16;
/** Transfers in a transaction: it then has twice as many items and the shard's, of DynamoDB's 100. */
const GROUP = 10;

/** Transfers of one user are posted in the order given: a withdrawal finds the deposit before it. */
export async function settleBatch(rows: readonly PendingRow[], deps: SettlementDeps): Promise<SettledRow[]> {
  const done: SettledRow[] = [];
  for (const round of roundsOf(rows)) {
    const groups = groupsOf(round);
    const outcomes = await pMap(groups, async (group) => settleGroup(group, deps), {
      concurrency: CONCURRENCY,
    });
    done.push(...outcomes.flat());
  }
  return done;
}

/** In each round a user has one transfer. */
function roundsOf(rows: readonly PendingRow[]): PendingRow[][] {
  const rounds: PendingRow[][] = [];
  const seen = new Map<string, number>();
  for (const row of rows) {
    const { user } = pendingPosting(row);
    const round = seen.get(user) ?? 0;
    seen.set(user, round + 1);
    (rounds[round] ??= []).push(row);
  }
  return rounds;
}

function groupsOf(rows: readonly PendingRow[]): PendingRow[][] {
  const byShard = Map.groupBy(rows, houseShardOf);
  return [...byShard.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / GROUP) }, (_, n) =>
      group.slice(n * GROUP, (n + 1) * GROUP),
    ),
  );
}

function houseShardOf(row: PendingRow): BalanceId {
  const { house, shard } = pendingPosting(row);
  return shardId(house, shard);
}

async function settleGroup(rows: PendingRow[], deps: SettlementDeps): Promise<SettledRow[]> {
  if (rows.length > 1 && (await isPostedTogether(rows, deps))) {
    return rows.map((row) => ({ row, outcome: 'SETTLED' }));
  }
  const done: SettledRow[] = [];
  // They share an item: at once they would only get into each other's way.
  for (const row of rows) done.push({ row, outcome: await settleByItself(row, deps) });
  return done;
}

/** @returns `undefined` where nothing could be written: the row stays pending, and is found again. */
async function settleByItself(row: PendingRow, deps: SettlementDeps): Promise<SettlementOutcome | undefined> {
  try {
    return await settleOne(row, deps);
  } catch (error) {
    const { service, transactionId } = row.transfer;
    deps.log.error('What became of a transfer could not be written.', { service, transactionId, error });
    return undefined;
  }
}

/** One try: where anything stands in its way, whatever it is, each transfer by itself finds out. */
async function isPostedTogether(rows: PendingRow[], deps: SettlementDeps): Promise<boolean> {
  const settledAt = new Date(deps.clock.now()).toISOString();
  const posts = rows.map((row) => ({ row, posting: pendingPosting(row) }));
  const gain = posts.reduce(
    (sum, { posting: { debit, input } }) => sum + (debit ? input.amount : -input.amount),
    0n,
  );
  const sorts = rows.map(({ transfer }) => entrySort(settledAt, transfer)).sort();
  const items = posts.flatMap(({ row, posting }) => [
    settledRow(deps.table, posting, settledFrom(row, 1, settledAt), { settledAt, seen: row }),
    userMove(deps.table, posting, entrySort(settledAt, row.transfer)),
  ]);
  const { book } = posts[0]!.posting.input;
  items.push(houseMove(deps.table, book, houseShardOf(rows[0]!), gain, sorts.at(-1)!, rows.length));
  try {
    await deps.documents.transact(items);
    return true;
  } catch {
    return false;
  }
}

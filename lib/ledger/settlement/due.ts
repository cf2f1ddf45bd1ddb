/** Rows that wait to be settled, as the index lists them. */
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import type { Alerts } from '../../watch/alerts/alerts.ts';
import type { AccountDeps } from '../accounts.ts';
import { readTransfer } from '../items.ts';
import { INDEX, entryOfSort, pendingPartitions, transferKey } from '../keys.ts';
import { alertCorruptRow } from '../watched-ledger.ts';
import { isPending } from './pending.ts';
import type { PendingRow } from './pending.ts';

/** Of each partition, at once. */
const PAGE = 25;

/** What is due, the oldest of each partition first: at most some 200. A moment late, as an index is. */
export async function dueRows(deps: AccountDeps & { alerts: Alerts }, now: number): Promise<PendingRow[]> {
  const listed = await Promise.all(
    pendingPartitions.map((partition) =>
      deps.documents.query({ ...listing(deps.table, partition), limit: PAGE }),
    ),
  );
  const due = listed.flatMap(({ items }) => items).filter((item) => dueAtOf(item) <= now);
  const items = await deps.documents.batchGet(deps.table, due.flatMap(keyOf), { consistent: true });
  const rows: PendingRow[] = [];
  for (const item of items) {
    const row = await readable(item, deps.alerts);
    if (row && Date.parse(row.queued.dueAt) <= now) rows.push(row);
  }
  return rows;
}

/** Milliseconds since the epoch; `undefined`: nothing waits. */
export async function nextDueAt(deps: AccountDeps): Promise<number | undefined> {
  const times = (await firstListed(deps)).map(dueAtOf);
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** What is due first, of each partition: in some order, as the table has it. What cannot be read is left out. */
export async function firstPending(deps: AccountDeps & { alerts: Alerts }): Promise<PendingRow[]> {
  const keys = (await firstListed(deps)).flatMap(keyOf);
  const items = await deps.documents.batchGet(deps.table, keys, { consistent: true });
  const rows = await Promise.all(items.map((item) => readable(item, deps.alerts)));
  return rows.filter((row) => row !== undefined);
}

async function firstListed({ documents, table }: AccountDeps): Promise<Item[]> {
  const first = await Promise.all(
    pendingPartitions.map((partition) => documents.query({ ...listing(table, partition), limit: 1 })),
  );
  return first.flatMap(({ items }) => items);
}

/** The row of the image, or of the table, if it is still pending. One that cannot be read is told and left. */
export async function readable(item: Item, alerts: Alerts): Promise<PendingRow | undefined> {
  try {
    const row = readTransfer(item);
    return isPending(row) ? row : undefined;
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    await alertCorruptRow(error, alerts);
    return undefined;
  }
}

const listing = (table: string, partition: string) => ({
  table,
  index: INDEX,
  where: 'gsi1pk = :partition',
  values: { ':partition': partition },
});

const dueAtOf = ({ gsi1sk }: Item): number => Date.parse(entryOfSort(String(gsi1sk))?.at ?? '');

function keyOf({ gsi1sk }: Item) {
  const entry = entryOfSort(String(gsi1sk));
  return entry ? [transferKey(entry)] : [];
}

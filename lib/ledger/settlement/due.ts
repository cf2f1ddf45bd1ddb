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

/** What a listing found. */
export interface DueRows {
  /** What is due, the oldest of each partition first: at most some 200. A moment late, as an index is. */
  rows: PendingRow[];
  /** When the first row of all is due, or was, milliseconds since the epoch; `Infinity`: nothing waits. */
  firstDueAt: number;
}

export async function dueRows(deps: AccountDeps & { alerts: Alerts }, now: number): Promise<DueRows> {
  const listed = await listedRows(deps, PAGE);
  const pending = await pendingRows(
    deps,
    listed.filter((item) => dueAtOf(item) <= now),
  );
  const rows = pending.filter(({ queued }) => Date.parse(queued.dueAt) <= now);
  return { rows, firstDueAt: firstDueAt(listed) };
}

/** What is due first, of each partition: in some order, as the table has it. What cannot be read is left out. */
export async function firstPending(deps: AccountDeps & { alerts: Alerts }): Promise<DueRows> {
  const listed = await listedRows(deps, 1);
  return { rows: await pendingRows(deps, listed), firstDueAt: firstDueAt(listed) };
}

async function listedRows({ documents, table }: AccountDeps, limit: number): Promise<Item[]> {
  const pages = await Promise.all(
    pendingPartitions.map((partition) =>
      documents.query({
        table,
        index: INDEX,
        where: 'gsi1pk = :partition',
        values: { ':partition': partition },
        limit,
      }),
    ),
  );
  return pages.flatMap(({ items }) => items);
}

async function pendingRows(
  { documents, table, alerts }: AccountDeps & { alerts: Alerts },
  listed: Item[],
): Promise<PendingRow[]> {
  const items = await documents.batchGet(table, listed.flatMap(keyOf), { consistent: true });
  const rows = await Promise.all(items.map((item) => readable(item, alerts)));
  return rows.filter((row) => row !== undefined);
}

/** Entries without a readable time are nobody's to wait for. */
const firstDueAt = (listed: Item[]): number =>
  Math.min(...listed.map(dueAtOf).filter((at) => !Number.isNaN(at)));

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

const dueAtOf = ({ gsi1sk }: Item): number => Date.parse(entryOfSort(String(gsi1sk))?.at ?? '');

function keyOf({ gsi1sk }: Item) {
  const entry = entryOfSort(String(gsi1sk));
  return entry ? [transferKey(entry)] : [];
}

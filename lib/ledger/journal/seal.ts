/** The sealer: appends what has settled to the journal of its book. docs/builders/journal.md */
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { isGatewayError } from '../../runtime/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Alerts } from '../../watch/alerts/alerts.ts';
import { DEFAULT_PATIENCE_MS } from '../contention.ts';
import { bookNameOf } from '../account-id.ts';
import type { AccountId } from '../account-id.ts';
import type { StreamChange } from '../../vendors/dynamodb/stream-records.ts';
import { append } from './append.ts';
import { entryOf } from './entry.ts';
import type { SealedEntry } from './entry.ts';
import type { JournalStore } from './page.ts';

export interface SealDeps extends JournalStore {
  clock: Clock;
  random: Random;
  alerts: Alerts;
}

/** What the ledger table's stream tells of a row. */
export type RowChange = Pick<StreamChange, 'before' | 'after'>;

/**
 * Seals the transfers that became `SETTLED`; what else the records tell is passed over. They may come more than once, in any
 * order, and to several at a time. A row that cannot be read is not sealed: the trial balance names it. A journal that
 * contradicts itself raises `LEDGER_TAMPERED`, and is not continued.
 * @param deadlineAt milliseconds since the epoch. Default: 10 s from now.
 * @returns how many entries were written.
 * @throws `STORE_UNAVAILABLE`: call again, or leave it to `sealBehind`.
 */
export async function seal(
  changes: readonly RowChange[],
  deps: SealDeps,
  deadlineAt = deps.clock.now() + DEFAULT_PATIENCE_MS,
): Promise<number> {
  const settled = changes.flatMap(({ before, after }) =>
    after && hasSettled(after) && !hasSettled(before) ? [after] : [],
  );
  let written = 0;
  for (const [book, rows] of Map.groupBy(settled, bookOf))
    written += (await sealEntries(deps, book, entriesOf(rows), deadlineAt)) ?? 0;
  return written;
}

const hasSettled = (item: Item | undefined): boolean =>
  item?.['sk'] === 'TRANSFER' && item['status'] === 'SETTLED';

const bookOf = ({ from }: Item): string => bookNameOf(String(from) as AccountId);

/** Of rows that can be read. */
export function entriesOf(rows: Item[]): SealedEntry[] {
  return rows.flatMap((row) => {
    try {
      return [entryOf(row)];
    } catch {
      return [];
    }
  });
}

/** @returns `undefined` for a journal that cannot be continued. @throws `STORE_UNAVAILABLE` */
export async function sealEntries(
  { clock, random, alerts, ...store }: SealDeps,
  book: string,
  entries: SealedEntry[],
  deadlineAt: number,
): Promise<number | undefined> {
  if (entries.length === 0) return 0;
  const write = () => append(store, book, entries, { clock, random, deadlineAt });
  return unlessTampered(alerts, book, 'its head is not at its last page, and nothing is sealed', write);
}

/** @returns `undefined`, with an alert, where the journal cannot be read as it was written. */
export async function unlessTampered<T>(
  alerts: Alerts,
  book: string,
  what: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isGatewayError(error, 'INTERNAL')) throw error;
    await alerts.raise(tampered(book, what));
    return undefined;
  }
}

export const TAMPERED = 'LEDGER_TAMPERED';

export const tampered = (book: string, what: string) => ({
  kind: TAMPERED,
  subject: book,
  severity: 'critical' as const,
  summary: `The ledger and the journal of the book ${book} contradict each other: ${what}. See gatehouse ledger verify.`,
});

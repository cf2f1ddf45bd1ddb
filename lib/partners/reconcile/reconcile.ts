/** Holds a partner's list against the ledger. docs/builders/journal.md */
import { formatDecimal } from '../../ledger/decimal.ts';
import type { EntryRow } from '../../ledger/items.ts';
import { idText } from '../../ledger/keys.ts';
import type { Journal } from '../../ledger/journal/journal.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { invalid } from '../../runtime/field-errors.ts';
import { ONLY_OURS_NEXT, askedOf, differences, listedTwice, onlyTheirs, userOf } from './compare.ts';
import type { Differing, OnlyTheirs } from './compare.ts';
import { isFault } from './line.ts';
import type { LineFault, ListedOrder } from './line.ts';
import { readList } from './list.ts';
import type { ListFormat } from './list.ts';

export interface SettledOrder {
  transactionId: string;
  type: string;
  userId: string;
  usdtAmount: string;
  settledAt: string;
}

export interface Reconciliation {
  /** Lines that say what we say. */
  matched: number;
  onlyOurs: (SettledOrder & { next: string })[];
  onlyTheirs: OnlyTheirs[];
  differing: Differing[];
}

export interface ReconcileInput {
  service: string;
  /** The service's. */
  book: string;
  /** ISO times: of what settled then we look for what the list has not. */
  from: string;
  to: string;
  body: Uint8Array;
  format: ListFormat;
  /** Leave out what only we have: for a list that is sent in parts. */
  isPart: boolean;
  /** Milliseconds since the epoch. */
  deadlineAt: number;
}

const MAX_FAULTS = 100;
/** Rows read at once: DynamoDB's bound on a request, and requests at a time. */
const BATCH = 100;
const CONCURRENCY = 8;
const PAGE = 2_000;

/**
 * @throws `VALIDATION_FAILED` naming lines that cannot be taken, or a time in which too much settled for one request;
 *   `STORE_UNAVAILABLE`
 */
export async function reconcile(input: ReconcileInput, journal: Journal): Promise<Reconciliation> {
  const orders = await ordersOf(input);
  const found: Reconciliation = { matched: 0, onlyOurs: [], onlyTheirs: [], differing: [] };
  const listed = Map.groupBy(orders, ({ transactionId }) => transactionId);
  for (const [id, lines] of listed)
    if (lines.length > 1) found.differing.push(listedTwice(id, lines[1]!.line, lines.length));
  for (let at = 0; at < orders.length; at += BATCH * CONCURRENCY) {
    const starts = Array.from({ length: CONCURRENCY }, (_, index) => at + index * BATCH);
    const batches = starts
      .map((start) => orders.slice(start, start + BATCH))
      .filter(({ length }) => length > 0);
    await Promise.all(batches.map((batch) => compareBatch(input.service, batch, journal, found)));
  }
  found.onlyTheirs.sort(byLine);
  found.differing.sort(byLine);
  if (!input.isPart) found.onlyOurs = await unlisted(input, new Set(listed.keys()), journal);
  return found;
}

const byLine = (a: { line: number }, b: { line: number }) => a.line - b.line;

async function ordersOf({ body, format }: ReconcileInput): Promise<ListedOrder[]> {
  const orders: ListedOrder[] = [];
  const faults: LineFault[] = [];
  for await (const line of readList(bytesOf(body), format)) {
    if (!isFault(line)) orders.push(line);
    else if (faults.push(line) === MAX_FAULTS) break;
  }
  if (faults.length === 0) return orders;
  const [{ field, message }] = faults as [LineFault];
  throw new GatewayError('VALIDATION_FAILED', `${field}: ${message}`, { fields: faults });
}

async function* bytesOf(body: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield body;
}

async function compareBatch(
  service: string,
  orders: ListedOrder[],
  journal: Journal,
  found: Reconciliation,
): Promise<void> {
  const ids = orders.map(({ transactionId }) => ({ service, transactionId }));
  const known = await journal.transfers(ids);
  for (const order of orders) {
    const ours = known.get(idText({ service, transactionId: order.transactionId }));
    if (!ours) {
      found.onlyTheirs.push(onlyTheirs(order));
      continue;
    }
    const differing = differences(order, ours);
    if (differing.length === 0) found.matched += 1;
    else found.differing.push(...differing);
  }
}

async function unlisted(
  { service, book, from, to, deadlineAt }: ReconcileInput,
  listed: ReadonlySet<string>,
  journal: Journal,
): Promise<Reconciliation['onlyOurs']> {
  const found: Reconciliation['onlyOurs'] = [];
  let cursor: string | undefined;
  for (let isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const page = await journal.settled({ service, book, from, to, limit: PAGE, cursor, deadlineAt });
    const unknown = page.items.filter(isOrdered).filter(({ transactionId }) => !listed.has(transactionId));
    // What we have taken back they are right not to list.
    const rows = await journal.transfers(unknown);
    const missing = unknown.filter((row) => rows.get(idText(row))?.reversedBy === undefined);
    found.push(...missing.map((row) => ({ ...settledOrder(row), next: ONLY_OURS_NEXT })));
    ({ cursor } = page);
    // A page ends early when time is over.
    if (cursor !== undefined && page.items.length < PAGE)
      throw invalid(
        'to',
        'ends a time in which too much settled: shorten it, or use gatehouse ledger reconcile',
      );
  }
  return found;
}

/** By the partner: adjustments and reversals are ours alone. */
export const isOrdered = ({ type }: { type: string }): boolean => type === 'deposit' || type === 'withdraw';

export function settledOrder(row: EntryRow): SettledOrder {
  const { transactionId, type, settledAt } = row;
  return {
    transactionId,
    type,
    userId: userOf(row),
    usdtAmount: formatDecimal(askedOf(row)),
    settledAt,
  };
}

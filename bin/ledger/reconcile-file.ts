/** A list of any length against the ledger, in parts: docs/builders/journal.md */
import { formatDecimal } from '../../lib/ledger/decimal.ts';
import { ONLY_OURS_NEXT, listedTwice } from '../../lib/partners/reconcile/compare.ts';
import { isFault, readOrder } from '../../lib/partners/reconcile/line.ts';
import type { ListedOrder } from '../../lib/partners/reconcile/line.ts';
import { CommandFailed, EXIT } from '../api.ts';
import type { Api } from '../api.ts';
import type { Answer } from '../route-types.ts';
import { createIdFiles } from './id-files.ts';
import type { IdFiles } from './id-files.ts';
import type { ListParts } from './list-file.ts';

type Comparison = Answer<'reconcileLedger'>;
type Settled = Answer<'listSettledTransfers'>['items'][number];

export interface FileReconciliation extends Comparison {
  /** How many there are of each; at most 10,000 are listed. */
  counts: Record<'onlyOurs' | 'onlyTheirs' | 'differing', number>;
}

export interface Range {
  service: string;
  from: string;
  to: string;
}

const MAX_LISTED = 10_000;
/** Requests at a time. */
const CONCURRENCY = 4;
const PAGE = 2_000;

/** @throws CommandFailed as requests and the list do. */
export async function reconcileFile(
  api: Api,
  list: ListParts,
  range: Range,
  note: (line: string) => void,
): Promise<FileReconciliation> {
  const found = createFindings();
  const files = createIdFiles();
  try {
    let read = 0;
    await inParallel(list, async (orders) => {
      for (const { transactionId, line } of orders) files.add('theirs', { transactionId, line });
      found.compared(await comparePart(api, range, orders));
      const before = read;
      read += orders.length;
      if (Math.floor(read / PROGRESS) > Math.floor(before / PROGRESS)) note(`${read} lines compared`);
    });
    await listOurs(api, range, files);
    const unlisted = gatherUnlisted(api, range, (row) =>
      found.add('onlyOurs', { ...row, next: ONLY_OURS_NEXT }),
    );
    await files.compare<Settled, { transactionId: string; line: number }>(
      (row) => unlisted.add(row),
      ({ transactionId, line }, times) => found.add('differing', listedTwice(transactionId, line, times)),
    );
    await unlisted.flush();
  } finally {
    files.close();
  }
  return found.result();
}

const PROGRESS = 100_000;

/** As many parts at a time as there are workers; the first failure ends the reading. */
async function inParallel(list: ListParts, run: (orders: ListedOrder[]) => Promise<void>): Promise<void> {
  const worker = async () => {
    for (let part = await list.next(); !part.done; part = await list.next()) await run(part.value);
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  } finally {
    await list.return();
  }
}

/** In the lines of the file, not of the part. */
async function comparePart(api: Api, range: Range, orders: ListedOrder[]): Promise<Comparison> {
  const body = orders.map(textOf).join('\n');
  const answer = await api.request(
    'reconcileLedger',
    { query: { ...range, only: 'theirs' } },
    { text: { type: 'application/x-ndjson', body } },
  );
  const inFile = <T extends { line: number }>(entry: T): T => ({
    ...entry,
    line: orders[entry.line - 1]!.line,
  });
  return {
    ...answer,
    onlyTheirs: answer.onlyTheirs.map(inFile),
    // Said of the whole file afterwards.
    differing: answer.differing.filter(({ field }) => field !== 'lines').map(inFile),
  };
}

const textOf = ({ transactionId, type, userId, usdtAmount, status }: ListedOrder): string =>
  JSON.stringify({ transactionId, type, userId, usdtAmount: formatDecimal(usdtAmount), status });

async function listOurs(api: Api, range: Range, files: IdFiles): Promise<void> {
  let cursor: string | undefined;
  do {
    const query = { ...range, limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const page = await api.request('listSettledTransfers', { query });
    for (const row of page.items) files.add('ours', row);
    ({ cursor } = page);
  } while (cursor !== undefined);
}

/** What only we have, without what we have taken back: that they are right not to list. */
function gatherUnlisted(api: Api, range: Range, keep: (row: Settled) => void) {
  let gathered: Settled[] = [];
  const flush = async () => {
    const rows = gathered;
    gathered = [];
    if (rows.length === 0) return;
    const { differing } = await comparePart(api, range, rows.map(asLine));
    const reversed = new Set(differing.filter(isReversed).map(({ transactionId }) => transactionId));
    for (const row of rows) if (!reversed.has(row.transactionId)) keep(row);
  };
  return {
    async add(row: Settled) {
      if (gathered.push(row) === PAGE) await flush();
    },
    flush,
  };
}

const isReversed = ({ field, ours }: Comparison['differing'][number]): boolean =>
  field === 'status' && ours === 'REVERSED';

function asLine({ transactionId, type, userId, usdtAmount }: Settled, index: number): ListedOrder {
  const order = readOrder(index + 1, { transactionId, type, userId, usdtAmount });
  if (isFault(order)) throw new CommandFailed(`${transactionId}: ${order.message}`, EXIT.FAILED);
  return order;
}

function createFindings() {
  const counts = { onlyOurs: 0, onlyTheirs: 0, differing: 0 };
  const lists: Omit<Comparison, 'matched'> = { onlyOurs: [], onlyTheirs: [], differing: [] };
  let matched = 0;
  const add = <Kind extends keyof typeof lists>(kind: Kind, entry: Comparison[Kind][number]) => {
    counts[kind] += 1;
    if (lists[kind].length < MAX_LISTED) (lists[kind] as Comparison[Kind][number][]).push(entry);
  };
  const byLine = (a: { line: number }, b: { line: number }) => a.line - b.line;
  return {
    add,
    compared(part: Comparison) {
      matched += part.matched;
      for (const entry of part.onlyTheirs) add('onlyTheirs', entry);
      for (const entry of part.differing) add('differing', entry);
    },
    result: (): FileReconciliation => ({
      matched,
      onlyOurs: lists.onlyOurs,
      onlyTheirs: lists.onlyTheirs.toSorted(byLine),
      differing: lists.differing.toSorted(byLine),
      counts,
    }),
  };
}

/** What is wrong with the row of a settled transfer, by itself and against what was sealed of it. */
import * as z from 'zod';
import { isGatewayError } from '../../runtime/errors.ts';
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { isHouse } from '../account-id.ts';
import { Status, TransferItem, readTransfer } from '../items.ts';
import { entrySort } from '../keys.ts';
import type { Transfer } from '../ledger.ts';
import { isLate } from './append.ts';
import { isAsSealed } from './entry.ts';
import type { SealedEntry } from './entry.ts';
import type { JournalPage } from './page.ts';

/** How far the clocks of those who settle and of those who seal may be apart. */
export const CLOCKS_APART_MS = 5 * 60_000;

/** Faults of a transfer that is in a page, each as the rest of a sentence. */
export function faultsOfSealed(
  entry: SealedEntry,
  row: Item | undefined,
  { n, sealedAt, closedUpTo }: JournalPage,
): string[] {
  if (!row) return [`was sealed in page ${n}, and its row is gone`];
  const faults: string[] = [];
  if (isLate(entry.at, closedUpTo))
    faults.push(`says that it settled at ${entry.at}, but turned up when that time had long been sealed`);
  if (Date.parse(entry.at) > Date.parse(sealedAt) + CLOCKS_APART_MS)
    faults.push(`says that it settled at ${entry.at}, but was sealed before, at ${sealedAt}`);
  const transfer = settledIn(row);
  if (!transfer) return [...faults, `was changed after it was sealed in page ${n}: its row cannot be read`];
  const oddity = oddityOf(row, transfer);
  if (!isAsSealed(row, entry))
    faults.push(`was changed after it was sealed in page ${n}${oddity === undefined ? '' : `: ${oddity}`}`);
  else faults.push(...faultsOfForm(row, transfer));
  return faults;
}

/** Faults of one that is in no page yet. */
export function faultsOfOpen(row: Item): string[] {
  const transfer = settledIn(row);
  return transfer
    ? faultsOfForm(row, transfer)
    : ['is listed as settled, and its row cannot be read as that'];
}

/** `undefined` for a row that cannot be read, or has not settled. */
export function settledIn(row: Item): Transfer | undefined {
  try {
    const { transfer } = readTransfer(row);
    return transfer.status === 'SETTLED' ? transfer : undefined;
  } catch (error) {
    if (isGatewayError(error, 'INTERNAL')) return undefined;
    throw error;
  }
}

function faultsOfForm(row: Item, transfer: Transfer): string[] {
  const oddity = oddityOf(row, transfer);
  return [
    ...(oddity === undefined ? [] : [`was changed by hand: ${oddity}`]),
    ...(isListed(row, transfer) ? [] : ['is not listed in the statements of its accounts as it was written']),
  ];
}

/** All that is ever written on a settled row. A history of one state says no more than `settledAt`, and is left out. */
const SettledRow = TransferItem.omit({ version: true, shard: true, failures: true, dueAt: true, dead: true })
  .extend({
    sk: z.string(),
    gsi1pk: z.string(),
    gsi1sk: z.string(),
    gsi2pk: z.string(),
    asked: z.strictObject({ amount: z.unknown(), currency: z.string() }).optional(),
    history: z
      .array(z.strictObject({ status: Status, at: z.string(), cause: z.string().optional() }))
      .min(2)
      .optional(),
  })
  .strict();

/** What no code writes like that, as a sentence. */
function oddityOf(row: Item, { history, settledAt }: Transfer): string | undefined {
  const [issue] = SettledRow.safeParse(row).error?.issues ?? [];
  if (issue?.code === 'unrecognized_keys')
    return `${[...issue.path, issue.keys.join(', ')].join('.')} is nothing that a transfer has`;
  if (issue) return `nothing writes its ${issue.path.join('.')} like that`;
  const last = history.at(-1);
  const isPast = history.slice(0, -1).every(({ status }) => status !== 'SETTLED');
  if (last?.status === 'SETTLED' && last.at === settledAt && isPast) return undefined;
  return 'its history does not end with its settlement';
}

/** Do its index keys say what it says? */
function isListed(row: Item, transfer: Transfer): boolean {
  const { from, to, settledAt = '' } = transfer;
  const [user, house] = isHouse(from) ? [to, from] : [from, to];
  return (
    row['gsi1pk'] === user &&
    String(row['gsi2pk']).startsWith(`${house}#`) &&
    row['gsi1sk'] === entrySort(settledAt, transfer)
  );
}

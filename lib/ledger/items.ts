/** What stands in the ledger table, written and read. Balances and amounts are decimals, exact to 38 digits. */
import * as z from 'zod';
import { exactNumber, exactOf } from '../vendors/dynamodb/documents.ts';
import type { Item } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { GatewayError } from '../runtime/errors.ts';
import { formatDecimal, isProblem, parseTotal } from './decimal.ts';
import type { Units } from './decimal.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import { balanceIdOf, entrySort, isAccountId, isHouse, transactionIdOf, transferKey } from './keys.ts';
import type { BalanceId } from './keys.ts';
import type { AccountId, Transfer } from './ledger.ts';

const StoredUnits = z
  .union([z.number(), z.object({ value: z.string() })])
  .transform(exactOf)
  .transform((text, context): Units => {
    const units = parseTotal(text);
    if (!isProblem(units)) return units;
    context.addIssue({ code: 'custom', message: units.problem });
    return z.NEVER;
  });
const StoredAccount = z.custom<AccountId>((value) => typeof value === 'string' && isAccountId(value));
const StoredAmount = StoredUnits.refine((units) => units > 0n, 'is not positive');

const Moved = {
  type: z.enum(['deposit', 'withdraw', 'adjustment']),
  from: StoredAccount,
  to: StoredAccount,
  amount: StoredAmount,
  usdtAmount: StoredAmount.optional(),
  reason: z.string().optional(),
};
const TransferItem = z.object({
  ...Moved,
  pk: z.string(),
  status: z.enum(['PENDING', 'SETTLED', 'REJECTED', 'DEAD']),
  requestedBy: z.string(),
  createdAt: z.string(),
  settledAt: z.string().optional(),
  attempts: StoredNumber,
  fingerprint: z.string(),
  attemptId: z.string(),
  refused: z.set(z.string()).optional(),
});
const EntryItem = z.object({ ...Moved, pk: z.string(), gsi1sk: z.string(), settledAt: z.string() });
const BalanceItem = z.object({
  pk: z.string(),
  balance: StoredUnits,
  entries: StoredNumber,
  lastTransfer: z.string(),
});

/** A transfer and what only the state machine looks at. */
export interface TransferRow {
  transfer: Transfer;
  /** Of the order: transfer-state.ts. */
  fingerprint: string;
  /** Whose write this row is. */
  attemptId: string;
  /** Posts that were refused and may still have a request on the wire. */
  refused: ReadonlySet<string>;
}

/** A line of the index: what a statement is made of. */
export type EntryRow = Pick<
  Transfer,
  'transactionId' | 'type' | 'from' | 'to' | 'amount' | 'usdtAmount' | 'reason'
> & { settledAt: string; gsi1sk: string };

export interface Balance {
  balanceId: BalanceId;
  balance: Units;
  entries: number;
  /** Sort key of the transfer that was written last. */
  lastTransfer: string;
}

/** @throws `INTERNAL`, naming the row. */
export function readTransfer(item: Item): TransferRow {
  const { pk, fingerprint, attemptId, refused, ...stored } = parse(TransferItem, item);
  const transactionId = transactionIdOf(pk) ?? corrupt(item, 'pk');
  if ((stored.status === 'SETTLED') !== (stored.settledAt !== undefined)) return corrupt(item, 'settledAt');
  return {
    transfer: ordered({ ...stored, transactionId }),
    fingerprint,
    attemptId,
    refused: refused ?? new Set(),
  };
}

/** @throws `INTERNAL`, naming the row. */
export function readEntry(item: Item): EntryRow {
  const { pk, ...entry } = parse(EntryItem, item);
  return omitUndefined({ ...entry, transactionId: transactionIdOf(pk) ?? corrupt(item, 'pk') });
}

/** @throws `INTERNAL`, naming the row. */
export function readBalance(item: Item): Balance {
  const { pk, ...balance } = parse(BalanceItem, item);
  return { ...balance, balanceId: balanceIdOf(pk) ?? corrupt(item, 'pk') };
}

/** One order of members, whether just made or read again: equal answers are equal as text, too. */
export function ordered(transfer: Loose<Transfer>): Transfer {
  const { transactionId, type, status, from, to, amount, usdtAmount, reason } = transfer;
  const { requestedBy, createdAt, settledAt, attempts } = transfer;
  const order = { transactionId, type, status, from, to, amount, usdtAmount, reason };
  return omitUndefined({ ...order, requestedBy, createdAt, settledAt, attempts });
}

/** What a parser gives for members that may be absent. */
type Loose<T> = { [K in keyof T]: T[K] | (undefined extends T[K] ? undefined : never) };

/** The attributes of a transfer, whatever its state; keys and index left to the caller. */
export function transferAttributes(row: Omit<TransferRow, 'refused'>): Item {
  const { transactionId: _key, amount, usdtAmount, ...plain } = row.transfer;
  return {
    ...plain,
    amount: exactNumber(formatDecimal(amount)),
    ...(usdtAmount === undefined ? {} : { usdtAmount: exactNumber(formatDecimal(usdtAmount)) }),
    fingerprint: row.fingerprint,
    attemptId: row.attemptId,
  };
}

/** A settled transfer: the only kind that is in its user's statement. */
export function settledItem(row: Omit<TransferRow, 'refused'>, settledAt: string, shard: number): Item {
  const { transactionId, from, to } = row.transfer;
  return {
    ...transferKey(transactionId),
    ...transferAttributes(row),
    shard,
    gsi1pk: isHouse(from) ? to : from,
    gsi1sk: entrySort(settledAt, transactionId),
  };
}

function parse<T>(schema: z.ZodType<T>, item: Item): T {
  const parsed = schema.safeParse(item);
  return parsed.success ? parsed.data : corrupt(item, parsed.error.issues[0]?.path.join('.') ?? '');
}

function corrupt(item: Item, field: string): never {
  const row = String(item['pk']);
  throw new GatewayError('INTERNAL', `The ledger's row ${row} cannot be read: ${field}.`, {
    internal: { row, field },
  });
}

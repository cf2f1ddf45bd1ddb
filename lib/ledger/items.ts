/** What stands in the ledger table, written and read. Balances and amounts are decimals, exact to 38 digits. */
import * as z from 'zod';
import { exactNumber, exactOf } from '../vendors/dynamodb/documents.ts';
import type { Item } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import { formatDecimal, isProblem, parseTotal } from './decimal.ts';
import type { Units } from './decimal.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import { bookNameOf, isAccountId, isHouse } from './account-id.ts';
import type { AccountId } from './account-id.ts';
import {
  balanceIdOf,
  deadPartition,
  entrySort,
  pendingPartition,
  shardId,
  transferIdOf,
  transferKey,
} from './keys.ts';
import type { BalanceId } from './keys.ts';
import type { Transfer } from './ledger.ts';

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
  type: z.enum(['deposit', 'withdraw', 'adjustment', 'reversal']),
  from: StoredAccount,
  to: StoredAccount,
  amount: StoredAmount,
  asked: z.object({ amount: StoredAmount, currency: z.string() }).optional(),
  reason: z.string().optional(),
};
export const Status = z.enum(['PENDING', 'SETTLED', 'REJECTED', 'DEAD']);
export const TransferItem = z.object({
  ...Moved,
  pk: z.string(),
  currency: z.string(),
  status: Status,
  requestedBy: z.string(),
  createdAt: z.string(),
  settledAt: z.string().optional(),
  attempts: StoredNumber,
  fingerprint: z.string(),
  attemptId: z.string(),
  history: z.array(z.object({ status: Status, at: z.string(), cause: z.string().optional() })).optional(),
  version: StoredNumber.optional(),
  reverses: z.string().optional(),
  reversedBy: z.string().optional(),
  shard: StoredNumber.optional(),
  failures: StoredNumber.optional(),
  dueAt: z.string().optional(),
  dead: z.object({ cause: z.enum(['OURS', 'PARTNER']), code: z.string(), detail: z.string() }).optional(),
});
const EntryItem = z.object({ ...Moved, pk: z.string(), gsi1sk: z.string(), settledAt: z.string() });
const BalanceItem = z.object({
  pk: z.string(),
  balance: StoredUnits,
  currency: z.string(),
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
  /** Of a row that is not final: counted up by each change of its state, and by each refusal. */
  version: number;
  /** Of PENDING and DEAD. */
  queued?: Queued;
  /** Of DEAD. */
  dead?: GivenUp;
}

/** What settlement keeps on a row that it has not posted. */
export interface Queued {
  /** Of the house, by the settings at the time of acceptance. */
  shard: number;
  /** Tries of this round that went wrong through our own fault. */
  failures: number;
  /** ISO time from which anybody may take the row. */
  dueAt: string;
}

/** Why nobody tries any more. */
export interface GivenUp {
  /** Whose fault it is. */
  cause: 'OURS' | 'PARTNER';
  /** The error's. */
  code: string;
  detail: string;
}

/** A line of the index: what a statement is made of. */
export type EntryRow = Pick<
  Transfer,
  'service' | 'transactionId' | 'type' | 'from' | 'to' | 'amount' | 'asked' | 'reason'
> & { settledAt: string; gsi1sk: string };

export interface Balance {
  balanceId: BalanceId;
  balance: Units;
  currency: string;
  entries: number;
  /** Sort key of the transfer that was written last. */
  lastTransfer: string;
}

/** @throws `INTERNAL`, naming the row. */
export function readTransfer(item: Item): TransferRow {
  const { pk, fingerprint, attemptId, version = 0, history, ...rest } = parse(TransferItem, item);
  const { shard, failures, dueAt, dead, ...stored } = rest;
  const id = transferIdOf(pk) ?? corrupt(item, 'pk');
  const book = bookNameOf(stored.from);
  if (bookNameOf(stored.to) !== book) return corrupt(item, 'to');
  if ((stored.status === 'SETTLED') !== (stored.settledAt !== undefined)) return corrupt(item, 'settledAt');
  const { status, settledAt, createdAt } = stored;
  const states = history?.map((state) => omitUndefined(state)) ?? [{ status, at: settledAt ?? createdAt }];
  const isQueued = status === 'PENDING' || status === 'DEAD';
  if (isQueued && (shard === undefined || failures === undefined || dueAt === undefined))
    return corrupt(item, 'shard');
  if ((status === 'DEAD') !== (dead !== undefined)) return corrupt(item, 'dead');
  return omitUndefined({
    transfer: ordered({ ...stored, ...id, book, history: states }),
    fingerprint,
    attemptId,
    version,
    queued: isQueued ? { shard: shard!, failures: failures!, dueAt: dueAt! } : undefined,
    dead,
  });
}

/** @throws `INTERNAL`, naming the row. */
export function readEntry(item: Item): EntryRow {
  const { pk, ...entry } = parse(EntryItem, item);
  return omitUndefined({ ...entry, ...(transferIdOf(pk) ?? corrupt(item, 'pk')) });
}

/** @throws `INTERNAL`, naming the row. */
export function readBalance(item: Item): Balance {
  const { pk, ...balance } = parse(BalanceItem, item);
  return { ...balance, balanceId: balanceIdOf(pk) ?? corrupt(item, 'pk') };
}

/** One order of members, whether just made or read again: equal answers are equal as text, too. */
export function ordered(transfer: Loose<Transfer>): Transfer {
  const { transactionId, service, book, type, status, from, to, amount, currency, asked, reason } = transfer;
  const { requestedBy, createdAt, settledAt, attempts, history, reverses, reversedBy } = transfer;
  const order = { transactionId, service, book, type, status, from, to, amount, currency, asked, reason };
  const course = { requestedBy, createdAt, settledAt, attempts, history, reverses, reversedBy };
  return omitUndefined({ ...order, ...course });
}

/** What a parser gives for members that may be absent. */
type Loose<T> = { [K in keyof T]: T[K] | (undefined extends T[K] ? undefined : never) };

/** The attributes of a transfer, whatever its state; keys, index, history and version left to the caller. */
export function transferAttributes(row: Omit<TransferRow, 'version'>): Item {
  // Which transfer it is stands in the key, and its book in the names of both accounts.
  const {
    transactionId: _id,
    service: _service,
    book: _book,
    amount,
    asked,
    history: _,
    ...plain
  } = row.transfer;
  return {
    ...plain,
    amount: exactNumber(formatDecimal(amount)),
    ...(asked && { asked: { ...asked, amount: exactNumber(formatDecimal(asked.amount)) } }),
    fingerprint: row.fingerprint,
    attemptId: row.attemptId,
  };
}

/** A transfer that is not settled, whole: what settlement writes in place of what it has read. */
export function unsettledItem(row: TransferRow): Item {
  const { transfer, version, queued, dead } = row;
  const { status, history } = transfer;
  const since = history.at(-1)!.at;
  return omitUndefined({
    ...transferKey(transfer),
    ...transferAttributes(row),
    ...queued,
    dead,
    history,
    version: version === 0 ? undefined : version,
    ...(status === 'PENDING' && queued
      ? { gsi1pk: pendingPartition(transfer), gsi1sk: entrySort(queued.dueAt, transfer) }
      : {}),
    ...(dead ? { gsi1pk: deadPartition(dead.cause), gsi1sk: entrySort(since, transfer) } : {}),
  });
}

/** A settled transfer: the only kind that is in statements. */
export function settledItem(row: Omit<TransferRow, 'version'>, settledAt: string, shard: number): Item {
  const { from, to, history } = row.transfer;
  return {
    ...transferKey(row.transfer),
    ...transferAttributes(row),
    // Most were never anything else, and say so by `settledAt`.
    ...(history.length > 1 ? { history } : {}),
    gsi1pk: isHouse(from) ? to : from,
    gsi2pk: shardId(isHouse(from) ? from : to, shard),
    gsi1sk: entrySort(settledAt, row.transfer),
  };
}

/** @throws `INTERNAL`, naming the row. */
export function parse<T>(schema: z.ZodType<T>, item: Item): T {
  const parsed = schema.safeParse(item);
  return parsed.success ? parsed.data : corrupt(item, parsed.error.issues[0]?.path.join('.') ?? '');
}

function corrupt(item: Item, field: string): never {
  throw corruptRow(String(item['pk']), field);
}

/** `INTERNAL`, naming the row and what of it is not as this code writes it. */
export const corruptRow = (row: string, field: string): GatewayError =>
  new GatewayError('INTERNAL', `The ledger's row ${row} cannot be read: ${field}.`, {
    internal: { row, field },
  });

/** What such an error names; `undefined` of any other. */
export function corruptRowOf(error: unknown): { row: string; field: string } | undefined {
  const { row, field } = isGatewayError(error, 'INTERNAL') ? (error.internal ?? {}) : {};
  return row === undefined || field === undefined ? undefined : { row: String(row), field: String(field) };
}

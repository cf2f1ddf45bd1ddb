/** One order on its way, and the two writes it can become. */
import { exactNumber } from '../vendors/dynamodb/documents.ts';
import type { Expression, TransactItem } from '../vendors/dynamodb/documents.ts';
import { isHouse } from './account-id.ts';
import { AMOUNT_LIMIT, formatDecimal } from './decimal.ts';
import type { Units } from './decimal.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { GatewayError } from '../runtime/errors.ts';
import { corruptRow, ordered, settledItem, transferAttributes } from './items.ts';
import type { TransferRow } from './items.ts';
import { balanceKey, bookPartition, entrySort, shardId, transferKey } from './keys.ts';
import type { BalanceId, TransferId } from './keys.ts';
import type { Book } from './book.ts';
import type { PostInput, Transfer } from './ledger.ts';
import type { Parties } from './post-input.ts';
import { isAsSeen, mayReject } from './transfer-state.ts';
import type { AttemptIdentity } from './transfer-state.ts';

/** What moves, and between whom: as an order says, or as a queued row has kept it. */
export interface Posting extends AttemptIdentity, Parties {
  input: TransferId & { amount: Units; book: Pick<Book, 'name' | 'currency'> };
  /** Of the house. */
  shard: number;
}

export interface PostingAttempt extends Posting {
  input: PostInput;
  createdAt: string;
  /** Milliseconds since the epoch. */
  deadlineAt: number;
}

/**
 * No balance passes it: with ten decimals DynamoDB's 38 digits are used up just above. It takes a billion
 * transfers of the largest amount to get there; what would is refused, and nothing moves.
 */
const CEILING: Units = AMOUNT_LIMIT * 10n ** 9n;

/** @param refusal what the order had come to before: its times and tries are part of the transfer. */
export function settledTransfer(
  attempt: PostingAttempt,
  { attempts, settledAt, refusal }: { attempts: number; settledAt: string; refusal: TransferRow | undefined },
): Transfer {
  const before = refusal?.transfer;
  return ordered({
    ...orderOf(attempt),
    ...(before && { createdAt: before.createdAt }),
    status: 'SETTLED',
    settledAt,
    attempts: attempts + (before?.attempts ?? 0),
    history: [...(before?.history ?? []), { status: 'SETTLED', at: settledAt }],
  });
}

/** What a transfer moves, where nothing is known of it but what it says. */
export function postingOf(
  { service, transactionId, amount, book, currency, from, to }: Transfer,
  rest: Pick<Posting, 'shard' | 'fingerprint' | 'attemptId'>,
): Posting {
  const debit = isHouse(to);
  return {
    ...rest,
    input: { service, transactionId, amount, book: { name: book, currency } },
    ...(debit ? { house: to, user: from } : { house: from, user: to }),
    debit,
  };
}

/** How a settled transfer is written. */
export interface Settled {
  settledAt: string;
  /** The row that it takes the place of, as it was read; absent: none was seen. */
  seen: TransferRow | undefined;
}

/** In the order that transfer-state.ts names: row, user, house. */
export function settling(
  table: string,
  posting: Posting,
  transfer: Transfer,
  settled: Settled,
): TransactItem[] {
  const { input, debit, house, shard } = posting;
  const last = entrySort(settled.settledAt, input);
  return [
    settledRow(table, posting, transfer, settled),
    userMove(table, posting, last),
    houseMove(table, input.book, shardId(house, shard), debit ? input.amount : -input.amount, last),
  ];
}

export function settledRow(
  table: string,
  posting: Posting,
  transfer: Transfer,
  { settledAt, seen }: Settled,
): TransactItem {
  const { condition, names, values } = isAsSeen(seen);
  return {
    Put: omitUndefined({
      TableName: table,
      Item: settledItem({ transfer, ...posting }, settledAt, posting.shard),
      ConditionExpression: condition,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    }),
  };
}

/** @param last the sort key of the transfer. */
export function userMove(table: string, { input, debit, user }: Posting, last: string): TransactItem {
  const { amount, book } = input;
  return {
    Update: moving(table, book, user, debit ? -amount : amount, last, {
      condition: debit ? `balance >= :bound AND ${SAME}` : `${NEW} OR (balance <= :bound AND ${SAME})`,
      bound: debit ? amount : CEILING,
    }),
  };
}

/**
 * @param gain of the shard, signed.
 * @param count how many transfers that is. @param last the sort key of the last of them.
 */
export function houseMove(
  table: string,
  book: Pick<Book, 'name' | 'currency'>,
  shard: BalanceId,
  gain: Units,
  last: string,
  count = 1,
): TransactItem {
  const gains = gain > 0n;
  const bounds = {
    condition: `${NEW} OR (balance ${gains ? '<=' : '>='} :bound AND ${SAME})`,
    bound: gains ? CEILING : -CEILING,
  };
  return { Update: moving(table, book, shard, gain, last, bounds, count) };
}

/** By its key: a row without a balance is no new account, but one that somebody has damaged. */
const NEW = 'attribute_not_exists(pk)';
/** What an account holds is what the book counts, whoever's settings say otherwise. */
const SAME = 'currency = :currency';

function moving(
  table: string,
  book: Pick<Book, 'name' | 'currency'>,
  balanceId: BalanceId,
  gain: Units,
  last: string,
  { condition, bound }: { condition: string; bound: Units },
  count = 1,
) {
  return {
    TableName: table,
    Key: balanceKey(balanceId),
    // The index entry is written by the first transfer and never changes: it costs no unit afterwards.
    UpdateExpression:
      'ADD balance :gain, entries :count ' +
      'SET currency = :currency, lastTransfer = :last, gsi1pk = :book, gsi1sk = :balanceId',
    ConditionExpression: condition,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    ExpressionAttributeValues: {
      ':gain': exactNumber(formatDecimal(gain)),
      ':count': count,
      ':last': last,
      ':currency': book.currency,
      ':book': bookPartition(book.name),
      ':balanceId': balanceId,
      ':bound': exactNumber(formatDecimal(bound)),
    },
  };
}

/** The update that keeps a refusal, and puts all that is on its way for this order out of date. */
export function rejecting(
  attempt: PostingAttempt,
  tries: number,
  at: string,
): { update: string; expression: Expression } {
  const { condition, names, values } = mayReject(attempt);
  const history = [{ status: 'REJECTED' as const, at, cause: 'INSUFFICIENT_FUNDS' }];
  const transfer: Transfer = { ...orderOf(attempt), status: 'REJECTED', attempts: tries, history };
  const { attempts, ...kept } = transferAttributes({ transfer, ...attempt });
  const fields = Object.entries({ ...kept, history });
  const sets = fields.map(([name], index) =>
    ONCE.has(name) ? `#f${index} = if_not_exists(#f${index}, :f${index})` : `#f${index} = :f${index}`,
  );
  return {
    update: `SET ${sets.join(', ')} ADD attempts :tries, #version :one`,
    expression: {
      condition,
      names: {
        ...names,
        '#version': 'version',
        ...Object.fromEntries(fields.map(([name], index) => [`#f${index}`, name])),
      },
      values: {
        ...values,
        ...Object.fromEntries(fields.map(([, value], index) => [`:f${index}`, value])),
        ':tries': attempts,
        ':one': 1,
      },
    },
  };
}

/** What stays when an order is refused again: that is no other state. */
const ONCE = new Set(['createdAt', 'history']);

/** DynamoDB cannot do to one of the three items what is asked for: somebody has changed the types in it. */
export function unwritable({ input, user, house, shard }: Posting, at: number): GatewayError {
  const keys = [transferKey(input), balanceKey(user), balanceKey(shardId(house, shard))];
  return corruptRow(String(keys[at]?.['pk']), '(types)');
}

export function orderOf({
  input,
  createdAt,
}: PostingAttempt): Omit<Transfer, 'status' | 'attempts' | 'history'> {
  const { transactionId, service, book, type, from, to, amount, asked, reason, requestedBy } = input;
  const order = { transactionId, service, book: book.name, type, from, to, amount };
  return omitUndefined({ ...order, currency: book.currency, asked, reason, requestedBy, createdAt });
}

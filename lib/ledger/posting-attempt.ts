/** One order on its way, and the two writes it can become. */
import { exactNumber } from '../vendors/dynamodb/documents.ts';
import type { Expression, TransactItem } from '../vendors/dynamodb/documents.ts';
import { AMOUNT_LIMIT, formatDecimal } from './decimal.ts';
import type { Units } from './decimal.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { GatewayError } from '../runtime/errors.ts';
import { corruptRow, ordered, settledItem, transferAttributes } from './items.ts';
import type { TransferRow } from './items.ts';
import { balanceKey, bookPartition, entrySort, shardId, transferKey } from './keys.ts';
import type { BalanceId } from './keys.ts';
import type { Book } from './book.ts';
import type { PostInput, Transfer } from './ledger.ts';
import type { Parties } from './post-input.ts';
import { mayReject, maySettle } from './transfer-state.ts';
import type { AttemptIdentity } from './transfer-state.ts';

export interface PostingAttempt extends AttemptIdentity, Parties {
  input: PostInput;
  createdAt: string;
  /** Of the house. */
  shard: number;
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

/** In the order that transfer-state.ts names: row, user, house. @param refusal what the post has read of the row. */
export function settling(
  table: string,
  attempt: PostingAttempt,
  transfer: Transfer,
  { settledAt, refusal }: { settledAt: string; refusal: TransferRow | undefined },
): TransactItem[] {
  const { input, debit, user, house, shard } = attempt;
  const { condition, names, values } = maySettle(refusal);
  const last = entrySort(settledAt, input);
  const gain = debit ? -input.amount : input.amount;
  return [
    {
      Put: omitUndefined({
        TableName: table,
        Item: settledItem({ transfer, ...attempt }, settledAt, shard),
        ConditionExpression: condition,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
      }),
    },
    {
      Update: moving(table, input.book, user, gain, last, {
        condition: debit ? `balance >= :bound AND ${SAME}` : `${NEW} OR (balance <= :bound AND ${SAME})`,
        bound: debit ? input.amount : CEILING,
      }),
    },
    {
      Update: moving(table, input.book, shardId(house, shard), -gain, last, {
        condition: `${NEW} OR (balance ${debit ? '<=' : '>='} :bound AND ${SAME})`,
        bound: debit ? CEILING : -CEILING,
      }),
    },
  ];
}

/** By its key: a row without a balance is no new account, but one that somebody has damaged. */
const NEW = 'attribute_not_exists(pk)';
/** What an account holds is what the book counts, whoever's settings say otherwise. */
const SAME = 'currency = :currency';

function moving(
  table: string,
  book: Book,
  balanceId: BalanceId,
  gain: Units,
  last: string,
  { condition, bound }: { condition: string; bound: Units },
) {
  return {
    TableName: table,
    Key: balanceKey(balanceId),
    // The index entry is written by the first transfer and never changes: it costs no unit afterwards.
    UpdateExpression:
      'ADD balance :gain, entries :one ' +
      'SET currency = :currency, lastTransfer = :last, gsi1pk = :book, gsi1sk = :balanceId',
    ConditionExpression: condition,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    ExpressionAttributeValues: {
      ':gain': exactNumber(formatDecimal(gain)),
      ':one': 1,
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
export function unwritable({ input, user, house, shard }: PostingAttempt, at: number): GatewayError {
  const keys = [transferKey(input), balanceKey(user), balanceKey(shardId(house, shard))];
  return corruptRow(String(keys[at]?.['pk']), '(types)');
}

function orderOf({ input, createdAt }: PostingAttempt): Omit<Transfer, 'status' | 'attempts' | 'history'> {
  const { transactionId, service, book, type, from, to, amount, asked, reason, requestedBy } = input;
  const order = { transactionId, service, book: book.name, type, from, to, amount };
  return omitUndefined({ ...order, currency: book.currency, asked, reason, requestedBy, createdAt });
}

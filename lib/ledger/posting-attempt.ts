/** One order on its way, and the two writes it can become. */
import { exactNumber } from '../vendors/dynamodb/documents.ts';
import type { Expression, TransactItem } from '../vendors/dynamodb/documents.ts';
import { AMOUNT_LIMIT, formatDecimal } from './decimal.ts';
import type { Units } from './decimal.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import { ordered, settledItem, transferAttributes } from './items.ts';
import { balanceKey, bookPartition, entrySort, shardId } from './keys.ts';
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
}

/**
 * No balance passes it: with ten decimals DynamoDB's 38 digits are used up just above. It takes a billion
 * transfers of the largest amount to get there; what would is refused, and nothing moves.
 */
const CEILING: Units = AMOUNT_LIMIT * 10n ** 9n;

export function settledTransfer(attempt: PostingAttempt, attempts: number, settledAt: string): Transfer {
  return ordered({ ...orderOf(attempt), status: 'SETTLED', settledAt, attempts });
}

/** In the order that transfer-state.ts names: row, user, house. */
export function settling(
  table: string,
  attempt: PostingAttempt,
  transfer: Transfer,
  settledAt: string,
): TransactItem[] {
  const { input, debit, user, house, shard } = attempt;
  const { condition, names, values } = maySettle(attempt);
  const last = entrySort(settledAt, input);
  const gain = debit ? -input.amount : input.amount;
  return [
    {
      Put: {
        TableName: table,
        Item: settledItem({ transfer, ...attempt }, settledAt, shard),
        ConditionExpression: condition,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
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

const NEW = 'attribute_not_exists(balance)';
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

/** The update that keeps a refusal; `unacknowledged`: a request of this post may still be on the wire. */
export function rejecting(
  attempt: PostingAttempt,
  tries: number,
  unacknowledged: boolean,
): { update: string; expression: Expression } {
  const { condition, names, values } = mayReject(attempt);
  const transfer: Transfer = { ...orderOf(attempt), status: 'REJECTED', attempts: tries };
  const { attempts, ...kept } = transferAttributes({ transfer, ...attempt });
  const fields = Object.entries(kept);
  // When it was first asked for stays.
  const sets = fields.map(([name], at) =>
    name === 'createdAt' ? `#f${at} = if_not_exists(#f${at}, :f${at})` : `#f${at} = :f${at}`,
  );
  return {
    update: `SET ${sets.join(', ')} ADD attempts :tries${unacknowledged ? ', refused :unacknowledged' : ''}`,
    expression: {
      condition,
      names: { ...names, ...Object.fromEntries(fields.map(([name], at) => [`#f${at}`, name])) },
      values: {
        ...values,
        ...Object.fromEntries(fields.map(([, value], at) => [`:f${at}`, value])),
        ':tries': attempts,
        ...(unacknowledged ? { ':unacknowledged': new Set([attempt.attemptId]) } : {}),
      },
    },
  };
}

function orderOf({ input, createdAt }: PostingAttempt): Omit<Transfer, 'status' | 'attempts'> {
  const { transactionId, service, book, type, from, to, amount, asked, reason, requestedBy } = input;
  const order = { transactionId, service, book: book.name, type, from, to, amount };
  return omitUndefined({ ...order, currency: book.currency, asked, reason, requestedBy, createdAt });
}

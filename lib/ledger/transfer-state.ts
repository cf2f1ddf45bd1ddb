/**
 * The states of a transfer. The journal's row is the idempotency record: one item,
 * `TX#{service}#{transactionId}`.
 *
 * | state      | means                                              | leaves by |
 * |------------|----------------------------------------------------|-----------|
 * | (no row)   | nobody was ever refused or paid under this id       | `settle` → SETTLED, `reject` → REJECTED |
 * | `REJECTED` | refused for lack of funds; nothing moved            | the same order again: `settle` → SETTLED, `reject` → REJECTED |
 * | `SETTLED`  | the money has moved; final                          | never |
 * | `PENDING`  | accepted, to be settled from the stream             | not by a post: it only reads it |
 * | `DEAD`     | given up after bounded tries, a person's turn       | not by a post: it only reads it |
 *
 * `settle` is one transaction: this row and both balances, or none of them. Its condition, and `reject`'s, stand
 * on the row itself, so two posts of one id are ordered by DynamoDB whatever their clocks and processes do.
 *
 * A post that gave up on a request cannot take it back: it may still reach DynamoDB. One that is then refused
 * writes its `attemptId` into the row's `refused`, and `settle` does not hold for those: what was answered with
 * "refused" does not settle behind the caller's back.
 */
import { createHash } from 'node:crypto';
import type { Expression, Item, TransactionCancelled } from '../vendors/dynamodb/documents.ts';
import { formatDecimal } from './decimal.ts';
import { isHouse, parseAccountId } from './account-id.ts';
import type { PostInput, Transfer } from './ledger.ts';
import type { TransferRow } from './items.ts';

/** One call of `post`: the same through all its retries. */
export interface AttemptIdentity {
  attemptId: string;
  fingerprint: string;
}

/**
 * What makes two orders of one id the same: kind, direction, user and the amount that was asked for. What it came to
 * in which book is not part of it: a partner's retry stays the same order when those settings have changed meanwhile.
 */
export function fingerprintOf({ type, from, to, amount, asked }: PostInput): string {
  const user = isHouse(from) ? to : from;
  const side = `${user === to ? 'to' : 'from'} user:${parseAccountId(user)?.id}`;
  const wanted = asked ? `${formatDecimal(asked.amount)} ${asked.currency}` : formatDecimal(amount);
  return createHash('sha256')
    .update(JSON.stringify([type, side, wanted]))
    .digest('base64url');
}

const FREE = 'attribute_not_exists(pk) OR (#status = :rejected AND fingerprint = :fingerprint';

/** (no row) or REJECTED → SETTLED. */
export const maySettle = ({ attemptId, fingerprint }: AttemptIdentity) =>
  ({
    condition: `${FREE} AND NOT contains(refused, :attemptId))`,
    names: { '#status': 'status' },
    values: { ':rejected': 'REJECTED', ':fingerprint': fingerprint, ':attemptId': attemptId },
  }) satisfies Expression;

/** (no row) or REJECTED → REJECTED. */
export const mayReject = ({ fingerprint }: AttemptIdentity) =>
  ({
    condition: `${FREE})`,
    names: { '#status': 'status' },
    values: { ':rejected': 'REJECTED', ':fingerprint': fingerprint },
  }) satisfies Expression;

/** What a row that stood in the way says about this post. */
export type Standing =
  { is: 'ours' | 'replay'; transfer: Transfer } | { is: 'mismatch' | 'refused'; transfer: Transfer };

export function standingOf({ transfer, ...row }: TransferRow, attempt: AttemptIdentity): Standing {
  if (row.fingerprint !== attempt.fingerprint) return { is: 'mismatch', transfer };
  if (transfer.status === 'REJECTED') return { is: 'refused', transfer };
  // Our own row: the reply to an earlier try of this post was lost after its commit.
  return { is: row.attemptId === attempt.attemptId ? 'ours' : 'replay', transfer };
}

/** The items of a `settle`, in this order. */
const ROW = 0;
const USER = 1;
const HOUSE = 2;

/** Why DynamoDB did not settle. */
export type CancellationReason =
  /** The row's condition: somebody was here before (the item, where DynamoDB gave it). */
  | { kind: 'exists'; item: Item | undefined }
  /** Contention or DynamoDB's own trouble: nothing was decided. */
  | { kind: 'contention' }
  /** What no further try can change. */
  | { kind: 'fault' }
  /** A balance's condition: a debit that is not covered, a credit that would not fit, or another currency. */
  | { kind: 'user' | 'house'; item: Item | undefined };

const FAILED = 'ConditionalCheckFailed';

export function cancellationOf({ reasons, fault }: TransactionCancelled): CancellationReason {
  if (reasons[ROW]?.code === FAILED) return { kind: 'exists', item: reasons[ROW].item };
  if (fault !== undefined) return { kind: 'fault' };
  // A balance that was compared beside a conflict may be one that is just being changed: no verdict.
  if (reasons.some(({ code }) => code !== FAILED && code !== 'None')) return { kind: 'contention' };
  if (reasons[USER]?.code === FAILED) return { kind: 'user', item: reasons[USER].item };
  return reasons[HOUSE]?.code === FAILED
    ? { kind: 'house', item: reasons[HOUSE].item }
    : { kind: 'contention' };
}

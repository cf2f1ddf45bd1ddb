/**
 * The states of a transfer. The journal's row is the idempotency record: one item,
 * `TX#{service}#{transactionId}`.
 *
 * | state      | means                                              | leaves by |
 * |------------|----------------------------------------------------|-----------|
 * | (no row)   | nobody was ever refused or paid under this id       | `settle` → SETTLED, `reject` → REJECTED, `accept` → PENDING |
 * | `REJECTED` | refused for lack of funds; nothing moved            | the same order again: `settle` → SETTLED, `reject` → REJECTED, `accept` → PENDING |
 * | `SETTLED`  | the money has moved; final                          | never; once it may be marked as reversed |
 * | `PENDING`  | accepted, to be settled from the stream             | settlement: SETTLED, REJECTED, DEAD (docs/builders/settlement.md); a post only reads it |
 * | `DEAD`     | given up after bounded tries, a person's turn       | `redrive` → PENDING; a post only reads it |
 *
 * `settle` is one transaction: this row and both balances, or none of them. Its condition, and `reject`'s, stand
 * on the row itself, so two posts of one id are ordered by DynamoDB whatever their clocks and processes do.
 *
 * A post that gave up on a request cannot take it back: it may still reach DynamoDB. So `settle` holds only for what its
 * post has seen: no row, or the REJECTED row in the version it read; and every `reject` counts the version up. What was
 * answered with "refused" is thereby out of reach of all that was on its way at that moment, whoever sent it.
 */
import { createHash } from 'node:crypto';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Expression, Item, TransactionCancelled } from '../vendors/dynamodb/documents.ts';
import { formatDecimal } from './decimal.ts';
import type { OrderContent } from './ledger.ts';
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
export function fingerprintOf({ type, house, userId, wanted }: OrderContent): string {
  const side = `${house === 'from' ? 'to' : 'from'} user:${userId}`;
  const { amount, currency } = wanted;
  const text = `${formatDecimal(amount)}${currency === undefined ? '' : ` ${currency}`}`;
  return createHash('sha256')
    .update(JSON.stringify([type, side, text]))
    .digest('base64url');
}

/**
 * The row is as it was read, in this state and version; or, where nothing was read, there is none. Of every write that
 * takes a row on to another state: what is on its way names a version, and has no effect once the row has left it.
 */
export function isAsSeen(seen: TransferRow | undefined): Expression {
  if (!seen) return { condition: 'attribute_not_exists(pk)' };
  const { version, transfer } = seen;
  return {
    condition: `#status = :status AND ${version === 0 ? 'attribute_not_exists(#version)' : '#version = :version'}`,
    names: { '#status': 'status', '#version': 'version' },
    values: { ':status': transfer.status, ...(version === 0 ? {} : { ':version': version }) },
  };
}

/** (no row) or REJECTED, in whatever version, → REJECTED. */
export const mayReject = ({ fingerprint }: AttemptIdentity) =>
  ({
    condition: 'attribute_not_exists(pk) OR (#status = :rejected AND fingerprint = :fingerprint)',
    names: { '#status': 'status' },
    values: { ':rejected': 'REJECTED', ':fingerprint': fingerprint },
  }) satisfies Expression;

/** What a row that stood in the way says about this post. */
export type Standing = 'ours' | 'replay' | 'refused' | 'mismatch';

export function standingOf({ transfer, ...row }: TransferRow, attempt: AttemptIdentity): Standing {
  if (row.fingerprint !== attempt.fingerprint) return 'mismatch';
  if (transfer.status === 'REJECTED') return 'refused';
  // Our own row: the reply to an earlier try of this post was lost after its commit.
  return row.attemptId === attempt.attemptId ? 'ours' : 'replay';
}

/** The items of a `settle`, in this order. */
const ROW = 0;
const USER = 1;
const HOUSE = 2;

/** A condition that did not hold, and the item it was about, where DynamoDB gave it. */
export interface Failed {
  item: Item | undefined;
}

/** Why DynamoDB did not settle. */
export type CancellationReason =
  /** Contention or DynamoDB's own trouble: nothing was decided. */
  | { kind: 'contention' }
  /** What no further try can change: an update that the item does not allow, as somebody has changed its types. */
  | { kind: 'impossible'; at: number }
  /** Somebody was here before, or (`row` absent) a balance is in the way. */
  | { kind: 'conditions'; row?: Failed; user?: Failed; house?: Failed };

const FAILED = 'ConditionalCheckFailed';

export function cancellationOf({ reasons, fault }: TransactionCancelled): CancellationReason {
  const failed = (at: number) => (reasons[at]?.code === FAILED ? { item: reasons[at].item } : undefined);
  const row = failed(ROW);
  // A balance that was compared beside a conflict may be one that is just being changed: no verdict.
  const isQuiet = reasons.every(({ code }) => code === FAILED || code === 'None');
  if (row && !isQuiet) return { kind: 'conditions', row };
  if (fault !== undefined) {
    return { kind: 'impossible', at: reasons.findIndex(({ code }) => code === fault) };
  }
  if (!isQuiet) return { kind: 'contention' };
  const found = omitUndefined({ row, user: failed(USER), house: failed(HOUSE) });
  return Object.keys(found).length > 0 ? { kind: 'conditions', ...found } : { kind: 'contention' };
}

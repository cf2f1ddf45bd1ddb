/** Takes a settled transfer back, once: a transfer of its own in the other direction, and a mark on the first. */
import { createHash } from 'node:crypto';
import { TransactionCancelled } from '../vendors/dynamodb/documents.ts';
import type { TransactItem } from '../vendors/dynamodb/documents.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import { invalid } from '../runtime/field-errors.ts';
import { DEFAULT_PATIENCE_MS, backOff } from './contention.ts';
import { ordered, readTransfer } from './items.ts';
import { shardOf, transferKey } from './keys.ts';
import type { TransferId } from './keys.ts';
import type { ReverseInput, Transfer } from './ledger.ts';
import { postingOf, settling, unwritable } from './posting-attempt.ts';
import type { PostingDeps } from './posting.ts';
import { cancellationOf } from './transfer-state.ts';
import { refuseUnfit } from './unfit-balance.ts';

/** One call: the id of the reversal is the same through all its tries. */
interface Call {
  id: string;
  tries: number;
}

/**
 * Once: the mark on the first transfer is part of the transaction, and its condition.
 * @throws `NOT_FOUND`; `NOT_REVERSIBLE` for what has not settled or is itself a reversal; `ALREADY_REVERSED` naming by what;
 *   `INSUFFICIENT_FUNDS`; `STORE_UNAVAILABLE` (unknown outcome: ask again).
 */
export async function reverse(deps: PostingDeps, input: ReverseInput): Promise<Transfer> {
  const { clock, random } = deps;
  const deadlineAt = input.deadlineAt ?? clock.now() + DEFAULT_PATIENCE_MS;
  const id = `reversal-${random.uuid()}`;
  for (let tries = 1; ; tries++) {
    let trouble: unknown;
    try {
      const found = await reversible(deps, input, id);
      const reversal =
        'reversal' in found ? found.reversal : await attempt(deps, input, found.original, { id, tries });
      if (reversal) return reversal;
    } catch (error) {
      if (!isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
      trouble = error;
    }
    await backOff({ clock, random, deadlineAt }, tries, trouble);
  }
}

/** The transfer to take back, or what this very call has made of it before an answer was lost. */
async function reversible(
  { documents, table }: PostingDeps,
  { service, transactionId }: ReverseInput,
  id: string,
): Promise<{ original: Transfer } | { reversal: Transfer }> {
  const read = async (id: TransferId) => {
    const item = await documents.get(table, transferKey(id), { consistent: true });
    return item && readTransfer(item).transfer;
  };
  const transfer = await read({ service, transactionId });
  if (!transfer) throw new GatewayError('NOT_FOUND', `${service} has no transfer ${transactionId}.`);
  const { status, type, reversedBy } = transfer;
  if (status !== 'SETTLED') {
    throw new GatewayError(
      'NOT_REVERSIBLE',
      `The transfer is ${status}: only what has settled can be reversed.`,
    );
  }
  if (type === 'reversal') throw new GatewayError('NOT_REVERSIBLE', 'A reversal cannot be reversed.');
  if (reversedBy === undefined) return { original: transfer };
  const reversal = reversedBy === id ? await read({ service, transactionId: id }) : undefined;
  if (reversal) return { reversal };
  throw new GatewayError('ALREADY_REVERSED', `It was reversed before, by ${reversedBy}.`, {
    members: { reversedBy },
  });
}

/** Place of the mark among the items, after those of `settling`. */
const MARK = 3;

/** @returns `undefined` where nothing was decided. */
async function attempt(
  deps: PostingDeps,
  input: ReverseInput,
  original: Transfer,
  call: Call,
): Promise<Transfer | undefined> {
  const settledAt = new Date(deps.clock.now()).toISOString();
  const reversal = reversalOf(original, input, call, settledAt);
  const posting = postingOf(reversal, {
    shard: shardOf(reversal, input.houseShards),
    fingerprint: fingerprintOf(reversal),
    attemptId: call.id,
  });
  const items = [
    ...settling(deps.table, posting, reversal, { settledAt, seen: undefined }),
    marking(deps.table, original, reversal.transactionId),
  ];
  try {
    await deps.documents.transact(items);
    return reversal;
  } catch (error) {
    if (!(error instanceof TransactionCancelled)) throw error;
    // Marked by somebody else meanwhile: then the balance says nothing of this reversal.
    if (error.reasons[MARK]?.code === 'ConditionalCheckFailed') return undefined;
    const cancellation = cancellationOf(error);
    if (cancellation.kind === 'impossible') throw unwritable(posting, cancellation.at);
    if (cancellation.kind === 'contention' || cancellation.row) return undefined;
    refuseUnfit(posting.input.book, [cancellation.user, cancellation.house]);
    if (cancellation.user && posting.debit) {
      throw new GatewayError('INSUFFICIENT_FUNDS', 'The balance does not cover what would be taken back.');
    }
    if (cancellation.user || cancellation.house)
      throw invalid('amount', 'would take a balance past what can be kept exactly');
    return undefined;
  }
}

function reversalOf(
  { transactionId, service, book, from, to, amount, currency, asked }: Transfer,
  { reason, requestedBy }: ReverseInput,
  { id, tries: attempts }: Call,
  settledAt: string,
): Transfer {
  return ordered({
    transactionId: id,
    service,
    book,
    type: 'reversal',
    status: 'SETTLED',
    from: to,
    to: from,
    amount,
    currency,
    asked,
    reason,
    requestedBy,
    createdAt: settledAt,
    settledAt,
    attempts,
    history: [{ status: 'SETTLED', at: settledAt }],
    reverses: transactionId,
  });
}

const fingerprintOf = ({ service, reverses }: Transfer): string =>
  createHash('sha256')
    .update(JSON.stringify(['reversal', service, reverses]))
    .digest('base64url');

/** SETTLED stays SETTLED: the only thing that is ever added to it. */
const marking = (table: string, original: Transfer, reversedBy: string): TransactItem => ({
  Update: {
    TableName: table,
    Key: transferKey(original),
    UpdateExpression: 'SET reversedBy = :by',
    ConditionExpression: '#status = :settled AND attribute_not_exists(reversedBy)',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: { ':by': reversedBy, ':settled': 'SETTLED' },
  },
});

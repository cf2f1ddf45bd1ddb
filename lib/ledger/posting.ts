/** Moves money: one transaction of three items, which is also the idempotency record. No read before it. */
import { ConditionFailed, TransactionCancelled } from '../vendors/dynamodb/documents.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import { invalid } from '../runtime/field-errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { DEFAULT_PATIENCE_MS, backOff } from './contention.ts';
import { readTransfer } from './items.ts';
import { shardOf, transferKey } from './keys.ts';
import type { Book } from './book.ts';
import type { PostInput, Posted } from './ledger.ts';
import { rejecting, settledTransfer, settling } from './posting-attempt.ts';
import type { PostingAttempt } from './posting-attempt.ts';
import { partiesOf } from './post-input.ts';
import { fingerprintOf, cancellationOf, standingOf } from './transfer-state.ts';

export interface PostingDeps {
  documents: Documents;
  table: string;
  clock: Clock;
  random: Random;
}

/** `Ledger.post`. */
export async function post(deps: PostingDeps, input: PostInput): Promise<Posted> {
  const { clock, random } = deps;
  const startedAt = clock.now();
  const attempt: PostingAttempt = {
    input,
    ...partiesOf(input),
    attemptId: random.uuid(),
    fingerprint: fingerprintOf(input),
    createdAt: new Date(startedAt).toISOString(),
    shard: shardOf(input, input.book.houseShards),
  };
  const patience = { clock, random, deadlineAt: input.deadlineAt ?? startedAt + DEFAULT_PATIENCE_MS };
  /** A request of ours went without an answer: it may still arrive. */
  let unacknowledged = false;
  for (let tries = 1; ; tries++) {
    let trouble: unknown;
    try {
      const posted = await settle(deps, attempt, tries, unacknowledged);
      if (posted) return posted;
    } catch (error) {
      if (!isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
      trouble = error;
      unacknowledged = true;
    }
    await backOff(patience, tries, trouble);
  }
}

/** One try. @returns `undefined` where nothing was decided. */
async function settle(
  deps: PostingDeps,
  attempt: PostingAttempt,
  tries: number,
  unacknowledged: boolean,
): Promise<Posted | undefined> {
  const settledAt = new Date(deps.clock.now()).toISOString();
  const transfer = settledTransfer(attempt, tries, settledAt);
  try {
    await deps.documents.transact(settling(deps.table, attempt, transfer, settledAt));
    return { transfer, replayed: false };
  } catch (error) {
    if (!(error instanceof TransactionCancelled)) throw error;
    const cancellation = cancellationOf(error);
    if (cancellation.kind === 'contention') return undefined;
    if (cancellation.kind === 'fault') throw unpostable(error);
    if (cancellation.kind === 'exists') return await standing(deps, attempt, cancellation.item);
    refuseOtherCurrency(attempt.input.book, cancellation.item);
    if (cancellation.kind === 'user' && attempt.debit)
      return await reject(deps, attempt, tries, unacknowledged);
    throw full();
  }
}

/**
 * Keeps that the order was refused, unless another delivery has settled it meanwhile.
 * @throws `INSUFFICIENT_FUNDS` once that is written.
 */
async function reject(
  deps: PostingDeps,
  attempt: PostingAttempt,
  tries: number,
  unacknowledged: boolean,
): Promise<Posted | undefined> {
  const { update, expression } = rejecting(attempt, tries, unacknowledged);
  try {
    await deps.documents.update(deps.table, transferKey(attempt.input), update, expression);
  } catch (error) {
    if (error instanceof ConditionFailed) return standing(deps, attempt, error.item);
    throw error;
  }
  throw insufficient();
}

/** What the row that stood in the way means for this post. An engine that did not give it is asked. */
async function standing(
  deps: PostingDeps,
  attempt: PostingAttempt,
  given: Item | undefined,
): Promise<Posted | undefined> {
  const { documents, table } = deps;
  const { service, transactionId } = attempt.input;
  const item = given ?? (await documents.get(table, transferKey(attempt.input), { consistent: true }));
  // No row is ever deleted; if one is gone all the same, the next try finds out.
  if (item === undefined) return undefined;
  const found = standingOf(readTransfer(item), attempt);
  if (found.is === 'refused') throw insufficient();
  if (found.is !== 'mismatch') return { transfer: found.transfer, replayed: found.is === 'replay' };
  throw new GatewayError('IDEMPOTENCY_MISMATCH', 'This transactionId belongs to another order.', {
    internal: { service, transactionId, standing: found.transfer.status },
  });
}

const insufficient = () => new GatewayError('INSUFFICIENT_FUNDS', 'The balance does not cover the amount.');

/** Somebody has changed the book's currency, or opened another by its name: nothing moves until that is mended. */
function refuseOtherCurrency({ name, currency }: Book, balance: Item | undefined): void {
  const held = balance?.['currency'];
  if (typeof held !== 'string' || held === currency) return;
  throw new GatewayError(
    'CONFIGURATION_ERROR',
    `The accounts of the book ${name} hold ${held}, not ${currency}.`,
  );
}

const unpostable = (cause: TransactionCancelled) =>
  new GatewayError('INTERNAL', 'DynamoDB will never carry out this transfer.', {
    cause,
    internal: { reason: cause.fault ?? '' },
  });

const full = () => invalid('amount', 'would take a balance past what can be kept exactly');

/** Moves money: one transaction of three items, which is also the idempotency record. No read before it. */
import { ConditionFailed, TransactionCancelled } from '../vendors/dynamodb/documents.ts';
import type { Documents } from '../vendors/dynamodb/documents.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import { invalid } from '../runtime/field-errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { DEFAULT_PATIENCE_MS, backOff } from './contention.ts';
import type { TransferRow } from './items.ts';
import { shardOf, transferKey } from './keys.ts';
import type { PostInput, Posted } from './ledger.ts';
import { rejecting, settledTransfer, settling, unwritable } from './posting-attempt.ts';
import type { PostingAttempt } from './posting-attempt.ts';
import { contentOf, partiesOf } from './post-input.ts';
import { accept } from './settlement/accept.ts';
import { standingInTheWay } from './standing.ts';
import { cancellationOf, fingerprintOf } from './transfer-state.ts';
import { refuseUnfit } from './unfit-balance.ts';

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
  const deadlineAt = input.deadlineAt ?? startedAt + DEFAULT_PATIENCE_MS;
  const parties = partiesOf(input);
  const attempt: PostingAttempt = {
    input,
    ...parties,
    attemptId: random.uuid(),
    fingerprint: fingerprintOf(contentOf(input, parties)),
    createdAt: new Date(startedAt).toISOString(),
    shard: shardOf(input, input.book.houseShards),
    deadlineAt,
  };
  const accepted = () => persist(deps, deadlineAt, () => accept(deps, attempt));
  if (input.settlement === 'QUEUED') return accepted();
  if (input.settlement === undefined)
    return persist(deps, deadlineAt, (tries) => settle(deps, attempt, tries));
  try {
    return await persist(deps, deadlineAt - ACCEPT_MS, (tries) => settle(deps, attempt, tries));
  } catch (error) {
    if (!isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
    // What it has sent and not heard of is void from then on, or was quicker and is found.
    return accepted();
  }
}

/** Reserved for taking the order on where it cannot be posted in time, milliseconds. */
const ACCEPT_MS = 1_000;

/** Tries until something is decided. @throws `STORE_UNAVAILABLE` at the deadline. */
async function persist(
  { clock, random }: PostingDeps,
  deadlineAt: number,
  attempt: (tries: number) => Promise<Posted | undefined>,
): Promise<Posted> {
  for (let tries = 1; ; tries++) {
    let trouble: unknown;
    try {
      const posted = await attempt(tries);
      if (posted) return posted;
    } catch (error) {
      if (!isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
      trouble = error;
    }
    await backOff({ clock, random, deadlineAt }, tries, trouble);
  }
}

/**
 * One try: for an order that nobody has met yet, or on top of a refusal that was read.
 * @returns `undefined` where nothing was decided.
 */
async function settle(
  deps: PostingDeps,
  attempt: PostingAttempt,
  tries: number,
  refusal?: TransferRow,
): Promise<Posted | undefined> {
  const settledAt = new Date(deps.clock.now()).toISOString();
  const transfer = settledTransfer(attempt, { attempts: tries, settledAt, refusal });
  try {
    await deps.documents.transact(settling(deps.table, attempt, transfer, { settledAt, seen: refusal }));
    return { transfer, replayed: false };
  } catch (error) {
    if (!(error instanceof TransactionCancelled)) throw error;
    const cancellation = cancellationOf(error);
    if (cancellation.kind === 'contention') return undefined;
    if (cancellation.kind === 'impossible') throw unwritable(attempt, cancellation.at);
    const { row, user, house } = cancellation;
    const standing = row && (await standingInTheWay(deps, attempt.input, attempt, row.item));
    if (row && !standing?.refusal) return standing?.posted;
    refuseUnfit(attempt.input.book, [user, house]);
    if (user && attempt.debit) return await reject(deps, attempt, tries);
    if (!standing?.refusal) throw full();
    // One that keeps changing is waited for; past the deadline nothing may be sent that could still settle.
    const mayGoOn = !refusal && deps.clock.now() < attempt.deadlineAt;
    return mayGoOn ? settle(deps, attempt, tries, standing.refusal) : undefined;
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
): Promise<Posted | undefined> {
  const { update, expression } = rejecting(attempt, tries, new Date(deps.clock.now()).toISOString());
  try {
    await deps.documents.update(deps.table, transferKey(attempt.input), update, expression);
  } catch (error) {
    if (error instanceof ConditionFailed)
      return (await standingInTheWay(deps, attempt.input, attempt, error.item))?.posted;
    throw error;
  }
  throw new GatewayError('INSUFFICIENT_FUNDS', 'The balance does not cover the amount.');
}

const full = () => invalid('amount', 'would take a balance past what can be kept exactly');

import type { Documents } from '../../vendors/dynamodb/documents.ts';
import { GatewayError, isGatewayError } from '../../runtime/errors.ts';
import { remaining } from '../../runtime/clock.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { MAX_BODY_BYTES, answerOf, recordKey } from './claim-state.ts';
import type { Attempt, ClaimRecord } from './claim-state.ts';
import { createClaims } from './claims.ts';
import type { Claims } from './claims.ts';
import type { WorkResult, Idempotency, IdempotentRequest, StoredAnswer } from './idempotency.ts';

export interface IdempotencyOptions {
  documents: Documents;
  table: string;
  clock: Clock;
  random: Pick<Random, 'uuid'>;
  /** How much longer than its caller's deadline a claim holds, milliseconds: time to save the answer. */
  claimMarginMs?: number;
  log?: { warn(message: string, fields?: Record<string, unknown>): void };
}

const POLL_MS = { first: 50, most: 500 };
/** Reserved from a waiter's time for the 409 to arrive. */
const ANSWER_MARGIN_MS = 50;
const SAVE_DELAYS_MS = [50, 100, 200, 400, 800];

type Outcome = Awaited<ReturnType<Idempotency['run']>>;

/** See docs/builders/idempotency.md for the failures and what each leads to. */
export function createIdempotency(options: IdempotencyOptions): Idempotency {
  const { documents, table, clock, random, claimMarginMs = 5_000, log } = options;
  const claims = createClaims(documents, table, clock);
  const warn = (message: string, error?: unknown) => log?.warn(message, error === undefined ? {} : { error });

  return {
    async run(request, work) {
      const attempt: Attempt = {
        pk: recordKey(request.scope, request.key),
        owner: random.uuid(),
        fingerprint: request.fingerprint,
      };
      for (;;) {
        // Never in the past, whatever time is left (I2).
        const claimExpiresAt = Math.max(request.deadline.at, clock.now()) + claimMarginMs;
        const existing = await claims.claim(attempt, claimExpiresAt);
        if (existing === 'acquired') return execute(attempt, request, work);
        const settled = await untilSettled(existing, request, attempt, claims, clock);
        if (settled) return replay(settled);
      }
    },
  };

  async function execute(
    attempt: Attempt,
    request: IdempotentRequest,
    work: () => Promise<WorkResult>,
  ): Promise<Outcome> {
    let result: WorkResult;
    try {
      result = await work();
    } catch (error) {
      await settleFailure(attempt, error);
      throw error;
    }
    if (result.keep) return save(attempt, result.answer, request);
    await release(attempt);
    return { answer: result.answer, replayed: false };
  }

  /** No effect for certain: the key is free. Ambiguous: busy until the claim expires. An internal error: final. */
  async function settleFailure(attempt: Attempt, error: unknown): Promise<void> {
    if (!isGatewayError(error) || error.code === 'INTERNAL') {
      await claims
        .giveUp(attempt)
        .catch((e: unknown) => warn('An unresolved idempotency key stays claimed.', e));
    } else if (!error.mayHaveHadEffect) {
      await release(attempt);
    }
  }

  async function release(attempt: Attempt): Promise<void> {
    await claims
      .release(attempt)
      .catch((e: unknown) => warn('An idempotency key stays claimed until its claim expires.', e));
  }

  /** The effect has happened: the caller gets its answer whatever becomes of the record (I4). */
  async function save(
    attempt: Attempt,
    answer: StoredAnswer,
    { deadline }: IdempotentRequest,
  ): Promise<Outcome> {
    const own = { answer, replayed: false };
    for (const delay of [...SAVE_DELAYS_MS, undefined]) {
      try {
        const existing = await claims.complete(attempt, answer);
        if (existing === 'saved') return own;
        warn('A late worker lost its idempotency key to another worker.');
        return answerOfSuccessor(existing, attempt) ?? own;
      } catch (error) {
        if (delay === undefined || clock.now() + delay > deadline.at) {
          warn('The answer to an idempotency key could not be saved.', error);
          return own;
        }
      }
      await clock.sleep(delay);
    }
    return own;
  }
}

/**
 * Waits while another attempt is at work.
 * @returns the final record; `undefined` when the key is free to claim (again).
 */
async function untilSettled(
  first: ClaimRecord | undefined,
  { deadline }: IdempotentRequest,
  { pk, fingerprint }: Attempt,
  claims: Claims,
  clock: Clock,
): Promise<Exclude<ClaimRecord, { state: 'claimed' }> | undefined> {
  let record = first;
  for (let delay = POLL_MS.first; ; delay = Math.min(2 * delay, POLL_MS.most)) {
    if (!record) return undefined;
    if (record.fingerprint !== fingerprint) throw mismatch();
    if (record.state !== 'claimed') return record;
    const busyFor = record.claimExpiresAt - clock.now();
    if (busyFor <= 0) return undefined;
    const left = remaining(deadline, clock) - ANSWER_MARGIN_MS;
    if (left <= 0) throw inProgress(busyFor);
    await clock.sleep(Math.min(delay, left, busyFor));
    record = await claims.read(pk);
  }
}

function replay(record: Exclude<ClaimRecord, { state: 'claimed' }>): Outcome {
  if (record.state === 'unresolved') throw unresolvable();
  const answer = answerOf(record);
  if (!answer) throw tooLong(record);
  return { answer, replayed: true };
}

/** A request that outlived its claim gets the same answer as every other one, where that is known (I3). */
function answerOfSuccessor(existing: ClaimRecord | undefined, { fingerprint }: Attempt): Outcome | undefined {
  if (existing?.state !== 'completed' || existing.fingerprint !== fingerprint) return undefined;
  const answer = answerOf(existing);
  return answer && { answer, replayed: true };
}

const mismatch = () =>
  new GatewayError('IDEMPOTENCY_MISMATCH', 'This Idempotency-Key was used for another request.');

const inProgress = (busyForMs: number) =>
  new GatewayError(
    'IDEMPOTENCY_IN_PROGRESS',
    'The first request with this Idempotency-Key is still running.',
    {
      retryAfterSeconds: Math.max(1, Math.ceil(busyForMs / 1_000)),
    },
  );

const unresolvable = () =>
  new GatewayError(
    'IDEMPOTENCY_IN_PROGRESS',
    'The first request with this Idempotency-Key was interrupted and may have had its effect: it is not sent again. ' +
      'Check with the third party, then use a new key.',
    { retryable: false, mayHaveHadEffect: true },
  );

const tooLong = ({ status, bodyBytes }: { status: number; bodyBytes: number }) =>
  new GatewayError(
    'RESPONSE_TOO_LARGE',
    `The first request with this Idempotency-Key was answered with status ${status}; its body of ${bodyBytes} ` +
      `bytes was over the ${MAX_BODY_BYTES} that are kept, so it cannot be repeated. It is not sent again.`,
    { retryable: false, mayHaveHadEffect: true },
  );

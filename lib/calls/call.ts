/** One call to a third party: who makes it, what differs between kinds of calls, and what is known of it afterwards. */
import type { Answer } from '../definition/predicate/answer.ts';
import type { Deadline } from '../runtime/clock.ts';
import { isGatewayError } from '../runtime/errors.ts';
import type { GuardDecision } from './guard/guard.ts';
import type { SentSecrets } from './mask-sent.ts';
import type { FailedStep, SendInput, SendProgress } from './send-with-retry.ts';

/** Who calls, and the deadline for the answer. */
export interface CallContext {
  requestId: string;
  caller: string;
  deadline: Deadline;
  idempotencyKey?: string | undefined;
  /** The account to take, of several; absent: the least used that is fit. */
  account?: string | undefined;
}

/** What step 7 records of a call, besides what the pipeline knows itself. */
export interface CallLabel {
  operation?: string;
  method: string;
  path: string;
  /** Redacted already. */
  request?: string | undefined;
}

/** Facts about a call: for headers, `meta` and the call log. */
export interface CallMeta {
  /** The service is in `TESTING`: its callers may see why something failed. */
  reveal: boolean;
  attempts: number;
  cached: boolean;
  stale: boolean;
  /** Some request of this call may have had its effect, whatever became of the last one. */
  mayHaveHadEffect: boolean;
  origin?: SendProgress['origin'];
  /** Of several, the one that was taken. */
  account?: string | undefined;
  quota?: GuardDecision['quota'];
  timing: { guardMs: number; sessionMs: number; upstreamMs: number };
  durationMs: number;
}

export interface AboutAnswer {
  refused: boolean;
  step: FailedStep | undefined;
}

/** What differs between kinds of calls (operation, raw proxy, captcha solver). */
export interface CallSpec<T> {
  label: CallLabel;
  /** Redis key of a cached answer, read in the guard's round trip. */
  cacheKey?: string;
  /** How long an answer under `cacheKey` is fresh. */
  cacheSeconds?: number;
  /** A cached value that may answer. `stale`: only because the service is down. */
  fromCache?(value: string | null | undefined, when: 'fresh' | 'stale'): T | undefined;
  send: Pick<
    SendInput,
    | 'operation'
    | 'build'
    | 'before'
    | 'isNamed'
    | 'repeatable'
    | 'retries'
    | 'timeoutSeconds'
    | 'maxBytes'
    | 'charset'
  >;
  /**
   * The third party's answer as a result; throws `PLATFORM_API_ERROR`, `PLATFORM_BUSY`, `PLATFORM_UNAVAILABLE`, and
   * `AUTHENTICATION_FAILED` when it `refused` the credentials.
   * @param about what is known of the answer: whether it refused the credentials, and which step it is of.
   */
  interpret(answer: Answer, secrets: SentSecrets, about: AboutAnswer): Promise<T> | T;
  /** For the record: what the caller gets, and a redacted excerpt of it. */
  outcome(
    result: T,
    secrets: SentSecrets,
  ): { status: number; upstreamStatus?: number; response?: string | undefined };
  failureStatus: (error: unknown) => number;
}

export interface Called<T> {
  result: T;
  meta: CallMeta;
}

/** A failed call, with what is known of it. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly meta: CallMeta;
  constructor(cause: unknown, meta: CallMeta) {
    super('A call failed.', { cause });
    this.meta = meta;
  }
}

/** The failure of a call, without `CallFailed` around it. */
export const causeOf = (error: unknown): unknown => (error instanceof CallFailed ? error.cause : error);

/** Is it proven that the third party has acted on nothing? An error of ours proves nothing. */
export function hadNoEffect(error: unknown): boolean {
  const cause = causeOf(error);
  if (!isGatewayError(cause) || cause.code === 'INTERNAL') return false;
  return !cause.mayHaveHadEffect && !(error instanceof CallFailed && error.meta.mayHaveHadEffect);
}

/** For capabilities that call third parties themselves: failures are not wrapped. */
export async function unwrapped<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw causeOf(error);
  }
}

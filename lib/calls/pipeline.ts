/**
 * The call pipeline (SPEC 4): every outbound request goes the same way. find → guard → cache → authenticate
 * → send → classify and retry → record. See docs/builders/pipeline.md.
 */
import type { CallLog, CallRecord } from './log/call-log.ts';
import type { AccountChoice, AccountTurn } from './accounts/account-choice.ts';
import { subjectOf } from '../definition/account.ts';
import type { Guard, GuardDecision } from './guard/guard.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import type { Answer } from '../definition/predicate/answer.ts';
import type { CallableService } from './definition.ts';
import { isSwitchedOff } from '../definition/service.ts';
import type { ServiceCatalog } from '../definition/service.ts';
import type { Deadline } from '../runtime/clock.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import { sendWithRetry } from './send-with-retry.ts';
import type { FailedStep, SendInput, SendDeps, SendProgress } from './send-with-retry.ts';
import { NOTHING_SENT } from './mask-sent.ts';
import type { SentSecrets } from './mask-sent.ts';
import { refuseUnknownStatus } from './unknown-status.ts';

export interface PipelineDeps extends SendDeps {
  catalog: ServiceCatalog<CallableService>;
  guard: Guard;
  accounts: AccountChoice;
  calls: CallLog;
}

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

/** Refuses services that are switched off. */
export async function findService(
  catalog: ServiceCatalog<CallableService>,
  code: string,
): Promise<CallableService> {
  const service = await catalog.find(code);
  const { status } = service.definition;
  if (isSwitchedOff(status)) {
    throw new GatewayError('SERVICE_UNAVAILABLE', `${code} is ${status}.`, { retryAfterSeconds: 60 });
  }
  return service;
}

/** Runs one call. Rejects with `CallFailed`, whose cause is the failure. */
export async function runCall<T>(
  service: CallableService,
  spec: CallSpec<T>,
  context: CallContext,
  deps: PipelineDeps,
): Promise<Called<T>> {
  const { clock } = deps;
  const startedAt = clock.now();
  const progress: SendProgress = { attempts: 0, sessionMs: 0, upstreamMs: 0 };
  const state = {
    guardMs: 0,
    cached: false,
    stale: false,
    account: undefined as string | undefined,
    quota: undefined as GuardDecision['quota'],
  };
  const meta = (): CallMeta => ({
    reveal: service.definition.status === 'TESTING',
    attempts: progress.attempts,
    cached: state.cached,
    stale: state.stale,
    mayHaveHadEffect: progress.mayHaveHadEffect ?? false,
    origin: progress.origin,
    account: state.account,
    quota: state.quota,
    timing: { guardMs: state.guardMs, sessionMs: progress.sessionMs, upstreamMs: progress.upstreamMs },
    durationMs: clock.now() - startedAt,
  });

  const secrets = () => progress.secrets ?? NOTHING_SENT;
  let decision: GuardDecision | undefined;
  let upstreamStatus: number | undefined;

  /** Step 2. */
  const decide = async (turn: AccountTurn): Promise<GuardDecision> => {
    const askedAt = clock.now();
    decision = await deps.guard.check(service, {
      // A refusal has left the breaker as it was.
      admitted: decision?.refusal ? undefined : decision,
      ...omitUndefined({
        candidates: turn.candidates(),
        stateKey: deps.authenticator.stateKey(service),
        cacheKey: spec.cacheKey,
        cacheSeconds: spec.cacheSeconds,
      }),
    });
    state.guardMs += clock.now() - askedAt;
    state.quota = decision.quota;
    state.account = decision.account;
    return decision;
  };

  /** Steps 2 to 6, on one account. `accountFailed`: the call itself was not acted on. */
  const attemptOn = async (turn: AccountTurn): Promise<T> => {
    const { account, refusal, state: storedState, cached } = await decide(turn);
    if (refusal?.code === 'QUOTA_EXCEEDED') {
      progress.accountFailed = true;
      throw refused(service, refusal, account);
    }
    const fresh = spec.fromCache?.(cached, 'fresh');
    if (fresh !== undefined) {
      state.cached = true;
      state.account = context.account;
      return fresh;
    }
    if (refusal) {
      state.account = context.account;
      throw refused(service, refusal, undefined);
    }
    const answer = await sendWithRetry(
      {
        service: account === undefined ? service : { ...service, account },
        ...spec.send,
        deadline: context.deadline,
        storedState,
        failsOver: turn.hasOthers(decision!),
        otherSecrets: turn.secrets,
      },
      progress,
      deps,
    );
    upstreamStatus = answer.status;
    if (!progress.step) refuseUnknownStatus(service, answer, secrets());
    if (progress.refused && turn.hasOthers(decision!)) throw credentialsRefused(service, account);
    const { refused: isRefused = false, step } = progress;
    return await spec.interpret(answer, secrets(), { refused: isRefused, step });
  };

  /** One account after the other, while they fail for what they are. */
  const attemptOnAny = async (): Promise<T> => {
    const operation = spec.send.operation;
    const turn = await deps.accounts.begin(service, { pinned: context.account, operation });
    for (;;) {
      try {
        return await attemptOn(turn);
      } catch (error) {
        if (!progress.accountFailed || state.account === undefined) throw error;
        if (!turn.failed(decision!, error)) {
          const soonest = turn.soonest();
          state.account = soonest.account;
          throw soonest.error;
        }
      }
      delete progress.refused;
      delete progress.accountFailed;
      delete progress.origin;
      upstreamStatus = undefined;
    }
  };

  const attempt = async (): Promise<T> => {
    try {
      return await attemptOnAny();
    } catch (error) {
      const old = isDown(error) && decision ? spec.fromCache?.(decision.cached, 'stale') : undefined;
      if (old === undefined) throw error;
      state.cached = true;
      state.stale = true;
      state.account = context.account;
      await recordBreakerOutcome(service, decision!, error, upstreamStatus, deps);
      return old;
    }
  };

  try {
    const result = await attempt();
    const { status, upstreamStatus: seen, response } = spec.outcome(result, secrets());
    await Promise.all([
      state.cached ? undefined : recordBreakerOutcome(service, decision!, undefined, seen, deps),
      deps.calls.write(recordOf({ status, upstreamStatus: seen, response })),
    ]);
    return { result, meta: meta() };
  } catch (error) {
    // An answer that could not be read still counts as an answer.
    upstreamStatus ??= isGatewayError(error) ? error.upstream?.status : undefined;
    await Promise.all([
      decision && !decision.refusal
        ? recordBreakerOutcome(service, decision, error, upstreamStatus, deps)
        : undefined,
      deps.calls.write(
        recordOf({
          status: spec.failureStatus(error),
          code: isGatewayError(error) ? error.code : 'INTERNAL',
          upstreamStatus,
          ...factsOf(error),
        }),
      ),
    ]);
    throw new CallFailed(error, meta());
  }

  function recordOf(outcome: {
    status: number;
    code?: string;
    upstreamStatus?: number | undefined;
    cause?: string | undefined;
    response?: string | undefined;
  }): CallRecord {
    const { label } = spec;
    const now = clock.now();
    return {
      id: deps.random.id(now),
      at: new Date(startedAt).toISOString(),
      service: service.definition.code,
      ...(state.account === undefined ? {} : { account: state.account }),
      ...(label.operation === undefined ? {} : { operation: label.operation }),
      method: label.method,
      path: label.path,
      status: outcome.status,
      ...(outcome.code === undefined ? {} : { code: outcome.code }),
      ...(outcome.upstreamStatus === undefined ? {} : { upstreamStatus: outcome.upstreamStatus }),
      ...(outcome.cause === undefined ? {} : { cause: outcome.cause }),
      durationMs: now - startedAt,
      attempts: progress.attempts,
      requestId: context.requestId,
      caller: context.caller,
      cached: state.cached,
      stale: state.stale,
      ...(progress.origin === undefined ? {} : { session: progress.origin }),
      ...(label.request === undefined ? {} : { request: label.request }),
      ...(outcome.response === undefined ? {} : { response: outcome.response }),
    };
  }
}

/** Of a failure, for its record: where it came from, and what the third party said, redacted already. */
function factsOf(error: unknown): { cause?: string; response?: string } {
  if (!isGatewayError(error)) return {};
  const { internal = {}, upstream } = error;
  const cause = [internal['step'], internal['cause'], internal['address']].filter(Boolean).join(' ');
  const { body } = upstream ?? {};
  return omitUndefined({
    cause: cause === '' ? undefined : cause,
    response: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
  });
}

/** What the definition calls this failure, it was an answer: the third party is there. */
export const namedFailure = { named: true } as const;

const isNamedFailure = (error: unknown): boolean =>
  isGatewayError(error) && error.internal?.['named'] === true;

/** The service is unavailable: an older answer is better than none. */
function isDown(error: unknown): boolean {
  if (isNamedFailure(error)) return false;
  return isGatewayError(
    error,
    'PLATFORM_UNAVAILABLE',
    'PLATFORM_BUSY',
    'CIRCUIT_OPEN',
    'DEADLINE_EXCEEDED',
    'LOGIN_IN_PROGRESS',
    'CAPTCHA_FAILED',
    'SESSION_EXPIRED',
    'SESSION_NEEDS_PERSON',
  );
}

/**
 * Step 7's count. It is a failure when the third party did not answer or answered 5xx; a refusal counts as an
 * answer. A call that did not get that far (no session, wrong configuration) is not counted.
 */
async function recordBreakerOutcome(
  service: CallableService,
  decision: GuardDecision,
  error: unknown,
  upstreamStatus: number | undefined,
  { guard }: PipelineDeps,
): Promise<void> {
  if (decision.refusal) return;
  if (isNamedFailure(error)) return guard.record(service, decision, 'success');
  const down =
    isGatewayError(error, 'PLATFORM_UNAVAILABLE', 'DEADLINE_EXCEEDED') ||
    (upstreamStatus !== undefined && upstreamStatus >= 500 && upstreamStatus <= 599);
  if (down) return guard.record(service, decision, 'failure');
  if (upstreamStatus !== undefined) return guard.record(service, decision, 'success');
}

function refused(
  service: CallableService,
  refusal: NonNullable<GuardDecision['refusal']>,
  account: string | undefined,
): GatewayError {
  const { code } = service.definition;
  const { retryAfterSeconds } = refusal;
  return refusal.code === 'QUOTA_EXCEEDED'
    ? new GatewayError(
        'QUOTA_EXCEEDED',
        `${subjectOf(code, account)}: the limit of ${refusal.limit} ${refusal.type} is used up.`,
        {
          retryAfterSeconds,
        },
      )
    : new GatewayError('CIRCUIT_OPEN', `${code} failed repeatedly; calls are paused for a while.`, {
        retryAfterSeconds,
      });
}

function credentialsRefused({ definition }: CallableService, account: string | undefined): GatewayError {
  const subject = subjectOf(definition.code, account);
  return new GatewayError('AUTHENTICATION_FAILED', `${subject}: the credentials were refused.`);
}

/**
 * The call pipeline (SPEC 4): every outbound request goes the same way. find → guard → cache → authenticate
 * → send → classify and retry → record. See docs/builders/pipeline.md.
 */
import type { CallLog, CallRecord } from './log/call-log.ts';
import type { AccountChoice, AccountTurn } from './accounts/account-choice.ts';
import { subjectOf } from '../definition/account.ts';
import type { Guard, GuardDecision } from './guard/guard.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import type { CallableService } from './definition.ts';
import { isSwitchedOff } from '../definition/service.ts';
import type { ServiceCatalog } from '../definition/service.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import { sendWithRetry } from './send-with-retry.ts';
import type { SendDeps, SendProgress } from './send-with-retry.ts';
import { NOTHING_SENT } from './mask-sent.ts';
import { CallFailed } from './call.ts';
import type { CallContext, Called, CallMeta, CallSpec } from './call.ts';
import { isDown, recordBreakerOutcome } from './outage.ts';
import { refuseUnknownStatus } from './unknown-status.ts';

export interface PipelineDeps extends SendDeps {
  catalog: ServiceCatalog<CallableService>;
  guard: Guard;
  accounts: AccountChoice;
  calls: CallLog;
}

/** Refuses services that are switched off. */
export async function findService(
  catalog: ServiceCatalog<CallableService>,
  code: string,
): Promise<CallableService> {
  return refuseSwitchedOff(await catalog.find(code));
}

function refuseSwitchedOff(service: CallableService): CallableService {
  const { code, status } = service.definition;
  if (isSwitchedOff(status)) {
    throw new GatewayError('SERVICE_UNAVAILABLE', `${code} is ${status}.`, { retryAfterSeconds: 60 });
  }
  return service;
}

/** Rejects where it was switched off or removed meanwhile. While the registry is away, what is known serves. */
async function newerOf(
  service: CallableService,
  revision: number,
  catalog: ServiceCatalog<CallableService>,
): Promise<CallableService> {
  try {
    return refuseSwitchedOff(await catalog.find(service.definition.code, revision));
  } catch (error) {
    if (isGatewayError(error, 'STORE_UNAVAILABLE')) return service;
    throw error;
  }
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
  /** The same service with the quotas and the breaker of its newest revision; the call itself goes on as it began. */
  let limited = service;
  let upstreamStatus: number | undefined;

  /** Step 2. */
  const decide = async (turn: AccountTurn): Promise<GuardDecision> => {
    const askedAt = clock.now();
    const request = {
      // A refusal has left the breaker as it was.
      admitted: decision?.refusal ? undefined : decision,
      ...omitUndefined({
        candidates: turn.candidates(),
        stateKey: deps.authenticator.stateKey(service),
        cacheKey: spec.cacheKey,
        cacheSeconds: spec.cacheSeconds,
      }),
    };
    let found = await deps.guard.check(limited, request);
    if (found.newerRevision !== undefined) {
      limited = await newerOf(limited, found.newerRevision, deps.catalog);
      found = await deps.guard.check(limited, { ...request, isNewest: true });
    }
    decision = found;
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
      await recordBreakerOutcome(limited, decision!, error, upstreamStatus, deps);
      return old;
    }
  };

  try {
    const result = await attempt();
    const { status, upstreamStatus: seen, response } = spec.outcome(result, secrets());
    await Promise.all([
      state.cached ? undefined : recordBreakerOutcome(limited, decision!, undefined, seen, deps),
      deps.calls.write(recordOf({ status, upstreamStatus: seen, response })),
    ]);
    return { result, meta: meta() };
  } catch (error) {
    // An answer that could not be read still counts as an answer.
    upstreamStatus ??= isGatewayError(error) ? error.upstream?.status : undefined;
    await Promise.all([
      decision && !decision.refusal
        ? recordBreakerOutcome(limited, decision, error, upstreamStatus, deps)
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
    : new GatewayError(
        'CIRCUIT_OPEN',
        refusal.isHeld
          ? `${code}: an operator holds its breaker open; no call passes until they take that back.`
          : `${code} failed repeatedly; calls are paused for a while.`,
        { retryAfterSeconds },
      );
}

function credentialsRefused({ definition }: CallableService, account: string | undefined): GatewayError {
  const subject = subjectOf(definition.code, account);
  return new GatewayError('AUTHENTICATION_FAILED', `${subject}: the credentials were refused.`);
}

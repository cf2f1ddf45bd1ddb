import { pageCharset } from '../auth/authenticator.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Authentication, WireRequest } from '../auth/strategy.ts';
import { subjectOf } from '../definition/account.ts';
import { readAnswer } from '../definition/predicate/answer.ts';
import type { Answer } from '../definition/predicate/answer.ts';
import { remaining } from '../runtime/clock.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import { changedError, GatewayError, isGatewayError } from '../runtime/errors.ts';
import type { Random } from '../runtime/random.ts';
import type { Transport } from '../vendors/http/transport.ts';
import { busyAnswer } from './busy.ts';
import type { CallableService } from './definition.ts';
import { sentSecrets } from './mask-sent.ts';
import type { SentSecrets } from './mask-sent.ts';
import { retriesFor } from './retry.ts';
import type { RetryClass } from './retry.ts';

/** A request before it is authenticated. */
export interface SendInput {
  service: CallableService;
  /** @see AuthenticateOptions.operation */
  operation: string;
  /** Renders the request for one authentication: called again after a renewal. */
  build: (auth: Authentication, before: Record<string, unknown>) => Promise<WireRequest> | WireRequest;
  /** Requests that are sent just before it, at each try anew: they have no effect worth the name. */
  before?: readonly StepBefore[];
  /** The definition says what this answer means: it is no outage, and not sent again for its status. */
  isNamed?: (answer: Answer) => boolean;
  /** May be sent twice: a safe method, `idempotent: true`, or an `Idempotency-Key`. */
  repeatable: boolean;
  /** `false`: one try, whatever happened. After a captcha solver comes the next one, without waiting. */
  retries?: boolean;
  timeoutSeconds: number;
  /** Cap on the answer, bytes; the service's own holds too. */
  maxBytes?: number;
  charset?: string | undefined;
  deadline: Deadline;
  storedState?: string | null | undefined;
  /** Another account may be fit: that this one fails is not waited out. */
  failsOver?: boolean;
  /** To be masked besides what authenticates: of the service's other accounts. */
  otherSecrets?: readonly string[];
}

/** A request before the request, and what is taken out of its answer. */
export interface StepBefore {
  build: SendInput['build'];
  /** @throws GatewayError `PLATFORM_API_ERROR` when something is not there. */
  extract: (answer: Answer) => Record<string, unknown>;
}

export interface FailedStep {
  /** Its place in `before`, from 0. */
  at: number;
  /** Its answer looked well, and had not what was to be taken out of it. */
  fault?: GatewayError;
}

/** Filled in while the request runs, so that it is known after a failure too. */
export interface SendProgress {
  /** Requests sent to the third party, steps before included, logins not. */
  attempts: number;
  origin?: Authentication['origin'];
  /** The last answer is to a request before: the request itself was not sent in this try. */
  step?: FailedStep | undefined;
  /** The last answer refused the credentials. */
  refused?: boolean;
  /** It failed for what the account is: no session, expired again, refused. On another one it may succeed. */
  accountFailed?: boolean;
  /** A request was sent that the third party has not proved to have refused: it may have acted on it. */
  mayHaveHadEffect?: boolean;
  /** Hides what the last request was authenticated with. */
  secrets?: SentSecrets;
  /** Milliseconds. */
  sessionMs: number;
  upstreamMs: number;
}

export interface SendDeps {
  authenticator: Authenticator;
  transport: Transport;
  clock: Clock;
  random: Random;
}

/**
 * Steps 4 to 6 of the pipeline: authenticate, send, classify, retry. Answers with whatever the third party
 * answered, also its 4xx, and its 5xx once the retries are used up: the caller interprets it.
 * Rejects as `Authenticator` and `Transport` do, and with `SESSION_EXPIRED`.
 */
export async function sendWithRetry(
  input: SendInput,
  progress: SendProgress,
  deps: SendDeps,
): Promise<Answer> {
  const { service, deadline } = input;
  const { clock, random } = deps;
  const retries = retriesFor(service.definition, deadline, clock, random);
  let auth: Authentication | undefined;
  let renewed = false;
  let learned = false;
  let replaced = false;

  for (;;) {
    const startedAt = clock.now();
    let answer: Answer | undefined;
    let failure: GatewayError | undefined;
    const effectBefore = progress.mayHaveHadEffect ?? false;
    progress.step = undefined;
    delete progress.accountFailed;
    try {
      auth ??= await ofAccount(progress, () =>
        timed(progress, 'sessionMs', clock, () => deps.authenticator.authenticate(service, input)),
      );
      progress.origin = auth.origin ?? progress.origin!;
      answer = await send(input, auth, progress, deps);
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      failure = error;
      progress.mayHaveHadEffect ||= error.mayHaveHadEffect;
    }

    if (answer && auth?.refreshOn && !learned && auth.isExpired?.(answer) !== true) {
      const fresh = await auth.refreshOn(answer);
      if (fresh) {
        // It refused the request for what it lacked.
        progress.mayHaveHadEffect = effectBefore;
        learned = true;
        auth = fresh;
        continue;
      }
    }
    const expired = answer !== undefined && auth?.isExpired?.(answer) === true;
    if (expired && !renewed && auth?.renew) {
      const { renew } = auth;
      progress.mayHaveHadEffect = effectBefore;
      renewed = true;
      // If the renewal fails, this call had no session.
      delete progress.origin;
      const fresh = await ofAccount(progress, () =>
        timed(progress, 'sessionMs', clock, () => renew({ deadline })),
      );
      if (fresh) {
        auth = fresh;
        continue;
      }
    } else if (expired) await auth!.renewedInVain?.();
    if (answer && auth?.judge) progress.refused = await auth.judge(answer);
    if (progress.refused && !replaced && auth?.replaced) {
      replaced = true;
      const fresh = await ofAccount(progress, auth.replaced);
      if (fresh) {
        progress.mayHaveHadEffect = effectBefore;
        progress.refused = false;
        auth = fresh;
        continue;
      }
    }
    // These prove that the request was not acted on.
    if (expired || progress.refused || answer?.status === 429) progress.mayHaveHadEffect = effectBefore;
    if (expired || progress.refused) progress.accountFailed = true;
    if (expired && !progress.refused) throw new GatewayError('SESSION_EXPIRED', stillRefused(service));

    if (answer && !progress.step && input.isNamed?.(answer)) return answer;
    const repeatable = input.repeatable || progress.step !== undefined;
    const busy = answer && busyAnswer(answer, clock.now());
    if (busy && input.retries !== false) {
      const waitMs = repeatable ? retries.whenBusy(busy, clock.now() - startedAt) : undefined;
      if (waitMs === undefined) return answer!;
      await clock.sleep(waitMs);
      continue;
    }

    const once = input.retries === false || (progress.accountFailed === true && input.failsOver === true);
    const retryClass = once ? undefined : classify(answer, failure, repeatable);
    if (!retryClass) {
      if (failure) throw failure;
      return answer!;
    }
    const next = retries.next(retryClass, clock.now() - startedAt);
    if (next.waitMs === undefined) {
      if (failure) throw withRetryAfter(failure, next.retryAfterSeconds);
      return answer!;
    }
    await clock.sleep(next.waitMs);
  }
}

/** The steps before, then the request itself. A step that gives nothing to go on with ends the try. */
async function send(
  input: SendInput,
  auth: Authentication,
  progress: SendProgress,
  deps: SendDeps,
): Promise<Answer> {
  const { account } = input.service;
  const own = account === undefined ? auth : { ...auth, account };
  let values: Readonly<Record<string, unknown>> = {};
  const secrets: string[] = [];
  const sendOne = async (build: SendInput['build']) => {
    const wire = await built(progress, () => build(own, values));
    // What a step was sent may be read in the answer to the next.
    secrets.push(...(wire.secrets ?? []));
    return exchange(input, { ...wire, secrets }, auth, progress, deps);
  };
  for (const [at, { build, extract }] of (input.before ?? []).entries()) {
    const answer = await withoutEffect(progress, () => sendOne(build));
    const taken = answer.status >= 400 || auth.isExpired?.(answer) ? {} : takenFrom(answer, extract);
    if (!taken.values) {
      progress.step = { at, ...taken };
      return answer;
    }
    values = { ...values, ...taken.values };
  }
  return sendOne(input.build);
}

/** What a step gives; an answer without it is looked at like one with an error status: it may refuse us. */
function takenFrom(
  answer: Answer,
  extract: StepBefore['extract'],
): { values?: Record<string, unknown>; fault?: GatewayError } {
  try {
    return { values: extract(answer) };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return { fault: error };
  }
}

/** A step may be sent as often as it takes: whatever becomes of it, the request itself was not sent. */
async function withoutEffect<T>(progress: SendProgress, run: () => Promise<T>): Promise<T> {
  const { mayHaveHadEffect = false } = progress;
  try {
    return await run();
  } catch (error) {
    throw isGatewayError(error) ? changedError(error, { mayHaveHadEffect: false }) : error;
  } finally {
    progress.mayHaveHadEffect = mayHaveHadEffect;
  }
}

async function exchange(
  { service, timeoutSeconds, maxBytes, charset, deadline, otherSecrets = [] }: SendInput,
  request: WireRequest,
  auth: Authentication,
  progress: SendProgress,
  { transport, clock }: SendDeps,
): Promise<Answer> {
  const { secrets = [], fields: _fields, ...wire } = auth.sign ? await auth.sign(request) : request;
  if (remaining(deadline, clock) === 0) {
    throw new GatewayError('DEADLINE_EXCEEDED', 'No time was left to call the third party.');
  }
  progress.attempts += 1;
  const fallback = charset ?? pageCharset(service);
  progress.secrets = sentSecrets(auth, { url: wire.url, secrets: [...secrets, ...otherSecrets] }, fallback);
  const response = await timed(progress, 'upstreamMs', clock, () =>
    transport.send({
      ...wire,
      timeoutMs: timeoutSeconds * 1_000,
      deadline,
      maxBytes: Math.min(maxBytes ?? Infinity, service.definition.maxResponseBytes),
    }),
  );
  progress.mayHaveHadEffect = true;
  const received = readAnswer(response, fallback === undefined ? {} : { charset: fallback });
  const answer = auth.sealing ? await auth.sealing.open(received) : received;
  auth.observe?.(answer);
  // An answer that shows expiry often starts an anonymous session: its cookies are not kept.
  if (auth.keepCookies && response.setCookies.length > 0 && !auth.isExpired?.(answer)) {
    await auth.keepCookies(wire.url, response.setCookies);
  }
  return answer;
}

/** Which row of the retry table applies; `undefined`: the outcome stands. */
function classify(
  answer: Answer | undefined,
  failure: GatewayError | undefined,
  repeatable: boolean,
): RetryClass | undefined {
  if (answer) return answer.status >= 500 && answer.status <= 599 && repeatable ? 'serverError' : undefined;
  const network = failure?.code === 'PLATFORM_UNAVAILABLE' && failure.internal?.['cause'] !== undefined;
  return network && (repeatable || !failure.mayHaveHadEffect) ? 'networkTimeout' : undefined;
}

/** The third party's own word on when to come back goes before ours. */
const withRetryAfter = (failure: GatewayError, retryAfterSeconds: number | undefined): GatewayError =>
  changedError(failure, { retryAfterSeconds: failure.retryAfterSeconds ?? retryAfterSeconds });

const stillRefused = ({ definition, account }: CallableService) =>
  `${subjectOf(definition.code, account)} refused the session although it was just renewed.`;

/** What a template names may be missing in one account's credentials. */
async function built(
  progress: SendProgress,
  build: () => Promise<WireRequest> | WireRequest,
): Promise<WireRequest> {
  try {
    return await build();
  } catch (error) {
    // Another account may have what this one lacks; what steps before have sent does not matter.
    progress.accountFailed = isGatewayError(error, 'CONFIGURATION_ERROR') && !progress.mayHaveHadEffect;
    throw error;
  }
}

/** Getting a session or a token has failed: nothing that was sent for it was the call itself. */
async function ofAccount<T>(progress: SendProgress, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    progress.accountFailed = !isGatewayError(error, 'DEADLINE_EXCEEDED');
    throw error;
  }
}

async function timed<T>(
  progress: SendProgress,
  part: 'sessionMs' | 'upstreamMs',
  clock: Clock,
  run: () => Promise<T>,
): Promise<T> {
  const startedAt = clock.now();
  try {
    return await run();
  } finally {
    progress[part] += clock.now() - startedAt;
  }
}

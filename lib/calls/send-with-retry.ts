import { readAnswer } from '../definition/predicate/answer.ts';
import type { Answer } from '../definition/predicate/answer.ts';
import { holds } from '../definition/predicate/predicate.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import type { Transport, UpstreamRequest } from '../vendors/http/transport.ts';
import type { Predicate, RegisteredService } from '../registry/definition.ts';
import { remaining } from '../runtime/clock.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import type { SessionOrigin } from '../platforms/session/sessions.ts';
import { authenticate, renewAuthentication } from './authentication.ts';
import type { Authentication, AuthenticationDeps } from './authentication.ts';
import { retriesFor } from './retry.ts';
import { maskSent } from './mask-sent.ts';
import type { MaskSecrets } from './mask-sent.ts';
import type { RetryClass } from './retry.ts';

/** A request before it is authenticated. */
export interface SendInput {
  service: RegisteredService;
  /** Renders the request for one authentication: called again after a renewal. */
  build: (auth: Authentication) => Promise<WireRequest> | WireRequest;
  /** May be sent twice: a safe method, `idempotent: true`, or an `Idempotency-Key`. */
  repeatable: boolean;
  /** `false`: one try, whatever happened. A captcha solver's place is taken by the next one, not by waiting. */
  retries?: boolean;
  timeoutSeconds: number;
  charset?: string | undefined;
  deadline: Deadline;
  storedGeneration?: string | null | undefined;
}

export type WireRequest = Pick<UpstreamRequest, 'method' | 'url' | 'headers'> & { body?: Buffer };

/** Filled in while the exchange runs, so that a failure still tells how far it came. */
export interface SendProgress {
  /** Requests sent to the third party, logins not counted. */
  attempts: number;
  origin?: SessionOrigin;
  /** Hides what the last request was authenticated with. */
  maskSecrets?: MaskSecrets;
  /** Milliseconds. */
  sessionMs: number;
  upstreamMs: number;
}

export interface SendDeps extends AuthenticationDeps {
  transport: Transport;
}

/** A platform that says nothing of expiry says it with 401. */
const EXPIRED_BY_DEFAULT: Predicate = { status: 401 };

/**
 * Steps 4 to 6 of the pipeline: authenticate, send, classify, retry. Answers with whatever the third party
 * said, also its 4xx, and its 5xx once the retries are used up: what that means is the caller's business.
 * Rejects with the errors of `Sessions`, `CredentialStore` and `Transport`, and with `SESSION_EXPIRED`.
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

  for (;;) {
    const startedAt = clock.now();
    let answer: Answer | undefined;
    let failure: GatewayError | undefined;
    try {
      auth ??= await timed(progress, 'sessionMs', clock, () => authenticate(service, input, deps));
      progress.origin = auth.origin ?? progress.origin!;
      answer = await send(input, auth, progress, deps);
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      failure = error;
    }

    if (answer && isExpired(service, answer)) {
      if (renewed || !auth?.session) throw new GatewayError('SESSION_EXPIRED', stillRefused(service));
      const dead = auth.session;
      renewed = true;
      // Should the renewal fail, this call had no session.
      delete progress.origin;
      auth = await timed(progress, 'sessionMs', clock, () =>
        renewAuthentication(service, dead, { deadline }, deps),
      );
      continue;
    }

    const retryClass = input.retries === false ? undefined : classify(answer, failure, input.repeatable);
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

async function send(
  { service, build, timeoutSeconds, charset, deadline }: SendInput,
  auth: Authentication,
  progress: SendProgress,
  { transport, sessions, clock }: SendDeps,
): Promise<Answer> {
  const wire = await build(auth);
  if (remaining(deadline, clock) === 0) {
    throw new GatewayError('DEADLINE_EXCEEDED', 'No time was left to ask the third party.');
  }
  progress.attempts += 1;
  progress.maskSecrets = maskSent(auth, wire.headers['cookie']);
  const response = await timed(progress, 'upstreamMs', clock, () =>
    transport.send({
      ...wire,
      timeoutMs: timeoutSeconds * 1_000,
      deadline,
      maxBytes: service.definition.maxResponseBytes,
    }),
  );
  const fallback = charset ?? sessionCharset(service);
  const received = readAnswer(response, fallback === undefined ? {} : { charset: fallback });
  const answer = auth.sealing ? await auth.sealing.open(received) : received;
  // An answer that shows expiry often opens an anonymous session: its cookies are nobody's.
  if (auth.session && response.setCookies.length > 0 && !isExpired(service, answer)) {
    await sessions.observe(service, auth.session, wire.url, response.setCookies);
  }
  return answer;
}

function isExpired({ definition }: RegisteredService, answer: Answer): boolean {
  return definition.auth.type === 'SESSION' && holds(definition.auth.expired ?? EXPIRED_BY_DEFAULT, answer);
}

/** Which row of the retry table applies; `undefined`: the outcome stands. */
function classify(
  answer: Answer | undefined,
  failure: GatewayError | undefined,
  repeatable: boolean,
): RetryClass | undefined {
  if (answer) return answer.status >= 500 && repeatable ? 'serverError' : undefined;
  const network = failure?.code === 'PLATFORM_UNAVAILABLE' && failure.internal?.['cause'] !== undefined;
  return network && (repeatable || !failure.mayHaveHadEffect) ? 'networkTimeout' : undefined;
}

function withRetryAfter(failure: GatewayError, retryAfterSeconds: number | undefined): GatewayError {
  if (retryAfterSeconds === undefined || failure.retryAfterSeconds !== undefined) return failure;
  return new GatewayError(failure.code, failure.message, {
    cause: failure.cause,
    retryable: failure.retryable,
    retryAfterSeconds,
    mayHaveHadEffect: failure.mayHaveHadEffect,
    ...(failure.internal ? { internal: failure.internal } : {}),
  });
}

const stillRefused = ({ definition }: RegisteredService) =>
  `${definition.code} refused the session although it was just renewed.`;

export function sessionCharset({ definition }: RegisteredService): string | undefined {
  return definition.auth.type === 'SESSION' ? definition.auth.charset : undefined;
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

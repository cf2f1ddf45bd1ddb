import { excerptOf } from '../excerpt.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import { busyAnswer } from '../busy.ts';
import type { AnswerCache } from '../cache/cache.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { holds } from '../../definition/predicate/predicate.ts';
import type { Answer } from '../../definition/predicate/answer.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { redactText } from '../../text/redaction/redact.ts';
import type { Operation, CallableService } from '../definition.ts';
import { dataOf, extractBefore } from './data.ts';
import { checkParams } from './params.ts';
import { operationRequest, stepRequest } from './request.ts';
import { findService, namedFailure, runCall } from '../pipeline.ts';
import type { SentSecrets } from '../mask-sent.ts';
import type { CallContext, Called, PipelineDeps } from '../pipeline.ts';

export interface OperationInput {
  service: string;
  operation: string;
  params: Record<string, unknown>;
  /** Ask the third party even if an answer is cached; the cache still serves while it is down. */
  uncached?: boolean | undefined;
}

/** `data` stays JSON source text from the third party to the caller: 19-digit ids survive. */
export interface OperationResult {
  dataText: string;
  upstreamStatus: number;
}

export interface OperationDeps extends PipelineDeps {
  credentials: CredentialStore;
  cache: AnswerCache;
  /** Status a failure gets, for the call log. */
  failureStatus: (error: unknown) => number;
}

const SAFE = new Set(['GET', 'HEAD']);
const EXCERPT = 4_096;

export const isIdempotent = (operation: Operation) => operation.idempotent ?? SAFE.has(operation.method);

/** An operation of a service, and whether it takes an `Idempotency-Key`. `NOT_FOUND` names what does not exist. */
export async function findOperation(
  { catalog }: Pick<OperationDeps, 'catalog'>,
  code: string,
  name: string,
): Promise<{ service: CallableService; operation: Operation; unsafe: boolean }> {
  const service = await findService(catalog, code);
  const { operations } = service.definition;
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (!operation) throw new GatewayError('NOT_FOUND', `${code} has no operation ${name}.`);
  return { service, operation, unsafe: !SAFE.has(operation.method) };
}

/** Calls an operation. Rejects with `CallFailed`, or with `NOT_FOUND`, `SERVICE_UNAVAILABLE`, `VALIDATION_FAILED`. */
export async function callOperation(
  input: OperationInput,
  context: CallContext,
  deps: OperationDeps,
): Promise<Called<OperationResult>> {
  const { service, operation } = await findOperation(deps, input.service, input.operation);
  const params = checkParams(service, input.operation, operation, input.params);
  const { definition } = service;
  const cacheable = operation.cacheSeconds !== undefined && isIdempotent(operation);
  // Whoever pins no account may get an answer of any.
  const ofAccount = { ...service, account: context.account };
  const cacheKey = cacheable ? deps.cache.key(ofAccount, input.operation, params) : undefined;
  const { cacheSeconds = 0, staleSeconds = 0 } = operation;
  const charset = operation.charset;
  const call = { service, operation, params, idempotencyKey: context.idempotencyKey };

  const called = await runCall<OperationResult & { fresh?: boolean }>(
    service,
    {
      label: {
        operation: input.operation,
        method: operation.method,
        path: operation.path,
        request: redactText(JSON.stringify(params), EXCERPT),
      },
      ...(cacheKey === undefined ? {} : { cacheKey, ...(input.uncached ? {} : { cacheSeconds }) }),
      fromCache: (value, when) => {
        if (when === 'fresh' && input.uncached) return undefined;
        const found = deps.cache.read(value);
        const ageSeconds = found ? (deps.clock.now() - found.storedAt) / 1_000 : Infinity;
        const limit = when === 'fresh' ? cacheSeconds : cacheSeconds + staleSeconds;
        return found && ageSeconds <= limit ? found : undefined;
      },
      send: {
        operation: input.operation,
        build: operationRequest(call, deps),
        before: operation.before.map((step, at) => ({
          build: stepRequest(call, step, deps),
          extract: (answer) => extractBefore(input, step, at, answer),
        })),
        isNamed: (answer) => operation.failures.some(({ when }) => holds(when, answer)),
        repeatable: isIdempotent(operation) || context.idempotencyKey !== undefined,
        timeoutSeconds: operation.timeoutSeconds ?? definition.timeoutSeconds,
        charset,
      },
      interpret: (answer, secrets, refused) => ({
        ...interpret(service, input, answer, { secrets, refused, now: deps.clock.now() }),
        fresh: true,
      }),
      outcome: ({ upstreamStatus, dataText }, secrets) => ({
        status: 200,
        upstreamStatus,
        response: excerptOf(dataText, secrets),
      }),
      failureStatus: deps.failureStatus,
    },
    context,
    deps,
  );
  const { fresh, ...result } = called.result;
  // An empty answer is not cached: it must not replace a useful one.
  if (fresh && cacheKey !== undefined && result.dataText !== 'null') {
    await deps.cache.store(cacheKey, { ...result, storedAt: deps.clock.now() }, cacheSeconds + staleSeconds);
  }
  return { ...called, result };
}

/** The operation's `success` decides (default: any 2xx); 5xx means the third party is down, the rest a refusal. */
function interpret(
  service: CallableService,
  input: OperationInput,
  answer: Answer,
  { secrets, refused, now }: { secrets: SentSecrets; refused: boolean; now: number },
): OperationResult {
  const operation = service.definition.operations[input.operation]!;
  const failure = operation.failures.find(({ when }) => holds(when, answer));
  const success =
    !failure &&
    (operation.success ? holds(operation.success, answer) : answer.status >= 200 && answer.status < 300);
  const upstream = { status: answer.status, body: readable(answer, secrets) };
  if (refused) {
    throw new GatewayError(
      'AUTHENTICATION_FAILED',
      `${input.service} refused the credentials (it answered ${answer.status}).`,
      { upstream },
    );
  }
  if (failure) {
    throw new GatewayError(
      failure.error,
      `${input.service} did not accept ${input.operation} (it answered ${answer.status}).`,
      {
        mayHaveHadEffect: true,
        upstream,
        internal: namedFailure,
        ...omitUndefined({ retryable: failure.retryable }),
      },
    );
  }
  if (!success) throwIfBusy(service, answer, upstream, now);
  if (!success && answer.status >= 500) {
    throw new GatewayError('PLATFORM_UNAVAILABLE', `${input.service} answered ${answer.status}.`, {
      mayHaveHadEffect: true,
      upstream,
    });
  }
  if (!success) {
    throw new GatewayError(
      'PLATFORM_API_ERROR',
      `${input.service} did not accept ${input.operation} (it answered ${answer.status}).`,
      { mayHaveHadEffect: true, upstream },
    );
  }
  return {
    dataText: secrets.maskJson(dataOf(input, operation, answer, upstream)),
    upstreamStatus: answer.status,
  };
}

function throwIfBusy(
  { definition: { code, retry } }: CallableService,
  answer: Answer,
  upstream: NonNullable<GatewayError['upstream']>,
  now: number,
): void {
  const busy = busyAnswer(answer, now);
  if (!busy) return;
  throw new GatewayError('PLATFORM_BUSY', `${code} asks to come back later (it answered ${answer.status}).`, {
    // 429 is a refusal; 503 may also come from a proxy that lost the answer to what it had passed on.
    mayHaveHadEffect: answer.status !== 429,
    retryAfterSeconds: busy.retryAfterSeconds ?? retry.serverError.delaysSeconds[0]!,
    upstream,
  });
}

/** What a caller sees of a refusal: JSON as JSON, text as text, at most 4 KB, secrets masked. */
function readable(answer: Answer, secrets: SentSecrets): unknown {
  const text = excerptOf(answer.text(), secrets);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

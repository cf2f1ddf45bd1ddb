import { excerptOf } from '../excerpt.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import type { AnswerCache } from '../cache/cache.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { holds } from '../../definition/predicate/predicate.ts';
import { redactText } from '../../text/redaction/redact.ts';
import type { Operation, CallableService } from '../definition.ts';
import { extractBefore } from './data.ts';
import { interpret } from './interpret.ts';
import type { OperationResult } from './interpret.ts';
import { checkParams } from './params.ts';
import { operationRequest, stepRequest } from './request.ts';
import { findService, runCall } from '../pipeline.ts';
import type { PipelineDeps } from '../pipeline.ts';
import type { CallContext, Called } from '../call.ts';

export interface OperationInput {
  service: string;
  operation: string;
  params: Record<string, unknown>;
  /** Ask the third party even if an answer is cached; the cache still serves while it is down. */
  uncached?: boolean | undefined;
}

export type { OperationResult } from './interpret.ts';

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
      interpret: (answer, secrets, about) => ({
        ...interpret({
          ...about,
          service,
          name: input.operation,
          operation,
          answer,
          secrets,
          now: deps.clock.now(),
        }),
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

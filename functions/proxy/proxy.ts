import { createHash } from 'node:crypto';
import { parseBody } from '../../lib/api/input.ts';
import type { ApiRequest, ApiResponse } from '../../lib/api/message.ts';
import { problemOf, problemResponse } from '../../lib/api/problem.ts';
import type { RouteIdOf } from '../../lib/api/routes.ts';
import { BatchRequest, OperationRequest } from '../../lib/api/schemas.ts';
import { GatewayError, isGatewayError } from '../../lib/runtime/errors.ts';
import type { Attempted, Idempotency } from '../../lib/calls/idempotency/idempotency.ts';
import { callBatch } from '../../lib/calls/operation/batch.ts';
import { callOperation, findOperation, isIdempotent } from '../../lib/calls/operation/operation.ts';
import type { OperationDeps, OperationResult } from '../../lib/calls/operation/operation.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import { CallFailed, findService } from '../../lib/calls/pipeline.ts';
import type { CallContext, Called, CallMeta } from '../../lib/calls/pipeline.ts';
import { callProxy, isSafe } from '../../lib/calls/raw-proxy/raw-proxy.ts';
import { money } from './money.ts';
import type { MoneyDeps } from './money.ts';
import { users } from './users.ts';
import type { UserDeps } from './users.ts';

export interface CallDeps extends OperationDeps, MoneyDeps, UserDeps {
  idempotency: Idempotency;
}

type CallRoute = RouteIdOf<'proxy'>;

/** Calls to third parties: operations, batches, the raw proxy; reads of money; users. */
export async function serveCall(request: ApiRequest, route: string, deps: CallDeps): Promise<ApiResponse> {
  return SERVE[route as CallRoute](request, deps);
}

const SERVE: Record<CallRoute, (request: ApiRequest, deps: CallDeps) => Promise<ApiResponse>> = {
  ...money,
  ...users,

  async callOperation(request, deps) {
    const { code = '', operation = '' } = request.params;
    const found = await findOperation(deps, code, operation);
    const { params } = parseBody(OperationRequest, request);
    return onceIfKeyed(
      request,
      found.unsafe,
      deps,
      async (context) => {
        const called = await callOperation({ service: code, operation, params }, context, deps);
        return {
          status: 200,
          headers: { ...JSON_HEADERS, ...metaHeaders(called.meta) },
          body: operationBody(called, request.requestId),
        };
      },
      isIdempotent(found.operation),
    );
  },

  async callBatch(request, deps) {
    const { code = '' } = request.params;
    await findService(deps.catalog, code);
    const entries = parseBody(BatchRequest, request);
    return onceIfKeyed(request, true, deps, async (context) => {
      const results = await callBatch(code, entries, context, deps);
      const items = results.map((result) =>
        'failure' in result
          ? JSON.stringify({ success: false, error: problemOf(causeOf(result.failure), request.requestId) })
          : operationBody(result, request.requestId),
      );
      return { status: 200, headers: JSON_HEADERS, body: `{"items":[${items.join(',')}]}` };
    });
  },

  async rawProxy(request, deps) {
    const { code = '', path = '' } = request.params;
    const { method, query, headers, body } = request;
    return onceIfKeyed(request, !isSafe(method), deps, async (context) => {
      const { result, meta } = await callProxy(
        { service: code, method, path: `/${path}`, query, headers, body },
        context,
        deps,
      );
      return { ...result, headers: { ...result.headers, ...metaHeaders(meta) } };
    });
  },
};

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/** `data` is spliced in as source text, so that no digit of it passes through a double. */
function operationBody({ result, meta }: Called<OperationResult>, requestId: string): string {
  const { attempts, cached, stale, durationMs } = meta;
  return `{"success":true,"data":${result.dataText},"meta":${JSON.stringify({ requestId, attempts, cached, stale, durationMs })}}`;
}

function metaHeaders({ origin, quota, timing }: CallMeta): Record<string, string> {
  const { guardMs, sessionMs, upstreamMs } = timing;
  return {
    'server-timing': `guard;dur=${guardMs}, session;dur=${sessionMs}, upstream;dur=${upstreamMs}`,
    ...(origin === undefined ? {} : { 'x-gatehouse-session': origin }),
    ...(quota === undefined
      ? {}
      : {
          'ratelimit-limit': String(quota.limit),
          'ratelimit-remaining': String(quota.remaining),
          'ratelimit-reset': String(quota.resetSeconds),
        }),
  };
}

/**
 * Runs a call, once per `Idempotency-Key` where the request is one that a key is for. What the third party
 * answered is kept, refusals too; what never reached it may be tried again with the same key at once, and what
 * ended in 5xx or a reset after some seconds: until then whoever asks gets that answer.
 */
async function onceIfKeyed(
  request: ApiRequest,
  unsafe: boolean,
  deps: CallDeps,
  call: (context: CallContext) => Promise<ApiResponse>,
  mayRepeat = !unsafe,
): Promise<ApiResponse> {
  const { requestId, principal, deadline } = request;
  const context = { requestId, caller: principal.id, deadline };
  const key = unsafe ? idempotencyKey(request.headers) : undefined;
  if (key === undefined) {
    try {
      return await call(context);
    } catch (error) {
      return failed(error, requestId, { mayRepeat });
    }
  }

  const work = async (): Promise<Attempted> => {
    try {
      const answer = storable(await call({ ...context, idempotencyKey: key }));
      return { answer, keep: answer.status < 500 || 'briefly' };
    } catch (error) {
      const cause = causeOf(error);
      // A fault of ours is not an answer: the record says that nobody knows.
      if (!isGatewayError(cause) || !cause.mayHaveHadEffect) throw cause;
      const settled = isGatewayError(cause, 'PLATFORM_API_ERROR');
      return { answer: storable(failed(error, requestId)), keep: settled || 'briefly' };
    }
  };
  try {
    const { answer, replayed } = await deps.idempotency.run(
      {
        scope: `${principal.id}|${request.params['code'] ?? ''}`,
        key,
        fingerprint: fingerprintOf(request),
        deadline,
      },
      work,
    );
    return replayed ? { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } } : answer;
  } catch (error) {
    return failed(error, requestId);
  }
}

function storable({ body, ...rest }: ApiResponse) {
  return { ...rest, body: Buffer.from(body) };
}

/** `mayRepeat: false`: a write without a key. One that may have had its effect is not to be sent again blindly. */
function failed(error: unknown, requestId: string, { mayRepeat = true } = {}): ApiResponse {
  const meta = error instanceof CallFailed ? error.meta : undefined;
  const cause = causeOf(error);
  if (!isGatewayError(cause)) throw cause;
  const told = !mayRepeat && cause.mayHaveHadEffect ? notRetryable(cause) : cause;
  return problemResponse(told, requestId, meta ? metaHeaders(meta) : {}, { reveal: meta?.reveal ?? false });
}

function notRetryable(error: GatewayError): GatewayError {
  const { code, message, fields, upstream, internal } = error;
  const kept = omitUndefined({ fields, upstream, internal });
  return new GatewayError(code, message, { ...kept, retryable: false, mayHaveHadEffect: true });
}

const causeOf = (error: unknown) => (error instanceof CallFailed ? error.cause : error);

function idempotencyKey(headers: Record<string, string>): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new GatewayError('VALIDATION_FAILED', 'Idempotency-Key must be 1 to 255 visible ASCII characters.', {
    fields: [{ field: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }],
  });
}

function fingerprintOf({ method, path, query, body }: ApiRequest): string {
  const hash = createHash('sha256');
  for (const part of [method, path, query]) hash.update(`${part.length}:${part}`);
  return hash.update(body).digest('hex');
}

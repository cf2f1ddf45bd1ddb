/** How a call through the pipeline becomes an answer of the API: body, headers, problem. */
import { causeOf, CallFailed } from '../calls/pipeline.ts';
import type { Called, CallMeta } from '../calls/pipeline.ts';
import type { OperationResult } from '../calls/operation/operation.ts';
import { GatewayError, isGatewayError } from '../runtime/errors.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { ApiResponse } from './message.ts';
import { problemOf, problemResponse } from './problem.ts';

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

export function operationAnswer(called: Called<OperationResult>, requestId: string): ApiResponse {
  return {
    status: 200,
    headers: { ...JSON_HEADERS, ...metaHeaders(called.meta) },
    body: operationBody(called, requestId),
  };
}

/** Each entry with its own result, in order. */
export function batchAnswer(
  results: (Called<OperationResult> | { failure: unknown })[],
  requestId: string,
): ApiResponse {
  const items = results.map((result) =>
    'failure' in result
      ? JSON.stringify({ success: false, error: problemOf(causeOf(result.failure), requestId) })
      : operationBody(result, requestId),
  );
  return { status: 200, headers: JSON_HEADERS, body: `{"items":[${items.join(',')}]}` };
}

export function rawAnswer({
  result,
  meta,
}: Called<{ status: number; headers: Record<string, string>; body: Buffer }>): ApiResponse {
  return { ...result, headers: { ...result.headers, ...metaHeaders(meta) } };
}

/**
 * A call that failed. `mayRepeat: false`: a write without a key, or a key that keeps this answer; one that may
 * have had its effect must not simply be sent again.
 * @throws any other error: an internal one.
 */
export function failureAnswer(error: unknown, requestId: string, { mayRepeat = true } = {}): ApiResponse {
  const meta = error instanceof CallFailed ? error.meta : undefined;
  const cause = causeOf(error);
  if (!isGatewayError(cause)) throw cause;
  const hadEffect = cause.mayHaveHadEffect || (meta?.mayHaveHadEffect ?? false);
  const shown = !mayRepeat && hadEffect ? notRetryable(cause) : cause;
  return problemResponse(shown, requestId, meta ? metaHeaders(meta) : {}, { reveal: meta?.reveal ?? false });
}

function notRetryable(error: GatewayError): GatewayError {
  const { code, message, fields, upstream, internal } = error;
  const kept = omitUndefined({ fields, upstream, internal });
  return new GatewayError(code, message, { ...kept, retryable: false, mayHaveHadEffect: true });
}

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

/** How a call through the pipeline becomes an answer of the API: body, headers, problem. */
import { causeOf, CallFailed } from '../calls/call.ts';
import type { Called, CallMeta } from '../calls/call.ts';
import type { OperationResult } from '../calls/operation/operation.ts';
import { changedError, GatewayError, isGatewayError } from '../runtime/errors.ts';
import { MAX_ANSWER_BYTES, serializedBytes, surelyFits } from './answer-size.ts';
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

/** Reserved of an answer for what stands around the results of a batch, bytes. */
const AROUND_BATCH = 64 * 1024;

/** Each entry with its own result, in order; one for which there is no room left in the answer is told so. */
export function batchAnswer(
  results: (Called<OperationResult> | { failure: unknown })[],
  requestId: string,
): ApiResponse {
  const failed = (failure: unknown) =>
    JSON.stringify({ success: false, error: problemOf(causeOf(failure), requestId) });
  let items = results.map((result) =>
    'failure' in result ? failed(result.failure) : operationBody(result, requestId),
  );
  if (!surelyFits(items.reduce((length, item) => length + item.length, 0))) {
    let room = MAX_ANSWER_BYTES - AROUND_BATCH;
    items = items.map((item) => {
      const shown = serializedBytes(item) <= room ? item : failed(noRoom(item));
      room -= serializedBytes(shown);
      return shown;
    });
  }
  return { status: 200, headers: JSON_HEADERS, body: `{"items":[${items.join(',')}]}` };
}

function noRoom(item: string): GatewayError {
  return new GatewayError(
    'RESPONSE_TOO_LARGE',
    `This entry has been done, but with its answer of ${Buffer.byteLength(item)} bytes the batch would be larger ` +
      'than the 6 MB that can be returned.',
    { mayHaveHadEffect: true },
  );
}

export function rawAnswer({
  result,
  meta,
}: Called<{ status: number; headers: Record<string, string>; body: Buffer }>): ApiResponse {
  return { ...result, headers: { ...result.headers, ...metaHeaders(meta) } };
}

/**
 * A call that failed. `mayRepeat: false`: a write without a key, or a key that keeps this answer (`isKept`); one that may
 * have had its effect must not simply be sent again, unless the definition's `failures` say that it may.
 * @throws any other error: an internal one.
 */
export function failureAnswer(
  error: unknown,
  requestId: string,
  { mayRepeat = true, isKept = false } = {},
): ApiResponse {
  const meta = error instanceof CallFailed ? error.meta : undefined;
  const cause = causeOf(error);
  if (!isGatewayError(cause)) throw cause;
  const hadEffect = cause.mayHaveHadEffect || (meta?.mayHaveHadEffect ?? false);
  // The definition knows that this answer is one of nothing done; a key that keeps it answers the same again.
  const isDeclared = !isKept && cause.internal?.['mayRepeat'] === true;
  const shown = !mayRepeat && hadEffect && !isDeclared ? notRetryable(cause) : cause;
  return problemResponse(shown, requestId, meta ? metaHeaders(meta) : {}, { reveal: meta?.reveal ?? false });
}

const notRetryable = (error: GatewayError): GatewayError =>
  changedError(error, { retryable: false, retryAfterSeconds: undefined, mayHaveHadEffect: true });

/** `data` is spliced in as source text, so that no digit of it passes through a double. */
function operationBody({ result, meta }: Called<OperationResult>, requestId: string): string {
  const { attempts, cached, stale, durationMs, account } = meta;
  return `{"success":true,"data":${result.dataText},"meta":${JSON.stringify({ requestId, attempts, cached, stale, durationMs, account })}}`;
}

function metaHeaders({ origin, account, quota, timing }: CallMeta): Record<string, string> {
  const { guardMs, sessionMs, upstreamMs } = timing;
  return {
    'server-timing': `guard;dur=${guardMs}, session;dur=${sessionMs}, upstream;dur=${upstreamMs}`,
    ...(origin === undefined ? {} : { 'x-gatehouse-session': origin }),
    ...(account === undefined ? {} : { 'x-gatehouse-account': account }),
    ...(quota === undefined
      ? {}
      : {
          'ratelimit-limit': String(quota.limit),
          'ratelimit-remaining': String(quota.remaining),
          'ratelimit-reset': String(quota.resetSeconds),
        }),
  };
}

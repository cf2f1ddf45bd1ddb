/** A call, once per `Idempotency-Key` (SPEC 4; docs/builders/idempotency.md). */
import { createHash } from 'node:crypto';
import type { WorkResult, Idempotency } from '../calls/idempotency/idempotency.ts';
import { causeOf } from '../calls/pipeline.ts';
import type { CallContext } from '../calls/pipeline.ts';
import { isGatewayError } from '../runtime/errors.ts';
import { invalid } from '../runtime/field-errors.ts';
import { failureAnswer } from './call-answers.ts';
import type { ApiRequest, ApiResponse } from './message.ts';

export interface KeyedCall {
  request: ApiRequest;
  /** May have an effect: the key counts. A safe call ignores it. */
  unsafe: boolean;
  /** May be sent twice without harm, key or not. */
  mayRepeat?: boolean;
  call: (context: CallContext) => Promise<ApiResponse>;
}

/**
 * Runs a call, once per key if it is unsafe. The third party's answer is kept, refusals too; a request that never
 * reached it may be repeated with the same key at once, one that ended in 5xx or a reset after some seconds: until
 * then a repeat gets the same answer.
 */
export async function keyedCall(
  { request, unsafe, mayRepeat = !unsafe, call }: KeyedCall,
  idempotency: Idempotency,
): Promise<ApiResponse> {
  const { requestId, principal, deadline } = request;
  const context = { requestId, caller: principal.id, deadline };
  const key = unsafe ? idempotencyKey(request.headers) : undefined;
  if (key === undefined) {
    return call(context).catch((error: unknown) => failureAnswer(error, requestId, { mayRepeat }));
  }
  const claim = {
    scope: `${principal.id}|${request.params['code'] ?? ''}`,
    key,
    fingerprint: fingerprintOf(request),
    deadline,
  };
  try {
    const { answer, replayed } = await idempotency.run(claim, () =>
      attempt(() => call({ ...context, idempotencyKey: key }), requestId),
    );
    return replayed ? { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } } : answer;
  } catch (error) {
    return failureAnswer(error, requestId);
  }
}

/** @throws errors without effect, and internal errors, after which the record is `unresolved`. */
async function attempt(call: () => Promise<ApiResponse>, requestId: string): Promise<WorkResult> {
  try {
    const answer = storable(await call());
    return { answer, keep: answer.status < 500 || 'briefly' };
  } catch (error) {
    const cause = causeOf(error);
    if (!isGatewayError(cause) || !cause.mayHaveHadEffect) throw cause;
    const settled = isGatewayError(cause, 'PLATFORM_API_ERROR');
    return { answer: storable(failureAnswer(error, requestId)), keep: settled || 'briefly' };
  }
}

function storable({ body, ...rest }: ApiResponse) {
  return { ...rest, body: Buffer.from(body) };
}

/** @throws GatewayError `VALIDATION_FAILED` for a header that is no key. */
export function idempotencyKey(headers: Record<string, string>): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw invalid('Idempotency-Key', 'must be 1 to 255 visible ASCII characters');
}

function fingerprintOf({ method, path, query, body }: ApiRequest): string {
  const hash = createHash('sha256');
  for (const part of [method, path, query]) hash.update(`${part.length}:${part}`);
  return hash.update(body).digest('hex');
}

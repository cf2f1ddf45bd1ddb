/** A call, once per `Idempotency-Key` (SPEC 4; docs/builders/idempotency.md). */
import { createHash } from 'node:crypto';
import type { WorkResult, Idempotency } from '../calls/idempotency/idempotency.ts';
import { causeOf, hadNoEffect } from '../calls/call.ts';
import { ACCOUNT_HEADER } from '../calls/accounts/account-choice.ts';
import type { CallContext } from '../calls/call.ts';
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
  /** The caller's headers that make it this request: those that are passed on. */
  headers?: () => Record<string, string>;
  /** `nothingSent`: the answer tells of a call of which nothing has reached the third party. */
  call: (context: CallContext) => Promise<ApiResponse & { nothingSent?: boolean }>;
}

/**
 * Runs a call, once per key if it is unsafe. What came of it is kept: the third party's answer, its refusal, its 5xx, a
 * connection that broke. Only where it is proven that nothing reached the third party the key may be used again.
 */
export async function keyedCall(
  { request, unsafe, mayRepeat = !unsafe, headers = () => ({}), call }: KeyedCall,
  idempotency: Idempotency,
): Promise<ApiResponse> {
  const { requestId, principal, deadline } = request;
  const account = request.headers[ACCOUNT_HEADER.toLowerCase()];
  const context = { requestId, caller: principal.id, deadline, account };
  const key = unsafe ? idempotencyKey(request.headers) : undefined;
  if (key === undefined) {
    return call(context).catch((error: unknown) => failureAnswer(error, requestId, { mayRepeat }));
  }
  const claim = {
    scope: `${principal.id}|${request.params['code'] ?? ''}`,
    key,
    // It is not passed on, but on another account it is another request.
    fingerprint: fingerprintOf(
      request,
      account === undefined ? headers() : { ...headers(), [ACCOUNT_HEADER]: account },
    ),
    deadline,
  };
  try {
    const { answer, replayed } = await idempotency.run(claim, () =>
      attempt(call, { ...context, idempotencyKey: key }),
    );
    return replayed ? { ...answer, headers: { ...answer.headers, 'idempotency-replayed': 'true' } } : answer;
  } catch (error) {
    return failureAnswer(error, requestId);
  }
}

/** @throws errors without effect, and internal errors, after which the record is `unresolved`. */
async function attempt(call: KeyedCall['call'], context: CallContext): Promise<WorkResult> {
  try {
    const { nothingSent = false, ...answer } = await call(context);
    // 429 refuses for now: the same key may be tried again when it says.
    return { answer: storable(answer), keep: !nothingSent && answer.status !== 429 };
  } catch (error) {
    const cause = causeOf(error);
    if (!isGatewayError(cause) || cause.code === 'INTERNAL' || hadNoEffect(error)) throw cause;
    // Under this key it is this answer for a day: nobody is invited to ask again.
    return {
      answer: storable(failureAnswer(error, context.requestId, { mayRepeat: false, isKept: true })),
      keep: true,
    };
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

function fingerprintOf({ method, path, query, body }: ApiRequest, headers: Record<string, string>): string {
  const hash = createHash('sha256');
  const parts = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const part of [method, path, query, ...parts.flat()]) hash.update(`${part.length}:${part}`);
  return hash.update(':').update(body).digest('hex');
}

import { isUtf8 } from 'node:buffer';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { MAX_ANSWER_BYTES, serializedBytes, surelyFits } from '../../lib/api/answer-size.ts';
import type { ApiResponse } from '../../lib/api/message.ts';
import { problemResponse } from '../../lib/api/problem.ts';
import { GatewayError } from '../../lib/runtime/errors.ts';

type Result = APIGatewayProxyStructuredResultV2;

/** An answer as API Gateway takes it from a Lambda (payload 2.0); one that is too large becomes a problem. */
export function resultOf(response: ApiResponse, requestId: string): Result {
  const { status, body } = response;
  const { 'set-cookie': cookie, ...headers } = response.headers;
  const head: Result = {
    statusCode: status,
    headers: { ...headers, 'x-request-id': requestId },
    ...(cookie !== undefined && { cookies: [cookie] }),
  };
  const asText: Result = { ...head, body: '', isBase64Encoded: false };
  const text = typeof body === 'string' ? body : isUtf8(body) ? body.toString('utf8') : undefined;
  if (text !== undefined && surelyFits(text.length)) return { ...asText, body: text };

  const room = MAX_ANSWER_BYTES - Buffer.byteLength(JSON.stringify(asText));
  if (text !== undefined && serializedBytes(text) <= room) return { ...asText, body: text };
  // Also for text: full of quotes or control characters, it is the shorter of the two.
  const bytes = Buffer.from(body);
  const base64 = bytes.toString('base64');
  if (base64.length <= room) return { ...head, body: base64, isBase64Encoded: true };
  return resultOf(problemResponse(tooLarge(status, bytes.length), requestId), requestId);
}

function tooLarge(status: number, bytes: number): GatewayError {
  return new GatewayError(
    'RESPONSE_TOO_LARGE',
    `What was asked for has been done and answered with status ${status}, but the answer of ${bytes} bytes is ` +
      'larger than the 6 MB that can be returned.',
    { mayHaveHadEffect: true },
  );
}

import type { ServerResponse } from 'node:http';
import * as z from 'zod';

/** Lambda's cap on what an invocation may take in or give back. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024;

const isHeaders = (value: unknown): value is Record<string, string | number | boolean> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((one) => /^(?:string|number|boolean)$/.test(typeof one));

const Answer = z.object({
  statusCode: z.int().min(200).max(599),
  // By hand: zod takes as long for them as the host for all the rest.
  headers: z.custom<Record<string, string | number | boolean>>(isHeaders).default({}),
  cookies: z.array(z.string()).optional(),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().default(false),
});

/**
 * Writes what a function returned, as an HTTP API does with payload 2.0: an object with `statusCode` is an
 * answer, anything else is the JSON of a 200.
 * @throws Error when it is neither, is over Lambda's cap, or holds a header that cannot be sent.
 */
export function writeAnswer(response: ServerResponse, returned: unknown): void {
  const answer = Answer.parse(
    isAnswer(returned) ? returned : { statusCode: 200, body: JSON.stringify(returned ?? null) },
  );
  if (sizeOf(answer) > PAYLOAD_LIMIT) throw new Error('the answer is over 6 MB');
  const { statusCode, isBase64Encoded } = answer;
  const { body: text = '' } = answer;
  // Text goes out in one piece with the head.
  const body = isBase64Encoded ? Buffer.from(text, 'base64') : text;
  for (const [name, value] of Object.entries(answer.headers)) {
    if (!/^(?:content-length|transfer-encoding|connection|keep-alive)$/i.test(name)) {
      response.setHeader(name, String(value));
    }
  }
  if (answer.cookies) response.setHeader('set-cookie', answer.cookies);
  const empty = statusCode === 204 || statusCode === 304;
  if (!empty && !response.hasHeader('content-type')) response.setHeader('content-type', 'application/json');
  response.statusCode = statusCode;
  if (empty) return void response.end();
  response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body);
}

/** API Gateway's own messages, for requests that reached no function or failed in it. */
export function writeMessage(response: ServerResponse, statusCode: number, message: string): void {
  if (response.headersSent) return void response.destroy();
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  const body = JSON.stringify({ message });
  response.writeHead(statusCode, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function isAnswer(returned: unknown): boolean {
  return typeof returned === 'object' && returned !== null && 'statusCode' in returned;
}

/** Bytes of the JSON that Lambda would carry, headers included; the exact count is worth its cost only near the cap. */
function sizeOf(answer: z.output<typeof Answer>): number {
  const { body = '' } = answer;
  return body.length > PAYLOAD_LIMIT / 12 ? Buffer.byteLength(JSON.stringify(answer)) : body.length;
}

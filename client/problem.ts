/** Reads Gatehouse's problem documents (RFC 9457), and other failures. */
import { gatewayError } from './errors.ts';
import type { GatewayError } from './errors.ts';

/** Distinguishes Gatehouse's problems from those a third party may send through the raw proxy. */
const PROBLEM_TYPE = 'urn:gatehouse:problem:';

type Fields = Record<string, unknown>;

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

export interface ProblemContext {
  status: number;
  headers: Headers;
}

/** The error that a problem document stands for; `undefined` when the document is not one of Gatehouse's. */
export function errorOfProblem(document: unknown, context: ProblemContext): GatewayError | undefined {
  const problem = fieldsOf(document);
  const code = text(problem?.['code']);
  if (!problem || code === undefined || text(problem['type'])?.startsWith(PROBLEM_TYPE) !== true)
    return undefined;
  const detail = text(problem['detail']);
  return gatewayError({
    code,
    message: detail === undefined || detail === '' ? (text(problem['title']) ?? code) : detail,
    status: context.status,
    requestId: text(problem['requestId']) ?? requestIdOf(context.headers),
    retryable: problem['retryable'] === true,
    retryAfterSeconds: retryAfterOf(context.headers),
    errors: fieldErrors(problem['errors']),
    upstream: upstreamOf(problem['upstream']),
  });
}

/** An answer that Gatehouse did not write: API Gateway in front of it, or a proxy in between. */
export function errorOfForeignAnswer({ status, headers }: ProblemContext): GatewayError {
  const code = CODES_BY_STATUS[status] ?? 'UNEXPECTED_ANSWER';
  return gatewayError({
    code,
    message: `Unexpected answer ${status}: it is not from Gatehouse.`,
    status,
    requestId: requestIdOf(headers),
    retryable: status === 429 || status >= 502,
    retryAfterSeconds: retryAfterOf(headers),
  });
}

/** What API Gateway answers itself: its authorizer refused. */
const CODES_BY_STATUS: Record<number, string | undefined> = { 401: 'UNAUTHENTICATED', 403: 'FORBIDDEN' };

export const requestIdOf = (headers: Headers) => headers.get('x-request-id') ?? undefined;

/** `Retry-After` in seconds; Gatehouse sends no dates. */
function retryAfterOf(headers: Headers): number | undefined {
  const value = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

function fieldErrors(value: unknown): { field: string; message: string }[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map((one: unknown) => {
    const fields = fieldsOf(one);
    return { field: text(fields?.['field']) ?? '', message: text(fields?.['message']) ?? '' };
  });
}

function upstreamOf(value: unknown): { status: number; body: unknown } | undefined {
  const fields = fieldsOf(value);
  const status = fields?.['status'];
  return typeof status === 'number' ? { status, body: fields?.['body'] } : undefined;
}

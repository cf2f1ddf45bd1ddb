import { GatewayError } from '../runtime/errors.ts';
import type { ErrorCode } from '../runtime/errors.ts';
import type { ApiResponse } from './message.ts';

/** Maps error codes to HTTP (SPEC 4, 9). A new code without a row does not compile. */
export const PROBLEMS = {
  PLATFORM_UNAVAILABLE: { status: 503, title: 'The third party cannot be reached or failed' },
  PLATFORM_BUSY: { status: 503, title: 'The third party asks to come back later' },
  PLATFORM_API_ERROR: { status: 502, title: 'The third party refused the request' },
  SESSION_EXPIRED: { status: 502, title: 'The platform refused a freshly renewed session' },
  LOGIN_IN_PROGRESS: { status: 503, title: 'A login to the platform is in progress' },
  SESSION_NEEDS_PERSON: { status: 503, title: 'The platform waits for a person to log in' },
  CAPTCHA_FAILED: { status: 503, title: 'The captcha could not be solved' },
  AUTHENTICATION_FAILED: { status: 502, title: 'The third party refused the credentials' },
  CONFIGURATION_ERROR: { status: 500, title: 'The service is not configured correctly' },
  QUOTA_EXCEEDED: { status: 429, title: 'The quota of this service is used up' },
  CIRCUIT_OPEN: { status: 503, title: 'The circuit breaker of this service is open' },
  SERVICE_UNAVAILABLE: { status: 503, title: 'The service is switched off' },
  DEADLINE_EXCEEDED: { status: 504, title: 'The answer did not arrive in time' },
  RESPONSE_TOO_LARGE: { status: 502, title: 'The answer of the third party is too large' },
  MALFORMED_REQUEST: { status: 400, title: 'The request cannot be read' },
  UNAUTHENTICATED: { status: 401, title: 'A valid API key, or a login, is required' },
  FORBIDDEN: { status: 403, title: 'This key or person lacks permission' },
  PATH_NOT_ALLOWED: { status: 403, title: 'The proxy does not allow this path' },
  NOT_FOUND: { status: 404, title: 'Not found' },
  REVISION_CONFLICT: { status: 409, title: 'The resource was changed in the meantime' },
  BINDING_CONFLICT: { status: 409, title: 'Already bound to another user' },
  ALREADY_EXISTS: { status: 409, title: 'The name is taken' },
  IDEMPOTENCY_IN_PROGRESS: { status: 409, title: 'The first request with this key is still running' },
  IDEMPOTENCY_MISMATCH: { status: 422, title: 'This key was used for another request' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The request body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The content type of the body is not accepted' },
  VALIDATION_FAILED: { status: 422, title: 'The input is not valid' },
  INSUFFICIENT_FUNDS: { status: 422, title: 'The balance is insufficient' },
  ALREADY_REVERSED: { status: 409, title: 'The transfer was reversed before' },
  NOT_REVERSIBLE: { status: 409, title: 'This transfer cannot be reversed' },
  AMBIGUOUS_TRANSFER: { status: 409, title: 'Several services have a transfer with this id' },
  STORE_UNAVAILABLE: { status: 503, title: 'A data store is unavailable' },
  INTERNAL: { status: 500, title: 'Internal error' },
} satisfies Record<ErrorCode, { status: number; title: string }>;

/** The status a failure gets. */
export function statusOf(error: unknown): number {
  return PROBLEMS[error instanceof GatewayError ? error.code : 'INTERNAL'].status;
}

/** RFC 9457, with additional members. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  requestId: string;
  retryable: boolean;
  errors?: { field: string; message: string }[];
  upstream?: { status: number; body: unknown };
  /** Of money: whose outcome this is. */
  transactionId?: string;
  /** Only for a service in `TESTING`: details of the cause. */
  cause?: Record<string, string | number | boolean>;
}

/** An unknown error shows no detail: its request id leads to it in the logs. */
export function problemOf(error: unknown, requestId: string): Problem {
  const known = error instanceof GatewayError ? error : undefined;
  const code = known?.code ?? 'INTERNAL';
  const { status, title } = PROBLEMS[code];
  return {
    type: `urn:gatehouse:problem:${code}`,
    title,
    status,
    code,
    detail: known && code !== 'INTERNAL' ? known.message : '',
    requestId,
    retryable: known?.retryable ?? false,
    ...(known?.fields ? { errors: known.fields } : {}),
    ...(known?.upstream ? { upstream: known.upstream } : {}),
    ...known?.members,
  };
}

export function problemResponse(
  error: unknown,
  requestId: string,
  headers: Record<string, string> = {},
  { reveal = false, status }: { reveal?: boolean; status?: number } = {},
): ApiResponse {
  const internal = reveal && error instanceof GatewayError ? error.internal : undefined;
  const problem = {
    ...problemOf(error, requestId),
    ...(internal ? { cause: internal } : {}),
    ...(status === undefined ? {} : { status }),
  };
  const wait = error instanceof GatewayError ? error.retryAfterSeconds : undefined;
  return {
    status: problem.status,
    headers: {
      ...headers,
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      ...(wait === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(wait))) }),
      ...(problem.status === 401 ? { 'www-authenticate': 'Bearer realm="gatehouse"' } : {}),
    },
    body: JSON.stringify(problem),
    ...(problem.status >= 500 ? { cause: error } : {}),
  };
}

/** What a client of a route may meet beside its answer: refusals and headers, worked out from the route table. */
import { CALL_ERROR_CODES } from '../../lib/runtime/errors.ts';
import type { ErrorCode } from '../../lib/runtime/errors.ts';
import type { Route, RouteId } from '../../lib/api/routes.ts';

/** What single routes refuse beyond what their kind does. */
const OWN: Partial<Record<RouteId, ErrorCode[]>> = {
  rawProxy: ['PATH_NOT_ALLOWED'],
  enterUser: ['BINDING_CONFLICT'],
  syncUsers: ['NOT_FOUND'],
  putService: ['REVISION_CONFLICT'],
  deleteService: ['REVISION_CONFLICT'],
  putCredentials: ['REVISION_CONFLICT', 'PLATFORM_UNAVAILABLE'],
  rollBackService: ['REVISION_CONFLICT'],
  createUser: ['ALREADY_EXISTS'],
  logIn: ['UNSUPPORTED_MEDIA_TYPE'],
  importSession: ['CONFIGURATION_ERROR'],
  getTransfer: ['AMBIGUOUS_TRANSFER'],
  adjustBalance: ['NOT_FOUND', 'IDEMPOTENCY_MISMATCH', 'INSUFFICIENT_FUNDS', 'CONFIGURATION_ERROR'],
  reverseTransfer: ['NOT_REVERSIBLE', 'ALREADY_REVERSED', 'INSUFFICIENT_FUNDS', 'CONFIGURATION_ERROR'],
  getTrialBalance: ['NOT_FOUND'],
  verifyLedger: ['NOT_FOUND'],
  listSettledTransfers: ['NOT_FOUND', 'CONFIGURATION_ERROR'],
  reconcileLedger: ['NOT_FOUND', 'CONFIGURATION_ERROR', 'UNSUPPORTED_MEDIA_TYPE'],
  testSubscription: ['CONFIGURATION_ERROR'],
};

/** The likely codes of a route; any other failure is a problem too. Webhooks answer in their own shape. */
export function codesOf(id: RouteId, route: Route): ErrorCode[] {
  if (route.function === 'webhook' || (route.role === 'public' && !route.body)) return [];
  const codes: ErrorCode[] = ['UNAUTHENTICATED', 'STORE_UNAVAILABLE'];
  if (mayForbid(route)) codes.push('FORBIDDEN');
  if (route.path.includes('{')) codes.push('NOT_FOUND');
  if (route.body) codes.push('MALFORMED_REQUEST');
  if (route.body || route.query) codes.push('VALIDATION_FAILED');
  // `loginSession` reports a failed login in its answer.
  if (route.call && id !== 'loginSession') codes.push(...CALL_ERROR_CODES);
  if (takesIdempotencyKey(route)) {
    codes.push('VALIDATION_FAILED', 'IDEMPOTENCY_IN_PROGRESS', 'IDEMPOTENCY_MISMATCH');
  }
  return [...new Set([...codes, ...(OWN[id] ?? [])])];
}

/** All but reads of what is the caller's own: by role, by scope, for want of a CSRF token. */
const mayForbid = ({ role, scope, method }: Route) =>
  role !== 'public' && (role !== 'caller' || scope !== 'own' || method !== 'GET');

/** Calls of a service: operations, batches, the raw proxy (SPEC 4). */
export const takesIdempotencyKey = (route: Route) => route.tag === 'Calls';

export interface HeaderFact {
  name: string;
  example: string;
  description: string;
}

export const REQUEST_HEADERS = {
  Account: {
    name: 'X-Gatehouse-Account',
    example: 'north',
    description: 'Takes this account of a service with several; absent: the least used that is fit.',
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    example: 'order-4711',
    description:
      'On a call that may change something: done once in 24 h per key; when sent again, the first answer is repeated. 1 to 255 visible ASCII characters.',
  },
  AdjustmentKey: {
    name: 'Idempotency-Key',
    example: 'refund-4711',
    description:
      'In place of `transactionId`, which is then derived from it and from who asks: a repeat moves nothing twice. 1 to 255 visible ASCII characters.',
  },
} as const satisfies Record<string, HeaderFact>;

/** By the name of their component in the OpenAPI document. */
export const RESPONSE_HEADERS = {
  RequestId: {
    name: 'x-request-id',
    example: '31ef9066-9ff8-43b0-aa41-3638b3580f5d',
    description: 'Finds the request in the logs and the call log. On every answer.',
  },
  RetryAfter: {
    name: 'Retry-After',
    example: '52',
    description: 'Seconds after which the same request may succeed. With 429 and most 503.',
  },
  IdempotencyReplayed: {
    name: 'Idempotency-Replayed',
    example: 'true',
    description: 'The first answer to this Idempotency-Key is repeated; nothing was sent.',
  },
  RateLimitLimit: {
    name: 'RateLimit-Limit',
    example: '600',
    description: "Of the service's quotas, the one with the least left: how much it allows.",
  },
  RateLimitRemaining: {
    name: 'RateLimit-Remaining',
    example: '599',
    description: 'How much of it is left.',
  },
  RateLimitReset: {
    name: 'RateLimit-Reset',
    example: '23',
    description: 'Seconds until it starts anew.',
  },
  Account: {
    name: 'x-gatehouse-account',
    example: 'north',
    description:
      'The account that was taken. Only of a service with several, and not for an answer of the cache.',
  },
  Session: {
    name: 'x-gatehouse-session',
    example: 'reused',
    description:
      '`reused`, `renewed` (the platform had ended it) or `login`. Only where the service has a session.',
  },
  ServerTiming: {
    name: 'server-timing',
    example: 'guard;dur=1, session;dur=0, upstream;dur=9',
    description: 'Milliseconds spent on the guard (quota, breaker), the session, the third party.',
  },
} as const satisfies Record<string, HeaderFact>;

export type ResponseHeader = keyof typeof RESPONSE_HEADERS;

/** What an answer with this status may carry. */
export function headersOf(id: RouteId, route: Route, status: number): ResponseHeader[] {
  const called = route.tag === 'Calls';
  const metered = called && id !== 'callBatch';
  return [
    'RequestId',
    ...(status === 429 || status === 503 ? (['RetryAfter'] as const) : []),
    ...(called && status < 500 ? (['IdempotencyReplayed'] as const) : []),
    ...(metered && (status < 400 || status === 429)
      ? (['RateLimitLimit', 'RateLimitRemaining', 'RateLimitReset'] as const)
      : []),
    ...(metered && (status < 400 || [429, 502, 503].includes(status)) ? (['Account'] as const) : []),
    ...(metered && (status < 400 || status === 502) ? (['Session', 'ServerTiming'] as const) : []),
  ];
}

/** A success of another kind than the route's usual one. */
export const OTHER_SUCCESS: Partial<Record<RouteId, { status: number; description: string }>> = {
  putService: { status: 201, description: 'Created: the code was free' },
  adjustBalance: {
    status: 200,
    description: 'This `transactionId` was posted before: the same transfer again',
  },
};

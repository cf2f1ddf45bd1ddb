import { omitUndefined } from './omit-undefined.ts';

/** Of calls to third parties: any operation may end in any of them. */
export const CALL_ERROR_CODES = [
  'PLATFORM_UNAVAILABLE',
  'PLATFORM_BUSY',
  'PLATFORM_API_ERROR',
  'SESSION_EXPIRED',
  'LOGIN_IN_PROGRESS',
  'SESSION_NEEDS_PERSON',
  'CAPTCHA_FAILED',
  'AUTHENTICATION_FAILED',
  'CONFIGURATION_ERROR',
  'QUOTA_EXCEEDED',
  'CIRCUIT_OPEN',
  'SERVICE_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'RESPONSE_TOO_LARGE',
] as const;

/**
 * All error codes of the product. A code is part of the public contract (SPEC 4, 9); how it maps to an
 * HTTP status is defined by the API (`lib/api/problem.ts`).
 */
export const ERROR_CODES = [
  ...CALL_ERROR_CODES,
  // requests to the gateway
  'MALFORMED_REQUEST',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'PATH_NOT_ALLOWED',
  'NOT_FOUND',
  'REVISION_CONFLICT',
  'BINDING_CONFLICT',
  'ALREADY_EXISTS',
  'IDEMPOTENCY_IN_PROGRESS',
  'IDEMPOTENCY_MISMATCH',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'VALIDATION_FAILED',
  // money
  'INSUFFICIENT_FUNDS',
  'AMBIGUOUS_TRANSFER',
  'ALREADY_REVERSED',
  'NOT_REVERSIBLE',
  // the gateway itself
  'STORE_UNAVAILABLE',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** One thing wrong with an input: where (`operations.getUserInfo.path`, `params.userId`) and what. */
export interface FieldError {
  field: string;
  message: string;
}

export interface GatewayErrorOptions {
  cause?: unknown;
  /** Could the same request succeed later? Defaults by code, see `RETRYABLE`. */
  retryable?: boolean;
  /** When a retry makes sense, in seconds from now. */
  retryAfterSeconds?: number;
  fields?: FieldError[];
  /** What the third party answered, where the caller may see it (operations only). */
  upstream?: { status: number; body: unknown };
  /**
   * Could the third party have acted on the request? `false` only when it is known that no byte of it was
   * sent or that the third party refused it. Decides whether a write may be sent again.
   */
  mayHaveHadEffect?: boolean;
  /** Further members of the problem that the caller gets: `transactionId`. */
  members?: Record<string, string>;
  /** For operators: cause class kept with the record, never shown to a caller. */
  internal?: Record<string, string | number | boolean>;
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'PLATFORM_UNAVAILABLE',
  'PLATFORM_BUSY',
  'SESSION_EXPIRED',
  'LOGIN_IN_PROGRESS',
  'CAPTCHA_FAILED',
  'QUOTA_EXCEEDED',
  'CIRCUIT_OPEN',
  'SERVICE_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'IDEMPOTENCY_IN_PROGRESS',
  'STORE_UNAVAILABLE',
]);

/**
 * The one error class of the domain. `message` is for people and is safe to show to an authenticated
 * caller: it never carries a secret, a cookie, a command or a stack.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly fields: FieldError[] | undefined;
  readonly upstream: { status: number; body: unknown } | undefined;
  readonly mayHaveHadEffect: boolean;
  readonly members: Record<string, string> | undefined;
  readonly internal: Record<string, string | number | boolean> | undefined;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? RETRYABLE.has(code);
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.fields = options.fields;
    this.upstream = options.upstream;
    this.mayHaveHadEffect = options.mayHaveHadEffect ?? false;
    this.members = options.members;
    this.internal = options.internal;
  }
}

/** What may differ in a copy; `undefined` takes away what the error had. */
type Changes = { [Name in keyof GatewayErrorOptions]: GatewayErrorOptions[Name] | undefined };

/** The same error but for this. */
export function changedError(error: GatewayError, changes: Changes): GatewayError {
  const { cause, retryable, retryAfterSeconds, fields, upstream, mayHaveHadEffect, members, internal } =
    error;
  const before = {
    cause,
    retryable,
    retryAfterSeconds,
    fields,
    upstream,
    mayHaveHadEffect,
    members,
    internal,
  };
  return new GatewayError(error.code, error.message, omitUndefined({ ...before, ...changes }));
}

/** Is this a `GatewayError`, optionally with one of these codes? */
export function isGatewayError(error: unknown, ...codes: ErrorCode[]): error is GatewayError {
  return error instanceof GatewayError && (codes.length === 0 || codes.includes(error.code));
}

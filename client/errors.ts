/** Error classes: catch the one you can handle, or `GatewayError` for all. */

/** `code` of a problem that Gatehouse answered with. */
export type ProblemCode =
  | 'PLATFORM_UNAVAILABLE'
  | 'PLATFORM_BUSY'
  | 'PLATFORM_API_ERROR'
  | 'SESSION_EXPIRED'
  | 'LOGIN_IN_PROGRESS'
  | 'SESSION_NEEDS_PERSON'
  | 'CAPTCHA_FAILED'
  | 'AUTHENTICATION_FAILED'
  | 'CONFIGURATION_ERROR'
  | 'QUOTA_EXCEEDED'
  | 'CIRCUIT_OPEN'
  | 'SERVICE_UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'RESPONSE_TOO_LARGE'
  | 'MALFORMED_REQUEST'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'PATH_NOT_ALLOWED'
  | 'NOT_FOUND'
  | 'REVISION_CONFLICT'
  | 'IDEMPOTENCY_IN_PROGRESS'
  | 'IDEMPOTENCY_MISMATCH'
  | 'BINDING_CONFLICT'
  | 'ALREADY_EXISTS'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'VALIDATION_FAILED'
  | 'INSUFFICIENT_FUNDS'
  | 'AMBIGUOUS_TRANSFER'
  | 'ALREADY_REVERSED'
  | 'NOT_REVERSIBLE'
  | 'STORE_UNAVAILABLE'
  | 'INTERNAL';

/** Found by the client itself: Gatehouse did not answer, not in time, or not in its own format. */
export type ClientCode = 'GATEWAY_UNREACHABLE' | 'CLIENT_TIMEOUT' | 'UNEXPECTED_ANSWER';

/** A newer Gatehouse may send codes that this client does not know. */
export type GatewayErrorCode = ProblemCode | ClientCode | (string & {});

export interface GatewayErrorDetails {
  code: GatewayErrorCode;
  message: string;
  /** HTTP status of Gatehouse's answer; 0 when there was none. */
  status: number;
  /** Finds the request in Gatehouse's logs. */
  requestId?: string | undefined;
  /** Could the same request succeed later? */
  retryable: boolean;
  retryAfterSeconds?: number | undefined;
  /** Which fields of the input are wrong, with `VALIDATION_FAILED`. */
  errors?: readonly { field: string; message: string }[] | undefined;
  /** What the third party answered, with `PLATFORM_API_ERROR`. */
  upstream?: { status: number; body: unknown } | undefined;
  cause?: unknown;
}

export class GatewayError extends Error {
  readonly code: GatewayErrorCode;
  readonly status: number;
  readonly requestId: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly errors: readonly { field: string; message: string }[];

  constructor(details: GatewayErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    // The class's own name, so that a stack trace shows it.
    this.name = new.target.name;
    this.code = details.code;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryable = details.retryable;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.errors = details.errors ?? [];
  }
}

/** Credentials refused: the platform's (`AUTHENTICATION_FAILED`), or your API key (`UNAUTHENTICATED`). */
export class AuthenticationError extends GatewayError {}

/** The platform refused even a session that had just been renewed. */
export class SessionExpiredError extends GatewayError {}

/** A person has to log in to the platform: trying again is of no use until then. */
export class SessionNeedsPersonError extends GatewayError {}

/** The third party is down, too slow, too busy or switched off, or a login to it is still running: try later. */
export class PlatformUnavailableError extends GatewayError {}

/** The captcha of a login could not be solved. */
export class CaptchaError extends GatewayError {}

/** The third party understood and refused. */
export class PlatformApiError extends GatewayError {
  readonly upstream: { status: number; body: unknown } | undefined;
  constructor(details: GatewayErrorDetails) {
    super(details);
    this.upstream = details.upstream;
  }
}

/** The service's definition or credentials are wrong: an operator has to correct them. */
export class ConfigurationError extends GatewayError {}

/** The quota of the service is used up: nothing was sent, `retryAfterSeconds` says when the window ends. */
export class QuotaExceededError extends GatewayError {}

const CLASSES: Partial<Record<string, new (details: GatewayErrorDetails) => GatewayError>> = {
  AUTHENTICATION_FAILED: AuthenticationError,
  UNAUTHENTICATED: AuthenticationError,
  SESSION_EXPIRED: SessionExpiredError,
  SESSION_NEEDS_PERSON: SessionNeedsPersonError,
  PLATFORM_UNAVAILABLE: PlatformUnavailableError,
  PLATFORM_BUSY: PlatformUnavailableError,
  LOGIN_IN_PROGRESS: PlatformUnavailableError,
  CIRCUIT_OPEN: PlatformUnavailableError,
  SERVICE_UNAVAILABLE: PlatformUnavailableError,
  DEADLINE_EXCEEDED: PlatformUnavailableError,
  CAPTCHA_FAILED: CaptchaError,
  PLATFORM_API_ERROR: PlatformApiError,
  CONFIGURATION_ERROR: ConfigurationError,
  QUOTA_EXCEEDED: QuotaExceededError,
} satisfies Partial<Record<ProblemCode, unknown>>;

export function gatewayError(details: GatewayErrorDetails): GatewayError {
  return new (CLASSES[details.code] ?? GatewayError)(details);
}

/** What a webhook's sender gets (SPEC 7): its own shape, not the API's problem documents. */
export type WebhookCode =
  | 'WEBHOOK_REJECTED'
  | 'NOT_FOUND'
  | 'VALIDATION_FAILED'
  | 'INSUFFICIENT_FUNDS'
  | 'IDEMPOTENCY_MISMATCH'
  | 'RATE_LIMITED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'CONFIGURATION_ERROR'
  | 'SERVICE_UNAVAILABLE'
  | 'STORE_UNAVAILABLE'
  | 'INTERNAL';

const STATUS = {
  WEBHOOK_REJECTED: 401,
  NOT_FOUND: 404,
  VALIDATION_FAILED: 422,
  INSUFFICIENT_FUNDS: 422,
  IDEMPOTENCY_MISMATCH: 409,
  RATE_LIMITED: 429,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  CONFIGURATION_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
  STORE_UNAVAILABLE: 503,
  INTERNAL: 500,
} satisfies Record<WebhookCode, number>;

/** A refusal's own status, whatever a partner insists to be sent. */
export const statusOf = (code: WebhookCode): number => STATUS[code];

export interface WebhookReply {
  status: number;
  headers: Record<string, string>;
  /** JSON text, unless a definition shapes it: amounts are decimal strings, ids the digits that came. */
  body: string;
  /** The error behind a failure of ours: for the log, never sent. */
  cause?: unknown;
}

/** How a protocol writes its answers. */
export interface Replies {
  /**
   * @param dataText JSON text of what was done.
   * @param options.pending it was accepted, and is done later.
   */
  success(dataText: string, options: { replayed: boolean; pending: boolean }): WebhookReply;
  /** @param options.reveal the service is in `TESTING`: the partner may see the cause. */
  refusal(refused: WebhookRefused, options: { reveal: boolean }): WebhookReply;
}

/** A refusal. `internalCause` is kept with the delivery, and shown only for a service in `TESTING`. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused';
  readonly code: WebhookCode;
  readonly field: string | undefined;
  readonly internalCause: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: WebhookCode,
    message: string,
    options: { field?: string; internalCause?: string; retryAfterSeconds?: number } = {},
  ) {
    super(message);
    this.code = code;
    this.field = options.field;
    this.internalCause = options.internalCause;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** @throws WebhookRefused `VALIDATION_FAILED` naming the field. */
export function invalid(field: string, message: string): never {
  throw new WebhookRefused('VALIDATION_FAILED', `${field} ${message}.`, { field });
}

/** `{"success": true, "data"}` and `{"success": false, "code", "error"}`: for protocols without a format of their own. */
export const jsonReplies: Replies = {
  success: (dataText, { replayed, pending }) =>
    reply(pending ? 202 : 200, `{"success":true,"data":${dataText}${replayed ? ',"replayed":true' : ''}}`),

  refusal({ code, message, field, internalCause, retryAfterSeconds }, { reveal }) {
    const body = {
      success: false,
      code,
      error: message,
      ...(field === undefined ? {} : { field }),
      ...(reveal && internalCause !== undefined ? { cause: internalCause } : {}),
    };
    const wait = retryAfterSeconds === undefined ? undefined : Math.max(1, Math.ceil(retryAfterSeconds));
    const headers: Record<string, string> = wait === undefined ? {} : { 'retry-after': String(wait) };
    return reply(STATUS[code], JSON.stringify(body), headers);
  },
};

function reply(status: number, body: string, headers: Record<string, string> = {}): WebhookReply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body,
  };
}

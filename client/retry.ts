/** When a request may be sent again, and after how long. */
import type { GatewayError } from './errors.ts';

/** With these codes nothing was sent to the third party: any request may be repeated. */
const NOTHING_WAS_SENT: ReadonlySet<string> = new Set([
  'QUOTA_EXCEEDED',
  'LOGIN_IN_PROGRESS',
  'CIRCUIT_OPEN',
  'SERVICE_UNAVAILABLE',
]);

/** Longest wait before a retry when the answer names none, seconds. */
const MAX_BACKOFF_SECONDS = 8;

/** @param repeatable a safe method, an operation said to be idempotent, or one with an `Idempotency-Key` */
export function mayRetry(error: GatewayError, repeatable: boolean): boolean {
  return error.retryable && (repeatable || NOTHING_WAS_SENT.has(error.code));
}

/**
 * Milliseconds until the retry: what `Retry-After` says and up to a quarter more, so that clients that
 * were refused together do not return together; without it ½, 1, 2 s … with full jitter.
 * @param retry 1 for the first
 * @param fraction uniform in [0, 1)
 */
export function delayMs(error: GatewayError, retry: number, fraction: number): number {
  const { retryAfterSeconds } = error;
  if (retryAfterSeconds !== undefined) return Math.ceil(retryAfterSeconds * 1_000 * (1 + fraction / 4));
  return Math.ceil(Math.min(MAX_BACKOFF_SECONDS, 0.5 * 2 ** (retry - 1)) * 1_000 * fraction);
}

import type { Deadline } from '../../runtime/clock.ts';

/** One request to a third party, ready for the wire: nothing in it is rewritten any more. */
export interface UpstreamRequest {
  method: string;
  /** Absolute; path and query are already encoded and sent unchanged. */
  url: string;
  /** Lower-case names. `host`, `content-length` and connection headers are set by the transport. */
  headers: Record<string, string>;
  body?: Buffer;
  /** For this attempt, milliseconds. */
  timeoutMs: number;
  /** The call's deadline: limits `timeoutMs`. */
  deadline: Deadline;
  /** Cap on the decoded body, bytes. */
  maxBytes: number;
}

export interface UpstreamResponse {
  status: number;
  /** Lower-case names; a repeated header's values are joined by ", ", except `set-cookie`. */
  headers: Record<string, string>;
  /** Each `Set-Cookie` line, as sent. */
  setCookies: string[];
  /** Decoded (gzip, br, deflate): `content-encoding` is gone from `headers`. */
  body: Buffer;
}

/**
 * Sends requests on kept-alive connections. Never follows a redirect, never opens a socket to an address
 * that is not public (stage `local`: loopback is allowed too).
 *
 * Rejects with `GatewayError`:
 * - `PLATFORM_UNAVAILABLE` (`internal.cause`: `timeout | reset | refused | dns | tls | protocol`), with
 *   `mayHaveHadEffect: false` only when no byte of the request can have been acted on;
 * - `DEADLINE_EXCEEDED` when the deadline came first;
 * - `RESPONSE_TOO_LARGE` at the decoded-byte cap;
 * - `CONFIGURATION_ERROR` when the address must not be reached;
 * - `MALFORMED_REQUEST` for CR, LF or NUL in what came from the caller.
 */
export interface Transport {
  send(request: UpstreamRequest): Promise<UpstreamResponse>;
  close(): Promise<void>;
}

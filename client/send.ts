/** One request to Gatehouse, repeated where that is safe, within one time limit. */
import type { ClientClock } from './clock.ts';
import { GatewayError, gatewayError } from './errors.ts';
import { delayMs, mayRetry } from './retry.ts';

export interface OutgoingRequest {
  method: string;
  url: string;
  headers: Headers;
  body?: Uint8Array<ArrayBuffer>;
  /** May it be sent twice without harm? */
  repeatable: boolean;
  /** For the whole call, retries and waits included, milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export interface Channel {
  fetch: typeof globalThis.fetch;
  /** After the first try. */
  retries: number;
  clock: ClientClock;
  /** Uniform in [0, 1). */
  fraction: () => number;
}

/**
 * Answers with the result of `read`. `read` throws a `GatewayError` for an answer that is a
 * failure. Aborting `signal` rejects with its reason.
 */
export async function send<T>(
  outgoing: OutgoingRequest,
  channel: Channel,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  // `fetch` reports a malformed request as it reports a network failure: the former must not be retried.
  assertWellFormed(outgoing);
  const end = channel.clock.now() + outgoing.timeoutMs;
  for (let retry = 1; ; retry += 1) {
    const limit = AbortSignal.timeout(Math.max(0, end - channel.clock.now()));
    try {
      return await attempt(outgoing, channel, limit, read);
    } catch (error) {
      const failure = failureOf(error, outgoing, limit);
      const wait = delayMs(failure, retry, channel.fraction());
      const inTime = channel.clock.now() + wait < end;
      if (retry > channel.retries || !inTime || !mayRetry(failure, outgoing.repeatable)) throw failure;
      await channel.clock.sleep(wait, outgoing.signal ?? new AbortController().signal);
    }
  }
}

function assertWellFormed({ method, url, headers, body }: OutgoingRequest): void {
  void new Request(url, { method, headers, ...(body === undefined ? {} : { body }) });
}

async function attempt<T>(
  { method, url, headers, body, signal }: OutgoingRequest,
  { fetch }: Channel,
  limit: AbortSignal,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    // A redirect is the third party's answer, passed through: it must not be followed with the API key.
    redirect: 'manual',
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  return read(response);
}

/** Turns an error of `fetch` into a `GatewayError`. An abort by the caller is thrown with the caller's reason. */
function failureOf(error: unknown, { signal, timeoutMs }: OutgoingRequest, limit: AbortSignal): GatewayError {
  if (signal?.aborted) throw signal.reason;
  if (error instanceof GatewayError) return error;
  if (limit.aborted) {
    return gatewayError({
      code: 'CLIENT_TIMEOUT',
      message: `Gatehouse did not answer within ${timeoutMs} ms.`,
      status: 0,
      retryable: true,
      cause: error,
    });
  }
  return gatewayError({
    code: 'GATEWAY_UNREACHABLE',
    message: 'Gatehouse could not be reached.',
    status: 0,
    retryable: true,
    cause: error,
  });
}

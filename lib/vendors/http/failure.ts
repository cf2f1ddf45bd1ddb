/** What went wrong on the wire, in the product's terms. */
import { GatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { AddressRefused } from './guarded-connector.ts';

/** Class of a network failure, kept as `internal.cause`. */
export type WireCause = 'timeout' | 'reset' | 'refused' | 'dns' | 'tls' | 'protocol';

const MESSAGES: Record<WireCause, string> = {
  timeout: 'The platform did not answer in time.',
  reset: 'The connection to the platform broke.',
  refused: 'The platform refused the connection.',
  dns: "The platform's host name could not be resolved.",
  tls: 'The TLS connection to the platform failed.',
  protocol: 'The platform answered with something that is not HTTP.',
};

/**
 * @param mayHaveHadEffect was the request handed to a socket? From then on it is unknown what the third
 *   party did with it.
 */
export function unavailable(why: WireCause, mayHaveHadEffect: boolean, cause?: unknown): GatewayError {
  return new GatewayError('PLATFORM_UNAVAILABLE', MESSAGES[why], {
    cause,
    mayHaveHadEffect,
    internal: { cause: why, ...omitUndefined({ address: addressOf(cause) }) },
  });
}

/** Which address, or name, it was: for operators. Of several that were tried, the first. */
function addressOf(error: unknown): string | undefined {
  const { errors } = (error ?? {}) as { errors?: unknown };
  const first: unknown = Array.isArray(errors) ? errors[0] : error;
  const { address, port, hostname } = (first ?? {}) as Record<string, unknown>;
  if (typeof address === 'string') return typeof port === 'number' ? `${address}:${port}` : address;
  return typeof hostname === 'string' ? hostname : undefined;
}

/** Turns an error of undici, TLS, DNS or a socket into a `GatewayError`. */
export function fromWireError(error: unknown, mayHaveHadEffect: boolean): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof AddressRefused) return addressRefused(error.message);
  const code = errorCode(error);
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return malformed('The request contains something that cannot be sent over HTTP.', error);
  }
  return unavailable(wireCause(code, error), mayHaveHadEffect, error);
}

export function addressRefused(detail: string): GatewayError {
  return new GatewayError('CONFIGURATION_ERROR', `The service's base URL cannot be used: ${detail}`, {
    mayHaveHadEffect: false,
    internal: { cause: 'blocked' },
  });
}

export function malformed(detail: string, cause?: unknown): GatewayError {
  return new GatewayError('MALFORMED_REQUEST', detail, { cause, mayHaveHadEffect: false });
}

/** @param status of the answer, where it had come so far. */
export function tooLarge(maxBytes: number, status?: number): GatewayError {
  return new GatewayError('RESPONSE_TOO_LARGE', `The platform's answer is larger than ${maxBytes} bytes.`, {
    mayHaveHadEffect: true,
    internal: { maxBytes, ...omitUndefined({ status }) },
  });
}

/** @param deadlineCameFirst the call's deadline, not the attempt's own time limit, was the shorter one. */
export function outOfTime(deadlineCameFirst: boolean, mayHaveHadEffect: boolean): GatewayError {
  if (!deadlineCameFirst) return unavailable('timeout', mayHaveHadEffect);
  return new GatewayError('DEADLINE_EXCEEDED', 'The platform did not answer before the deadline.', {
    mayHaveHadEffect,
    internal: { cause: 'timeout' },
  });
}

const TIMEOUT = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);
const REFUSED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
]);
const RESET = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_DESTROYED',
  'UND_ERR_CLOSED',
  'UND_ERR_ABORTED',
  'UND_ERR_INFO',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);
const DNS = /^(ENOTFOUND|ENODATA|ESERVFAIL|EAI_|EBADNAME|EREFUSED)/;
const TLS =
  /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH|ERR_OSSL)/;

function wireCause(code: string, error: unknown): WireCause {
  if (TIMEOUT.has(code)) return 'timeout';
  if (REFUSED.has(code)) return 'refused';
  if (RESET.has(code) || isCutShort(code, error)) return 'reset';
  if (DNS.test(code) || (error as { syscall?: unknown } | null)?.syscall === 'getaddrinfo') return 'dns';
  return TLS.test(code) ? 'tls' : 'protocol';
}

/** A chunked body that its connection's end cuts short; undici leaves out the parser's code in one place. */
function isCutShort(code: string, error: unknown): boolean {
  if (code !== '') return code === 'HPE_INVALID_EOF_STATE';
  return error instanceof Error && error.message.endsWith('(Invalid EOF state)');
}

function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

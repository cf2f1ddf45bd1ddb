/** One request to a subscriber: a Standard Webhook. */
import type { Clock, Deadline } from '../runtime/clock.ts';
import { isGatewayError } from '../runtime/errors.ts';
import type { GatewayError } from '../runtime/errors.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Transport } from '../vendors/http/transport.ts';
import { signedHeaders } from '../vendors/standard-webhooks/sign.ts';
import type { Attempt } from './delivery.ts';

export interface Message {
  id: string;
  type: string;
  /** ISO 8601, UTC: when it happened. */
  at: string;
  /** JSON. */
  dataText: string;
}

export interface Sent extends Attempt {
  succeeded: boolean;
  /** What `Retry-After` asks for, milliseconds. */
  askedMs?: number;
}

export interface SendDeps {
  transport: Pick<Transport, 'send'>;
  clock: Clock;
}

/** For one request with its answer, milliseconds. */
export const SEND_MS = 15_000;
/** Of an answer nothing is read but whether it is one. */
const ANSWER_BYTES = 16_384;

/** Never throws for what the subscriber does. */
export async function send(
  { url, secrets }: { url: string; secrets: readonly string[] },
  { id, type, at, dataText }: Message,
  deadline: Deadline,
  { transport, clock }: SendDeps,
): Promise<Sent> {
  const startedAt = clock.now();
  // Text, not an object: the digits in it are the ones that were committed.
  const body = `{"type":${JSON.stringify(type)},"timestamp":${JSON.stringify(at)},"data":${dataText}}`;
  const attempt = (outcome: Omit<Sent, keyof Attempt> & Pick<Attempt, 'status' | 'error'>): Sent => ({
    at: new Date(startedAt).toISOString(),
    durationMs: clock.now() - startedAt,
    ...outcome,
  });
  try {
    const { status, headers } = await transport.send({
      method: 'POST',
      url,
      headers: {
        ...signedHeaders(secrets, { id, at: startedAt, body }),
        'content-type': 'application/json',
        'user-agent': 'Gatehouse',
        // What it says is not read: nothing has to be unpacked.
        'accept-encoding': 'identity',
      },
      body: Buffer.from(body),
      timeoutMs: SEND_MS,
      deadline,
      maxBytes: ANSWER_BYTES,
    });
    const askedMs = retryAfter(headers['retry-after'], clock.now());
    return attempt({ succeeded: isSuccess(status), status, ...omitUndefined({ askedMs }) });
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    const status = error.internal?.['status'];
    // It went on talking.
    if (typeof status === 'number') return attempt({ succeeded: isSuccess(status), status });
    return attempt({ succeeded: false, error: causeOf(error) });
  }
}

const isSuccess = (status: number) => status >= 200 && status < 300;

function causeOf({ code, internal }: GatewayError): string {
  if (code === 'CONFIGURATION_ERROR') return 'ADDRESS_REFUSED';
  const cause = internal?.['cause'];
  return typeof cause === 'string' ? cause.toUpperCase() : code;
}

/** Seconds, or a date (RFC 9110 10.2.3). */
function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

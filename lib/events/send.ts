/** One request to a recipient, and what its answer means. */
import type { Clock, Deadline } from '../runtime/clock.ts';
import { isGatewayError } from '../runtime/errors.ts';
import type { GatewayError } from '../runtime/errors.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Transport } from '../vendors/http/transport.ts';
import type { Attempt } from './delivery.ts';

/** What is told. */
export interface Message {
  id: string;
  type: string;
  /** ISO 8601, UTC: when it happened. */
  at: string;
  /** Code of the service that it is about, where there is one. */
  service?: string;
  /** JSON. */
  dataText: string;
}

/** A POST, ready for the wire. */
export interface Posting {
  url: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: string;
}

export interface PostAnswer {
  status: number;
  /** Empty where it was more than anybody has to say. */
  text: string;
}

/** `busy`: too many messages at once. It is no fault of this one, which is as good as not tried. */
export interface Verdict {
  outcome: 'taken' | 'failed' | 'busy';
  /** Why it was not taken, where the status alone does not say. */
  error?: string;
}

export interface Sent extends Attempt, Verdict {
  /** What `Retry-After` asks for, milliseconds. */
  askedMs?: number;
}

export interface SendDeps {
  transport: Pick<Transport, 'send'>;
  clock: Clock;
}

/** For one request with its answer, milliseconds. */
export const SEND_MS = 15_000;
const ANSWER_BYTES = 16_384;

export const byStatus = ({ status }: Pick<PostAnswer, 'status'>): Verdict => ({
  outcome: status >= 200 && status < 300 ? 'taken' : 'failed',
});

/** Never throws for what the other side does. */
export async function post(
  { url, headers, body }: Posting,
  judge: (answer: PostAnswer) => Verdict,
  deadline: Deadline,
  { transport, clock }: SendDeps,
): Promise<Sent> {
  const startedAt = clock.now();
  const attempt = (outcome: Verdict & Pick<Sent, 'status' | 'askedMs'>): Sent => ({
    at: new Date(startedAt).toISOString(),
    durationMs: clock.now() - startedAt,
    ...outcome,
  });
  try {
    const answer = await transport.send({
      method: 'POST',
      url,
      // Of an answer little is read: nothing has to be unpacked.
      headers: { 'user-agent': 'Gatehouse', 'accept-encoding': 'identity', ...headers },
      body: Buffer.from(body),
      timeoutMs: SEND_MS,
      deadline,
      maxBytes: ANSWER_BYTES,
    });
    const { status } = answer;
    const askedMs = retryAfter(answer.headers['retry-after'], clock.now());
    const verdict = judge({ status, text: answer.body.toString('utf8') });
    return attempt({ ...verdict, status, ...omitUndefined({ askedMs }) });
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    const status = error.internal?.['status'];
    // It went on talking.
    if (typeof status === 'number') return attempt({ ...judge({ status, text: '' }), status });
    return attempt({ outcome: 'failed', error: causeOf(error) });
  }
}

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

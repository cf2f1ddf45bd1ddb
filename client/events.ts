/** Events as they arrive at your code: signed by Gatehouse as Standard Webhooks (standardwebhooks.com). */
import { parseExactJson } from './json.ts';

export interface GatehouseEvent<Data = unknown> {
  /** The same for all deliveries of one event: handle each once. */
  id: string;
  /** `transfer.settled` ... */
  type: string;
  /** When it happened. */
  timestamp: string;
  data: Data;
}

/** Names in any case: `request.headers` of Node, of `fetch`, of frameworks. */
export type EventHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** How old an event may be, and how far ahead of our clock; default 300. */
  toleranceSeconds?: number;
  /** For tests: milliseconds since the epoch. */
  now?: () => number;
}

/** A request that is no event of Gatehouse: answer 400. */
export class EventVerificationError extends Error {
  override readonly name = 'EventVerificationError';
}

/** Standard Webhooks ask for this many bytes: with an empty secret anybody could sign. */
const MIN_SECRET_BYTES = 24;

/**
 * The event of a request, if Gatehouse has signed it lately.
 * @param body as it came, before anything has parsed it
 * @param secrets `whsec_...`; while you change it, the new one and the one before
 * @throws EventVerificationError it is not from Gatehouse, was altered, or is too old
 * @throws TypeError a secret is none
 */
export async function verifyEvent<Data = unknown>(
  headers: EventHeaders,
  body: string | Uint8Array | ArrayBuffer,
  secrets: string | readonly string[],
  { toleranceSeconds = 300, now = () => Date.now() }: VerifyOptions = {},
): Promise<GatehouseEvent<Data>> {
  const keys = (typeof secrets === 'string' ? [secrets] : secrets).map(secretKey);
  if (keys.length === 0) throw new TypeError('At least one secret is needed.');
  const id = headerOf(headers, 'webhook-id');
  const sentAt = headerOf(headers, 'webhook-timestamp');
  if (id === '' || !/^\d{1,12}$/.test(sentAt)) {
    throw new EventVerificationError('The headers webhook-id and webhook-timestamp are missing.');
  }
  if (Math.abs(now() / 1_000 - Number(sentAt)) > toleranceSeconds) {
    throw new EventVerificationError('The event is too old, or a clock is wrong.');
  }
  const raw = typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body);
  const message = joined(new TextEncoder().encode(`${id}.${sentAt}.`), raw);
  if (!(await isSigned(message, headerOf(headers, 'webhook-signature'), keys))) {
    throw new EventVerificationError('No signature of the event holds.');
  }
  return { ...eventOf<Data>(raw), id };
}

function headerOf(headers: EventHeaders, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? '';
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? [];
  return typeof value === 'string' ? value : (value ?? []).join(' ');
}

async function isSigned(
  message: Uint8Array<ArrayBuffer>,
  header: string,
  keys: readonly Uint8Array<ArrayBuffer>[],
): Promise<boolean> {
  const signatures = header
    .split(' ')
    .filter((one) => one.startsWith('v1,'))
    .map((one) => bytesOf(one.slice(3)));
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  for (const secret of keys) {
    const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['verify']);
    for (const signature of signatures) {
      // Compares in constant time.
      if (signature && (await crypto.subtle.verify('HMAC', key, signature, message))) return true;
    }
  }
  return false;
}

function secretKey(secret: string): Uint8Array<ArrayBuffer> {
  const key = bytesOf(secret.replace(/^whsec_/, ''));
  if (key !== undefined && key.length >= MIN_SECRET_BYTES) return key;
  throw new TypeError('A secret is `whsec_` and base64, as the subscription showed it.');
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function eventOf<Data>(raw: Uint8Array): Omit<GatehouseEvent<Data>, 'id'> {
  try {
    const { type, timestamp, data } = parseExactJson(new TextDecoder().decode(raw)) as GatehouseEvent<Data>;
    if (typeof type === 'string') return { type, timestamp, data };
  } catch {
    // As one without a type.
  }
  throw new EventVerificationError('The body is no event.');
}

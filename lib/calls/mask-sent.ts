import { LRUCache } from 'lru-cache';
import type { Authentication, CookiePairs, WireRequest } from '../auth/strategy.ts';
import { GatewayError } from '../runtime/errors.ts';
import { ExactNumber, JsonSyntaxError, parseExact } from '../text/json/exact.ts';
import type { ExactJson } from '../text/json/exact.ts';
import { encodeForm } from '../text/form.ts';
import { knownValues } from '../text/redaction/known-values.ts';
import type { KnownValues } from '../text/redaction/known-values.ts';
import { MASK } from '../text/redaction/mask.ts';
import { isSecretValue } from '../text/redaction/names.ts';
import { unescapeOnce } from '../text/redaction/unescape.ts';

/** Hides what a call was authenticated with, should the third party give it back. */
export interface SentSecrets {
  /** For errors and records: everything that was sent to authenticate the call. */
  mask(text: string): string;
  /** For what a caller gets of an answer: only what is a secret for certain, as the rest may be what it is about. */
  maskJson(source: string): string;
  maskHeader(value: string): string;
  /** Of the same length. @throws GatewayError `PLATFORM_API_ERROR` when a secret cannot be cut out. */
  maskBytes(body: Buffer): Buffer;
}

/** Shorter values are common (`1`, `zh-CN`), and too short to be secrets. */
const SHORTEST = 8;
/** By what they mask: a session's cookies stay the same for many calls. */
const kept = new LRUCache<string, SentSecrets>({ max: 200 });

/** Before anything was sent. */
export const NOTHING_SENT: SentSecrets = {
  mask: (text) => text,
  maskJson: (source) => source,
  maskHeader: (value) => value,
  maskBytes: (body) => body,
};

/**
 * @param wire the request: which cookies it carries depends on its URL.
 * @param charset of the service's pages, in which a body may hold a secret too.
 */
export function sentSecrets(
  auth: Authentication,
  wire: Pick<WireRequest, 'url' | 'secrets'>,
  charset?: string,
): SentSecrets {
  const cookies = auth.cookies?.(wire.url) ?? [];
  const declared = [...(auth.secrets ?? []), ...(wire.secrets ?? [])];
  const certain = [
    ...declared,
    ...cookies.filter(([name, value]) => isSecretValue(name, value)).flatMap(asRead),
  ].filter(isLong);
  const sent = [
    ...cookies.flatMap(asRead),
    // "Bearer abc": the second word is the secret.
    ...Object.values(auth.headers).flatMap((value) => [value, ...value.split(' ').slice(1)]),
    ...Object.values(auth.query ?? {}),
    ...Object.values(auth.fields ?? {}),
  ].filter(isLong);
  const key = JSON.stringify([certain, declared, sent, charset]);
  const known = kept.get(key);
  if (known) return known;
  const fresh = filters(knownValues([...declared, ...sent]), certain, charset);
  kept.set(key, fresh);
  return fresh;
}

/** Most frameworks percent-encode what they put into a cookie, and show it decoded. */
const asRead = ([, value]: CookiePairs[number]): string[] => [value, unescapeOnce(value)];

const isLong = (value: string) => value.length >= SHORTEST;

function filters(everything: KnownValues, secrets: string[], charset: string | undefined): SentSecrets {
  const mask = (text: string) => everything.mask(text) ?? MASK;
  if (secrets.length === 0) return { ...NOTHING_SENT, mask };
  // Bodies are read with one character per byte: what is not masked stays as it is, whatever its charset.
  const inBytes = (secret: string) => [bytesOf(secret), ...(charset ? [bytesOf(secret, charset)] : [])];
  const certain = knownValues(secrets.flatMap((secret) => [secret, ...inBytes(secret)]));
  const maskCertain = (text: string) => certain.mask(text) ?? MASK;
  return {
    mask,
    maskJson: (source) => (certain.occurIn(source) ? maskedJson(source, maskCertain) : source),
    maskHeader: maskCertain,
    maskBytes: (body) => {
      const text = body.toString('latin1');
      const masked = certain.mask(text, (found) => '*'.repeat(found.length));
      if (masked === undefined) throw unmaskable();
      return masked === text ? body : Buffer.from(masked, 'latin1');
    },
  };
}

/** A text as a body in that charset has it, one character per byte. */
const bytesOf = (text: string, charset?: string): string =>
  encodeForm([['', text]], charset)
    .slice(1)
    .replaceAll('+', ' ')
    .replace(/%([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function maskedJson(source: string, mask: (text: string) => string): string {
  try {
    return JSON.stringify(walk(parseExact(source), mask));
  } catch (error) {
    // Deeper than we read, for example.
    if (error instanceof JsonSyntaxError) throw unmaskable();
    throw error;
  }
}

/** Text by text, keys too; a number with a secret in it becomes text. */
function walk(value: ExactJson, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value);
  if (value instanceof ExactNumber) return mask(value.source) === value.source ? value : MASK;
  if (Array.isArray(value)) return value.map((element) => walk(element, mask));
  if (typeof value !== 'object' || value === null) return value;
  const masked = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of Object.entries(value)) masked[mask(key)] = walk(member, mask);
  return masked;
}

const unmaskable = () =>
  new GatewayError(
    'PLATFORM_API_ERROR',
    'The answer is withheld: it holds what the gateway authenticates with, in a form that cannot be masked.',
    { mayHaveHadEffect: true },
  );

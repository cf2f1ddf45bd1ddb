/** Where an envelope travels: in the body, or in three headers. */
import { ExactNumber, parseExact } from '../../text/json/exact.ts';
import type { ExactJson, ExactObject } from '../../text/json/exact.ts';
import type { Envelope } from './envelope.ts';
import { reject } from './envelope-rejected.ts';

const FIELDS = ['data', 'iv', 'timestamp', 'sign'] as const;

/** The three headers that repeat an envelope. */
export function envelopeHeaders(envelope: Envelope): Record<string, string> {
  return {
    'x-encrypted-data': JSON.stringify(envelope),
    'x-timestamp': String(envelope.timestamp),
    'x-signature': envelope.sign,
  };
}

/**
 * The envelope of a request, for `openEnvelope`. `X-Encrypted-Data` carries it as JSON, or else the body does.
 * Repeated values must agree: body and header, envelope and `X-Timestamp`, `X-Signature`. A body beside
 * `X-Encrypted-Data` that is not an envelope is ignored.
 * @param headers lower-case names.
 * @throws EnvelopeRejected `MALFORMED`
 */
export function readPlacement(headers: Record<string, string | undefined>, bodyText: string): ExactJson {
  const header = headers['x-encrypted-data'];
  if (header === undefined || header === '') return requireAgreement(parsed(bodyText), headers);
  const envelope = parsed(header);
  const body = readEnvelope(bodyText);
  if (body && FIELDS.some((field) => !same(envelope, body, field))) return reject('MALFORMED');
  return requireAgreement(envelope, headers);
}

/** A text that looks like an envelope, which may still be invalid. `undefined`: it is something else. */
export function readEnvelope(text: string): ExactObject | undefined {
  let value: ExactJson;
  try {
    value = parseExact(text);
  } catch {
    return undefined;
  }
  return isObject(value) && ['data', 'iv', 'sign'].every((field) => Object.hasOwn(value, field))
    ? value
    : undefined;
}

function parsed(text: string): ExactJson {
  try {
    return parseExact(text);
  } catch {
    return reject('MALFORMED');
  }
}

function requireAgreement(envelope: ExactJson, headers: Record<string, string | undefined>): ExactJson {
  for (const [header, field] of [
    ['x-timestamp', 'timestamp'],
    ['x-signature', 'sign'],
  ] as const) {
    const said = headers[header];
    if (said !== undefined && said !== fieldText(envelope, field)) return reject('MALFORMED');
  }
  return envelope;
}

function same(a: ExactJson, b: ExactJson, field: (typeof FIELDS)[number]): boolean {
  const text = fieldText(a, field);
  return text !== undefined && text === fieldText(b, field);
}

/** A field as text; `undefined`: it is not there, or neither text nor number. */
function fieldText(envelope: ExactJson, field: (typeof FIELDS)[number]): string | undefined {
  if (!isObject(envelope) || !Object.hasOwn(envelope, field)) return undefined;
  const value = envelope[field];
  if (value instanceof ExactNumber) return value.source;
  return typeof value === 'string' ? value : undefined;
}

function isObject(value: ExactJson): value is ExactObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
  );
}

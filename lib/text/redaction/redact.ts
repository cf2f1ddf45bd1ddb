/**
 * What may be written down of requests and answers (SPEC 10): logs, call records, recorder, exports. By
 * name and by form here; by value in `known-values.ts`.
 */
import { ExactNumber, parseExact } from '../json/exact.ts';
import { decodeText } from '../charset.ts';
import { MASK, maskText, maskTokens } from './mask.ts';
import { isSecretName } from './names.ts';

/** Longer texts are read only up to this length, characters. */
const MAX_READ = 65_536;
const MAX_DEPTH = 32;
const MAX_NODES = 20_000;

/**
 * A text with its secrets masked: JSON by its keys, forms, queries, header lines and HTML by their names,
 * tokens by their form. Never throws.
 *
 * @param max Length of what comes back, bytes of UTF-8; a cut is shown by "…".
 */
export function redactText(text: string, max: number): string {
  const read = text.length > MAX_READ ? text.slice(0, MAX_READ) : text;
  return cut(redactString(read), max, read.length < text.length);
}

/** A JSON value (or what can be made one) with its secrets masked; deep and huge ones are cut. Never throws. */
export function redactJson(value: unknown): unknown {
  return walk(value, { nodes: 0 }, 0);
}

/** Headers with the values of secret ones masked. Cookies keep their names. */
export function redactHeaders(
  headers: Record<string, string | string[] | undefined>,
): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    shown[name] = redactHeader(name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value);
  }
  return shown;
}

/** A body: text redacted, anything else named by size and type (`<1234 bytes image/png>`). */
export function redactBody(
  body: Buffer,
  {
    contentType,
    charset,
    max,
  }: { contentType?: string | undefined; charset?: string | undefined; max: number },
): string {
  if (body.length === 0) return '';
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (isBinary(body, type)) return `<${body.length} bytes${type === '' ? '' : ` ${type.slice(0, 100)}`}>`;
  const head = body.length > MAX_READ * 4 ? body.subarray(0, MAX_READ * 4) : body;
  return redactText(decodeText(head, contentType, charset), max);
}

function redactString(text: string): string {
  return redactedJsonText(text) ?? maskText(text);
}

function redactedJsonText(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.stringify(redactJson(parseExact(text)));
  } catch {
    return undefined;
  }
}

function walk(value: unknown, count: { nodes: number }, depth: number): unknown {
  if (typeof value === 'string') return redactNested(value, depth);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ExactNumber) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  count.nodes += 1;
  if (depth >= MAX_DEPTH || count.nodes > MAX_NODES) return '…';
  if (value instanceof Error) return { name: value.name, message: redactNested(value.message, depth) };
  if (Array.isArray(value)) return value.slice(0, 1_000).map((element) => walk(element, count, depth + 1));
  return walkObject(value, count, depth);
}

function walkObject(value: object, count: { nodes: number }, depth: number): object {
  const envelope = 'iv' in value && 'data' in value;
  // No prototype: a key called "__proto__" stays a key.
  const shown = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of Object.entries(value)) {
    const secret = isSecretName(key) || (envelope && /^(?:data|iv|sign)$/.test(key));
    shown[key.length > 256 ? `${key.slice(0, 256)}…` : key] =
      secret && !isHarmless(member) ? MASK : walk(member, count, depth + 1);
  }
  return shown;
}

/** A string inside a JSON value may be JSON, a form or a URL itself. */
function redactNested(text: string, depth: number): string {
  const read = text.length > MAX_READ ? `${text.slice(0, MAX_READ)}…` : text;
  return depth < 4 ? redactString(read) : maskText(read);
}

function isHarmless(value: unknown): boolean {
  return value === null || value === undefined || typeof value === 'boolean' || value === '';
}

function redactHeader(name: string, value: string): string {
  if (name === 'cookie') return value.replace(/=[^;]*/g, `=${MASK}`);
  if (name === 'set-cookie')
    return value.replace(/^([^=;]*)=[^;]*/, `$1=${MASK}`).replace(/,\s*([^=;,\s]+)=[^;]*/g, `, $1=${MASK}`);
  return isSecretName(name) ? MASK : maskTokens(maskText(value));
}

const TEXT_TYPE =
  /^text\/|[/+](?:json|xml)$|^application\/(?:javascript|x-www-form-urlencoded|x-ndjson|problem\+json)$/;

function isBinary(body: Buffer, type: string): boolean {
  if (type !== '' && !TEXT_TYPE.test(type)) return true;
  return body.subarray(0, 1_024).includes(0);
}

function cut(text: string, max: number, already: boolean): string {
  if (text.length * 3 <= max || Buffer.byteLength(text) <= max) return already ? `${text}…` : text;
  // The decoder drops a character that the cut went through.
  const head = Buffer.from(text.slice(0, max)).subarray(0, Math.max(0, max - 3));
  return `${new TextDecoder().decode(head, { stream: true })}…`;
}

/**
 * What may be written down of requests and answers (SPEC 10): logs, call records, recorder, exports. By
 * name and by form here; by value in `known-values.ts`.
 */
import { ExactNumber, parseExact } from '../json/exact.ts';
import { decodeText } from '../charset.ts';
import { MASK, maskText, maskTokens } from './mask.ts';
import { isSecretName, mentionsSecret } from './names.ts';

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
  return walk(value, { nodes: 0, strict: false }, 0);
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

/** A longer body is not read: bytes. */
const MAX_BODY = MAX_READ * 4;

export interface BodyOptions {
  contentType?: string | undefined;
  charset?: string | undefined;
  /** As for `redactText`. */
  max: number;
  /** Masks known values in the text, before anything is cut. */
  mask?: (text: string) => string;
}

/**
 * A body: JSON and forms with their secrets masked, other text if it speaks of none, anything else named by size and
 * type (`<1234 bytes image/png>`). What cannot be read as what it says it is is not kept: where a secret ends in it,
 * nobody knows.
 */
export function redactBody(body: Buffer, { contentType, charset, max, mask }: BodyOptions): string {
  if (body.length === 0) return '';
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const named = `${body.length} bytes${type === '' ? '' : ` ${type.slice(0, 100)}`}`;
  if (isBinary(body, type)) return `<${named}>`;
  if (body.length > MAX_BODY) return `[not kept: ${named}, too long]`;
  const text = decodeText(body, contentType, charset);
  const shown = redactedAs(type, mask ? mask(text) : text);
  return shown === undefined ? `[not kept: ${named}]` : cut(shown, max, false);
}

/** `undefined`: it is not what it says. */
function redactedAs(type: string, text: string): string | undefined {
  if (type.endsWith('json')) return redactedJsonText(text, true);
  if (type === 'application/x-www-form-urlencoded') return redactedForm(text);
  if (type.endsWith('xml')) return undefined;
  return redactedJsonText(text, true) ?? redactedForm(text) ?? redactedProse(text, type === 'text/html');
}

const NOT_KEPT = '[not kept]';

/** Pair by pair: what a value may hold beside `&`, other readers may take for its end. */
function redactedForm(text: string): string | undefined {
  if (!/^[^\s<>"'{}]*=[^\s<>"'{}]*$/.test(text)) return undefined;
  return text
    .split('&')
    .map((pair) => {
      const end = pair.indexOf('=');
      if (end < 0) return mentionsSecret(pair) ? MASK : pair;
      const name = pair.slice(0, end);
      return isSecretName(name) ? `${name}=${MASK}` : maskTokens(pair);
    })
    .join('&');
}

/** Words, or a page, as long as they name no secret; markup, parts and JSON that goes wrong under another name do not. */
function redactedProse(text: string, page: boolean): string | undefined {
  if (!page && /^\s*(?:[<[{]|--)/.test(text)) return undefined;
  return mentionsSecret(text) ? undefined : maskText(text);
}

function redactString(text: string): string {
  return redactedJsonText(text) ?? maskText(text);
}

/** What is no JSON for certain, as most texts inside a value: an exception for each would cost more than all the rest. */
const MAY_BE_JSON = /^[ \t\r\n]*(?:[[{"]|(?:-?\d[\d.eE+-]*|true|false|null)[ \t\r\n]*$)/;

function redactedJsonText(text: string, strict = false): string | undefined {
  if (!(strict ? MAY_BE_JSON : /^\s*[[{]/).test(text)) return undefined;
  try {
    return JSON.stringify(walk(parseExact(text), { nodes: 0, strict }, 0));
  } catch {
    return undefined;
  }
}

interface Walk {
  nodes: number;
  /** Texts inside are kept only where they can be read, as `redactBody` keeps them. */
  strict: boolean;
}

function walk(value: unknown, count: Walk, depth: number): unknown {
  if (typeof value === 'string') {
    return count.strict ? (redactedAs('', value) ?? NOT_KEPT) : redactNested(value, depth);
  }
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ExactNumber) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  count.nodes += 1;
  if (depth >= MAX_DEPTH || count.nodes > MAX_NODES) return '…';
  if (value instanceof Error) return { name: value.name, message: redactNested(value.message, depth) };
  if (Array.isArray(value)) {
    const [name, ...rest] = value.slice(0, 1_000) as unknown[];
    if (isLabel(name)) return [name, ...rest.map((element) => (isHarmless(element) ? element : MASK))];
    return value.slice(0, 1_000).map((element) => walk(element, count, depth + 1));
  }
  return walkObject(value, count, depth);
}

/** Where lists of fields name them: `[{"name": "password", "value": "x"}]`, `[["password", "x"]]`. */
const LABELS = ['name', 'key', 'field', 'param', 'id'];
const LONGEST_LABEL = 64;

function isLabel(value: unknown): boolean {
  return typeof value === 'string' && value.length <= LONGEST_LABEL && isSecretName(value);
}

function walkObject(value: object, count: Walk, depth: number): object {
  const envelope = 'iv' in value && 'data' in value;
  const label = LABELS.find((name) => isLabel((value as Record<string, unknown>)[name]));
  // No prototype: a key called "__proto__" stays a key.
  const shown = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of Object.entries(value)) {
    if (key === label) {
      shown[key] = member;
      continue;
    }
    const secret = label !== undefined || isSecretName(key) || (envelope && /^(?:data|iv|sign)$/.test(key));
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

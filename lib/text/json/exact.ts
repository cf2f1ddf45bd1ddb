/**
 * JSON whose numbers never pass through a double: money and 19-digit ids keep the digits they came with.
 *
 * Two tools. `parseExact` gives a document whose numbers are `ExactNumber`, for code that reads amounts;
 * it refuses what PHP's `json_decode` refuses (partners there are written in PHP). `textAt` cuts one value
 * out of a document as source text, for code that passes answers on.
 */
import { ExactNumber, MAX_DEPTH } from './document.ts';
import type { ExactJson } from './document.ts';
import { parseDocument } from './parser.ts';

export { ExactNumber, JsonSyntaxError, MAX_DEPTH } from './document.ts';
export type { ExactJson, ExactObject } from './document.ts';
export { textAt } from './pointer.ts';

/**
 * RFC 8259, with PHP's rules where the RFC leaves a choice: nesting of at most 512, no byte order mark, no
 * lone surrogate, escaped or raw. Of a repeated key the last one counts. `__proto__` is a key like any other.
 * @throws JsonSyntaxError
 */
export function parseExact(text: string): ExactJson {
  return parseDocument(text);
}

/** What `stringifyExact` takes: also plain finite numbers and absent keys, for documents made by code. */
export type Writable = ExactJson | number | undefined | Writable[] | { [key: string]: Writable };

/**
 * JSON text with every digit of an `ExactNumber` as it came. Keys whose value is `undefined` are left out.
 * @throws TypeError for numbers that are not finite, for nesting beyond `MAX_DEPTH` (or cycles).
 */
export function stringifyExact(value: Writable, depth = 0): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return plainNumber(value);
  if (value instanceof ExactNumber) return ExactNumber.of(value.source).source;
  if (depth === MAX_DEPTH) throw new TypeError(`Nested deeper than ${MAX_DEPTH}.`);
  if (Array.isArray(value)) return `[${value.map((item) => stringifyExact(item, depth + 1)).join(',')}]`;
  const members = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${stringifyExact(member, depth + 1)}`);
  }
  return `{${members.join(',')}}`;
}

function plainNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError('JSON knows no NaN and no infinity.');
  return Object.is(value, -0) ? '-0' : String(value);
}

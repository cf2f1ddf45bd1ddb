/**
 * JSON whose numbers never pass through a double: money and 19-digit ids keep the digits they came with.
 *
 * Two tools. `parseExact` gives a document whose numbers are `ExactNumber`, for code that reads amounts;
 * it refuses what PHP's `json_decode` refuses (partners there are written in PHP). `textAt` cuts one value
 * out of a document as source text, for code that passes answers on.
 */
import type { ExactJson } from './document.ts';
import { parseDocument } from './parser.ts';

export { ExactNumber, JsonSyntaxError, LoneSurrogate, MAX_DEPTH } from './document.ts';
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

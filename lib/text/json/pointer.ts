import { JsonSyntaxError } from './document.ts';

const SPACE = /[ \n\r\t]*/y;
const SCALAR = /[^,\]}\s]*/y;

/**
 * The source text of the value a JSON pointer (RFC 6901) names, or `undefined` when there is none there.
 * Of a repeated key the last one counts, as for every JSON parser. Accepts whatever `JSON.parse` accepts: text
 * that is only passed on need not follow PHP's rules.
 * @param isJson It has been parsed already.
 * @throws JsonSyntaxError when `text` is not JSON, or `pointer` neither empty nor starting with "/".
 */
export function textAt(text: string, pointer: string, { isJson = false } = {}): string | undefined {
  if (pointer !== '' && !pointer.startsWith('/')) throw new JsonSyntaxError('Not a JSON pointer', 0);
  if (!isJson) assertJson(text);
  let at = skipSpace(text, 0);
  for (const token of tokensOf(pointer)) {
    const found = text[at] === '{' ? member(text, at, token) : text[at] === '[' ? item(text, at, token) : -1;
    if (found < 0) return undefined;
    at = found;
  }
  return text.slice(at, endOf(text, at));
}

/** The scans below rely on valid JSON. */
function assertJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new JsonSyntaxError('Not JSON', 0);
  }
}

function tokensOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Where the value of `key` starts in the object at `open`; -1 when the key is missing. */
function member(text: string, open: number, key: string): number {
  let found = -1;
  let at = skipSpace(text, open + 1);
  while (text[at] !== '}') {
    const end = endOfString(text, at);
    const value = skipSpace(text, skipSpace(text, end) + 1);
    if (keyAt(text, at, end) === key) found = value;
    at = skipSpace(text, endOf(text, value));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return found;
}

function keyAt(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  return raw.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : raw;
}

/** Where item `token` of the array at `open` starts; -1 when there is none, or `token` is no index. */
function item(text: string, open: number, token: string): number {
  if (!/^(?:0|[1-9]\d{0,9})$/.test(token)) return -1;
  let left = Number(token);
  let at = skipSpace(text, open + 1);
  while (text[at] !== ']') {
    if (left-- === 0) return at;
    at = skipSpace(text, endOf(text, at));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return -1;
}

/** One past the end of the value at `start`. No recursion: depth costs nothing. */
function endOf(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') {
    SCALAR.lastIndex = start;
    SCALAR.test(text);
    return SCALAR.lastIndex;
  }
  let depth = 0;
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at) - 1;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if ((code === 0x7d || code === 0x5d) && --depth === 0) return at + 1;
  }
}

function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); ; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}

function skipSpace(text: string, from: number): number {
  SPACE.lastIndex = from;
  SPACE.test(text);
  return SPACE.lastIndex;
}

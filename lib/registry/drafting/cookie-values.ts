/** Cookies of a recording, as templates name them. */
import type { Entry } from './har-entries.ts';
import { isData, isKey } from './names.ts';

export interface RecordedCookies {
  /** Name by value, those that an answer has set. A script of the page may set others, which a login does not run. */
  names: Map<string, string>;
  /** What the answers set, and what was sent. */
  values: Set<string>;
}

/** Shorter ones are flags. */
const SHORTEST_COOKIE = 8;

export function cookiesIn(entries: readonly Entry[]): RecordedCookies {
  const names = new Map<string, string>();
  const values = new Set<string>();
  for (const entry of entries) {
    for (const value of Object.values(entry.cookies)) values.add(value);
    for (const line of entry.setCookies) {
      const pair = line.split(';')[0]!;
      const name = pair.slice(0, pair.indexOf('=')).trim();
      const value = pair.slice(pair.indexOf('=') + 1).trim();
      if (value.length < SHORTEST_COOKIE || !isKey(name) || isData(name)) continue;
      names.set(value, name);
    }
  }
  return { names, values };
}

/** `{{cookie.csrftoken}}`: also of a value that the page decodes before it sends it back. */
export function cookieNamed({ names }: RecordedCookies, value: string): string | undefined {
  if (value.length < SHORTEST_COOKIE) return undefined;
  const name = names.get(value);
  if (name !== undefined) return `{{cookie.${name}}}`;
  for (const [encoded, cookie] of names) {
    if (!encoded.includes('%')) continue;
    const codes = DECODED.filter(([code]) => encoded.includes(code));
    const decoded = codes.reduce((text, [code, character]) => text.replaceAll(code, character), encoded);
    if (decoded !== value) continue;
    const filters = codes.map(([code, character]) => ` | replace: '${code}', '${character}'`);
    return `{{cookie.${cookie}${filters.join('')}}}`;
  }
  return undefined;
}

/** Of base64: what frameworks percent-encode in a token. */
const DECODED = [
  ['%3D', '='],
  ['%2F', '/'],
  ['%2B', '+'],
] as const;

/** The last look over a draft: no value of the recording is left in it, whatever way it came. */
import type { Entry } from './har-entries.ts';
import { isSecretName } from '../../text/redaction/names.ts';
import { jsonOf } from './sources.ts';

/** What stands in a place whose value was taken out. */
export const CHANGE_ME = 'CHANGE_ME';
/** Shorter ones, and words that addresses are made of, say nothing about anybody. */
const SHORTEST = 6;
const COMMON =
  /^(?:admin(?:istrator)?|password|account|default|manager|operator|public|system|unknown|bearer)$/i;
/** Fields whose value is a person or a thing, whatever it looks like. */
const NAMES_SOMEBODY =
  /(?:^|[._-])id$|Id$|uuid$|(?:user|nick|real|login)_?name$|account$|e?mail$|phone|mobile/i;
/** What a definition is made of: their texts are ours, or the address of the platform. */
const KEPT = new Set(['code', 'name', 'baseUrl', 'type', 'error', 'User-Agent', 'solvers', 'body', 'method']);

/**
 * Whatever a person or a platform would not like to read again elsewhere.
 * @param constants of the login's form: what its page sends for everybody.
 */
export function secretsIn(
  entries: readonly Entry[],
  typed: readonly string[],
  constants: readonly string[],
): Set<string> {
  const secrets = new Set<string>();
  const add = (value: string) => {
    if (value.length >= SHORTEST && !COMMON.test(value)) secrets.add(value);
  };
  /** A word may be a name of the platform: only what is more than letters, or long, is a value for certain. */
  const addValue = (value: string) => {
    if (value.length <= 4_096 && (/[^a-z]/i.test(value) || value.length >= 16)) add(value);
  };
  for (const value of typed) add(value);
  for (const entry of entries) {
    for (const value of Object.values(entry.cookies)) if (value.length >= 8) add(value);
    for (const [, value] of entry.fields) addValue(value);
    // What a picture's address holds is looked at where the captcha is drafted.
    const query = entry.type.startsWith('image/') ? [] : entry.url.searchParams;
    for (const [name, value] of [...entry.fields, ...query]) {
      if (NAMES_SOMEBODY.test(name)) add(value);
      else if (isSecretName(name)) addValue(value);
    }
    for (const [header, value] of Object.entries(entry.requestHeaders)) {
      if (isSecretName(header)) value.split(' ').forEach(addValue);
    }
    secretLeaves(jsonOf(entry), add);
  }
  for (const value of constants) secrets.delete(value);
  return secrets;
}

function secretLeaves(value: unknown, add: (value: string) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (typeof member !== 'string') secretLeaves(member, add);
    else if (isSecretName(key) || NAMES_SOMEBODY.test(key)) add(member);
  }
}

/** The draft without them. @param found called with each place that had one. */
export function scrubbed<T>(draft: T, secrets: ReadonlySet<string>, found: (place: string) => void): T {
  const clean = (text: string): string =>
    [...secrets].reduce((left, secret) => (left.includes(secret) ? withoutWord(left, secret) : left), text);
  const walk = (value: unknown, place: string): unknown => {
    if (typeof value === 'string') {
      const kept = clean(value);
      if (kept !== value) found(place);
      return kept;
    }
    if (Array.isArray(value)) return value.map((each, at) => walk(each, `${place}.${at}`));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
        if (KEPT.has(key) && typeof member === 'string') return [[key, member]];
        if (clean(key) !== key) {
          found(place);
          return [];
        }
        return [[key, walk(member, place === '' ? key : `${place}.${key}`)]];
      }),
    );
  };
  return walk(draft, '') as T;
}

/** Whole words only: `adminUser` in `adminUsers` is another word. */
function withoutWord(text: string, secret: string): string {
  const isWord = (character: string | undefined) =>
    character !== undefined && /[\p{L}\p{N}]/u.test(character);
  let result = '';
  let from = 0;
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length)) {
    const whole = !isWord(text[at - 1]) && !isWord(text[at + secret.length]);
    result += text.slice(from, at) + (whole ? CHANGE_ME : secret);
    from = at + secret.length;
  }
  return result + text.slice(from);
}

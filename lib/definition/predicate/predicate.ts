import { deepEqual, valueAt } from '../../text/json/value.ts';
import type { Match, Predicate } from './schema.ts';
import type { Answer } from './answer.ts';
import { matchesPattern } from '../../text/pattern.ts';

/**
 * Does a predicate hold of an answer? All keys given must. Cheap keys are looked at first, so that a body is
 * decoded only when nothing else decided.
 *
 * @param hasCookie Is there a live cookie of that name? Default: did this answer set one?
 */
export function holds(
  predicate: Predicate,
  answer: Answer,
  hasCookie: (name: string) => boolean = (name) => Object.hasOwn(cookiesSet(answer), name),
): boolean {
  const { status, location, cookie, text, json, not, any, all } = predicate;
  if (status !== undefined && ![status].flat().includes(answer.status)) return false;
  if (location !== undefined && !matches(location, answer.headers['location'])) return false;
  if (cookie !== undefined && !hasCookie(cookie)) return false;
  if (json !== undefined && !jsonHolds(json, answer)) return false;
  if (text !== undefined && !matches(text, answer.text())) return false;
  if (not !== undefined && holds(not, answer, hasCookie)) return false;
  if (all !== undefined && !all.every((each) => holds(each, answer, hasCookie))) return false;
  if (any !== undefined && !any.some((each) => holds(each, answer, hasCookie))) return false;
  return true;
}

function matches({ includes, matches: pattern }: Match, text: string | undefined): boolean {
  if (text === undefined) return false;
  if (includes !== undefined && !text.includes(includes)) return false;
  return pattern === undefined || matchesPattern(pattern, text);
}

function jsonHolds({ pointer, equals }: { pointer: string; equals: unknown }, answer: Answer): boolean {
  const document = answer.json();
  if (document === undefined) return false;
  const found = valueAt(document, pointer);
  return found !== undefined && deepEqual(found, equals);
}

/** Cookies that an answer sets, by name. `name=` with nothing after it, or `Max-Age=0`, deletes one instead. */
export function cookiesSet(answer: Answer): Record<string, string> {
  const set = Object.create(null) as Record<string, string>;
  for (const line of answer.setCookies) {
    const [pair = '', ...attributes] = line.split(';');
    const equals = pair.indexOf('=');
    const value = pair.slice(equals + 1).trim();
    const ended = attributes.some((attribute) => /^\s*max-age\s*=\s*(?:0+|-\d+)\s*$/i.test(attribute));
    if (equals >= 0 && value !== '' && !ended) set[pair.slice(0, equals).trim()] = value;
  }
  return set;
}

import { GatewayError, isGatewayError } from '../../runtime/errors.ts';
import { elementsOf, parsePage, valueOf } from '../../text/html/page.ts';
import type { Element, Page } from '../../text/html/page.ts';
import { JsonSyntaxError, parseExact, textAt } from '../../text/json/exact.ts';
import { findPattern, matchesPattern } from '../../text/pattern.ts';
import { cookiesSet } from '../predicate/predicate.ts';
import type { Answer } from '../predicate/answer.ts';
import type { ElementExtractor, Extractor } from './schema.ts';

/** A hidden field of 100 KB is known (`__VIEWSTATE`); beyond this, characters, it is none. */
const MAX_VALUE = 200_000;
/** Characters of all values of one extraction: elements may lie in each other, and their texts repeat. */
const MAX_TOTAL = 5_000_000;

/**
 * Work on one answer beside that on its page, half a second at worst: instructions × characters of patterns, and
 * what pointers look through.
 */
const MAX_WORK = 24_000_000;
/** JSON is read faster than patterns are searched for. */
const CHARACTERS_PER_WORK = 2;
const workLeft = new WeakMap<Answer, number>();

function spendWork(answer: Answer, work: number): void {
  const left = (workLeft.get(answer) ?? MAX_WORK) - work;
  workLeft.set(answer, left);
  if (left < 0) {
    throw new GatewayError(
      'RESPONSE_TOO_LARGE',
      'It takes too long to extract what is wanted of this answer.',
    );
  }
}

export interface Extracted {
  /** By the names of the extractors: texts, exact JSON, or lists of objects. What is not there is left out. */
  values: Record<string, unknown>;
  /** Of those that must be there. */
  absent: string[];
}

export interface ExtractOptions {
  /** The definition's field that holds the extractors: `auth.login.page.extract`. */
  field: string;
  /** Cookies by name. Default: those that this answer sets. */
  cookies?: (() => Readonly<Record<string, string>>) | undefined;
}

/**
 * Takes values out of an answer. @throws GatewayError `CONFIGURATION_ERROR` for an invalid selector;
 * `RESPONSE_TOO_LARGE` for a page or a value that is too much.
 */
export function extractAll(
  extractors: Readonly<Record<string, Extractor>>,
  answer: Answer,
  { field, cookies }: ExtractOptions,
): Extracted {
  const extracted: Extracted = { values: Object.create(null) as Record<string, unknown>, absent: [] };
  for (const [name, extractor] of Object.entries(extractors)) {
    const value = extractOne(extractor, answer, { field: `${field}.${name}`, cookies });
    if (value !== undefined) extracted.values[name] = value;
    else if (!extractor.optional) extracted.absent.push(name);
  }
  return extracted;
}

/** @returns `undefined` when it is not there. @throws as `extractAll`. */
export function extractOne(
  extractor: Extractor,
  answer: Answer,
  { field, cookies = () => cookiesSet(answer) }: ExtractOptions,
): unknown {
  if ('pointer' in extractor) return jsonAt(answer, extractor.pointer);
  if ('header' in extractor) return answer.headers[extractor.header.toLowerCase()];
  if ('cookie' in extractor) return cookieNamed(extractor.cookie, cookies());
  const find = (pattern: string, text: string) =>
    findPattern(pattern, text, (work) => spendWork(answer, work));
  if ('matches' in extractor) return bounded(find(extractor.matches, answer.text()), field);
  const search: Search = { page: pageOf(answer), field, find, budget: { left: MAX_TOTAL } };
  return fromElement(extractor, search, undefined);
}

function jsonAt(answer: Answer, pointer: string): unknown {
  // Parsed once, however many pointers look into it.
  if (answer.json() === undefined) return undefined;
  spendWork(answer, answer.text().length / CHARACTERS_PER_WORK);
  try {
    const source = textAt(answer.text(), pointer, { isJson: true });
    return source === undefined ? undefined : parseExact(source);
  } catch (error) {
    // Deeper than is read, for example.
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

function cookieNamed(
  wanted: string | { matches: string },
  cookies: Readonly<Record<string, string>>,
): string | undefined {
  if (typeof wanted === 'string') return Object.hasOwn(cookies, wanted) ? cookies[wanted] : undefined;
  const name = Object.keys(cookies).find((each) => matchesPattern(wanted.matches, each));
  return name === undefined ? undefined : cookies[name];
}

/** Parsed once, however many extractors look at it. */
const pages = new WeakMap<Answer, Page>();

/** The answer's body as a page, or as XML where its type says so. */
export function pageOf(answer: Answer): Page {
  const known = pages.get(answer);
  if (known) return known;
  const fresh = parsePage(answer.text(), {
    xml: /^[^;]*(?<!xhtml)[+/]xml\b/i.test(answer.headers['content-type'] ?? ''),
  });
  pages.set(answer, fresh);
  return fresh;
}

interface Search {
  page: Page;
  field: string;
  find: (pattern: string, text: string) => string | undefined;
  /** Characters that may still be taken, of all values. */
  budget: { left: number };
}

function fromElement(extractor: ElementExtractor, search: Search, within: Element | undefined): unknown {
  if ('matches' in extractor) {
    const text = within && valueOf(search.page, within, undefined);
    return text === undefined ? undefined : taken(search.find(extractor.matches, text), search);
  }
  if ('each' in extractor) {
    // A list without its end would look like a whole one.
    if (search.page.cut) throw cutOff(search.field);
    const rows = found(search, extractor.each, within).map((row) => objectOf(extractor.fields, search, row));
    return extractor.optional && rows.length === 0 ? undefined : rows;
  }
  const [element] = found(search, extractor.selector, within, 1);
  return element && taken(valueOf(search.page, element, extractor.attribute), search);
}

function objectOf(
  fields: Record<string, ElementExtractor>,
  search: Search,
  row: Element,
): Record<string, unknown> {
  const object = Object.create(null) as Record<string, unknown>;
  for (const [name, extractor] of Object.entries(fields)) {
    const field = `${search.field}.fields.${name}`;
    const value = fromElement(extractor, { ...search, field }, row);
    if (value !== undefined) object[name] = value;
    else if (!extractor.optional) {
      throw new GatewayError('PLATFORM_API_ERROR', `An element of the answer has no ${name} (${field}).`);
    }
  }
  return object;
}

function found(search: Search, selector: string, within: Element | undefined, most = Infinity): Element[] {
  try {
    const elements: Element[] = [];
    for (const element of elementsOf(search.page, selector, within)) {
      elements.push(element);
      if (elements.length >= most) break;
    }
    return elements;
  } catch (cause) {
    if (isGatewayError(cause)) throw cause;
    throw new GatewayError('CONFIGURATION_ERROR', `${search.field} has no valid CSS selector.`, { cause });
  }
}

function taken(value: string | undefined, search: Search): string | undefined {
  search.budget.left -= value?.length ?? 0;
  if (search.budget.left < 0) {
    throw new GatewayError('RESPONSE_TOO_LARGE', `${search.field} takes more than ${MAX_TOTAL} characters.`);
  }
  return bounded(value, search.field);
}

function bounded(value: string | undefined, field: string): string | undefined {
  if (value !== undefined && value.length > MAX_VALUE) {
    throw new GatewayError('RESPONSE_TOO_LARGE', `${field} is longer than ${MAX_VALUE} characters.`);
  }
  return value;
}

const cutOff = (field: string) =>
  new GatewayError(
    'RESPONSE_TOO_LARGE',
    `${field} cannot be read whole: the page is longer, deeper or of more elements than is read.`,
  );

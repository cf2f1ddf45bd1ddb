/**
 * The template language of definitions (SPEC 3): text with `{{name | filter: argument}}` in it. Nothing else: no
 * conditions, no loops, no way to reach what is not in the scope.
 */
import { argumentsProblem, isFilterName, literalsProblem } from './filters/names.ts';
import type { FilterName } from './filters/names.ts';
import { readName } from './names.ts';
import type { Name } from './names.ts';

/** `append: ':'` is a text, `append: credentials.user` a name. */
export type Argument = string | Name;

export interface FilterCall {
  filter: FilterName;
  args: Argument[];
}

export interface Placeholder extends Name {
  /** From left to right. */
  filters: FilterCall[];
}

export type Part = string | Placeholder;

/** At most this many templates are kept compiled; definitions hold far fewer. A plain map: every call looks here. */
const CACHE_SIZE = 4_096;
const cache = new Map<string, Part[]>();

/** Splits a template into literals and placeholders. A malformed placeholder stays as literal text. */
export function compile(template: string): Part[] {
  const known = cache.get(template);
  if (known) return known;
  const { parts } = scan(template);
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(template, parts);
  return parts;
}

/** Says what is wrong with a template, for the person who wrote it; `undefined` when it is sound. */
export function checkTemplate(template: string): string | undefined {
  return scan(template).problem;
}

/** The template with an `x` for each placeholder: what its own text says, whatever the values will be. */
export const textOfTemplate = (template: string): string =>
  compile(template)
    .map((part) => (typeof part === 'string' ? part : 'x'))
    .join('');

function scan(template: string): { parts: Part[]; problem: string | undefined } {
  const parts: Part[] = [];
  let problem: string | undefined;
  let at = 0;
  for (;;) {
    const open = template.indexOf('{{', at);
    if (open < 0) break;
    const close = endOf(template, open + 2);
    if (close < 0) {
      problem ??= 'has a "{{" that is never closed';
      break;
    }
    const placeholder = parse(template.slice(open + 2, close).trim());
    if (typeof placeholder === 'string') {
      problem ??= placeholder;
      parts.push(template.slice(at, close + 2));
    } else {
      if (open > at) parts.push(template.slice(at, open));
      parts.push(placeholder);
    }
    at = close + 2;
  }
  if (at < template.length) parts.push(template.slice(at));
  return { parts, problem };
}

/** Where the placeholder's `}}` is: not within a quoted argument. -1: nowhere. */
function endOf(template: string, from: number): number {
  const plain = template.indexOf('}}', from);
  const quoted = /["']/y;
  let at = from;
  while (at < template.length && !template.startsWith('}}', at)) {
    quoted.lastIndex = at;
    if (quoted.test(template)) {
      const closing = template.indexOf(template[at]!, at + 1);
      // A lone quote: what is wrong is said of the placeholder as far as it goes.
      if (closing < 0) return plain;
      at = closing;
    }
    at += 1;
  }
  return at < template.length ? at : plain;
}

/** One piece of a placeholder: a quoted text, a word, or one of `|`, `:`, `,`. */
const TOKEN = /\s*(?:'([^']*)'|"([^"]*)"|([|:,])|([^\s|,'"{}<>]+))\s*/y;

interface Token {
  kind: 'text' | 'mark' | 'word';
  value: string;
}

/** A placeholder, or the text of what is wrong with it. */
function parse(source: string): Placeholder | string {
  const shown = `"{{${source.slice(0, 80)}}}"`;
  const tokens = tokensOf(source);
  if (!tokens) return `${shown}: is not a name`;
  const [head, ...rest] = tokens;
  if (head?.kind !== 'word') return `${shown}: must begin with a name`;
  const name = readName(head.value, shown);
  if (typeof name === 'string') return name;
  const filters = filtersOf(rest, shown);
  return typeof filters === 'string' ? filters : { ...name, filters };
}

function tokensOf(source: string): Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    if (!match) return undefined;
    const [, single, double, mark, word] = match;
    if (mark !== undefined) tokens.push({ kind: 'mark', value: mark });
    else if (word === undefined) tokens.push({ kind: 'text', value: single ?? double ?? '' });
    else {
      // A name may hold a colon (`params.xml:lang`); that of a filter ends at it.
      const end = isMark(tokens.at(-1), '|') ? word.indexOf(':') : -1;
      tokens.push({ kind: 'word', value: end < 0 ? word : word.slice(0, end) });
      if (end >= 0) TOKEN.lastIndex = source.indexOf(word, match.index) + end;
    }
  }
  return tokens;
}

const isMark = (token: Token | undefined, value: string) => token?.kind === 'mark' && token.value === value;

function filtersOf(tokens: readonly Token[], shown: string): FilterCall[] | string {
  const filters: FilterCall[] = [];
  let at = 0;
  while (at < tokens.length) {
    if (!isMark(tokens[at], '|')) return `${shown}: a filter follows after "|"`;
    const named = tokens[at + 1];
    if (named?.kind !== 'word') return `${shown}: "|" must be followed by a filter`;
    if (!isFilterName(named.value)) return `${shown}: there is no filter ${named.value}`;
    at += 2;
    const args: Argument[] = [];
    for (let next = ':'; isMark(tokens[at], next); next = ',') {
      const arg = argumentOf(tokens[at + 1], shown);
      if ('problem' in arg) return arg.problem;
      args.push(arg.value);
      at += 2;
    }
    const literals = args.filter((arg) => typeof arg === 'string');
    const problem = argumentsProblem(named.value, args.length) ?? literalsProblem(named.value, literals);
    if (problem !== undefined) return `${shown}: ${problem}`;
    filters.push({ filter: named.value, args });
  }
  return filters;
}

function argumentOf(token: Token | undefined, shown: string): { value: Argument } | { problem: string } {
  if (!token || token.kind === 'mark') return { problem: `${shown}: an argument is missing` };
  if (token.kind === 'text' || /^-?\d{1,9}$/.test(token.value)) return { value: token.value };
  const name = readName(token.value, shown);
  return typeof name === 'string' ? { problem: `${name}, or be quoted text` } : { value: name };
}

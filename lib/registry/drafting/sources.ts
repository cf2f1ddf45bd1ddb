/** Where a recorded answer holds a value: an extractor that takes it out of the next answer of its kind. */
import { extractOne } from '../../definition/extractor/extract.ts';
import type { Extractor } from '../../definition/extractor/schema.ts';
import { elementsOf, parsePage } from '../../text/html/page.ts';
import type { Entry } from './har-entries.ts';
import { camelCase, isData } from './names.ts';

export interface Source {
  /** Of the value, as the answer has it: `access_token` → `accessToken`. */
  name: string;
  extractor: Extractor;
}

/** Shorter values stand in answers by chance. */
export const SHORTEST_TRACE = 6;
/** Longer texts are contents, not values. */
const LONGEST = 8_192;

const known = new WeakMap<Entry, Map<string, Source>>();

/** By the value. */
export function sourcesOf(entry: Entry): Map<string, Source> {
  const cached = known.get(entry);
  if (cached) return cached;
  const sources = new Map<string, Source>();
  for (const [value, source] of candidates(entry)) {
    if (value.length < SHORTEST_TRACE || value.length > LONGEST || sources.has(value)) continue;
    if (gives(source.extractor, entry, value)) sources.set(value, source);
  }
  known.set(entry, sources);
  return sources;
}

/** A selector may match another element first: only what gives the value is a source of it. */
function gives(extractor: Extractor, { answer }: Entry, value: string): boolean {
  if ('pointer' in extractor || 'header' in extractor) return true;
  try {
    return extractOne(extractor, answer, { field: '' }) === value;
  } catch {
    return false;
  }
}

type Candidate = [value: string, source: Source];

function* candidates(entry: Entry): Generator<Candidate> {
  const json = jsonOf(entry);
  if (json !== undefined) yield* jsonCandidates(json, '', '');
  else if (entry.text.includes('<')) yield* pageCandidates(entry.text);
  yield* headerCandidates(entry.answer.headers);
}

/** The answer as JSON that has members; `undefined`: it is none. */
export function jsonOf({ answer, text }: Entry): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  const value = answer.json();
  return typeof value === 'object' && value !== null ? value : undefined;
}

/** Members by names; what stands in lists, or under a key that is data itself, is not one value. */
function* jsonCandidates(value: unknown, pointer: string, name: string): Generator<Candidate> {
  if (typeof value === 'string' && pointer !== '') {
    yield [value, { name: camelCase(name), extractor: { pointer } }];
    return;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  if (pointer.split('/').length > 8) return;
  for (const [key, member] of Object.entries(value)) {
    if (!isData(key)) yield* jsonCandidates(member, `${pointer}/${key}`, key);
  }
}

const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

function* pageCandidates(text: string): Generator<Candidate> {
  const page = parsePage(text);
  const take = (value: string | undefined, name: string, selector: string, attribute: string): Candidate[] =>
    value === undefined || isData(name)
      ? []
      : [[value, { name: camelCase(name), extractor: { selector, attribute } }]];
  for (const { attribs } of elementsOf(page, 'input[name]')) {
    const name = attribs['name']!;
    yield* take(attribs['value'], name, `input[name=${quoted(name)}]`, 'value');
  }
  for (const { attribs } of elementsOf(page, 'meta[content]')) {
    for (const kind of ['name', 'property', 'id']) {
      const name = attribs[kind];
      if (name !== undefined) {
        yield* take(attribs['content'], name, `meta[${kind}=${quoted(name)}]`, 'content');
      }
    }
  }
  for (const { attribs } of elementsOf(page, '*')) {
    for (const [name, value] of Object.entries(attribs)) {
      if (/^data-[a-z][\w-]*$/.test(name)) yield* take(value, name.slice(5), `[${name}]`, name);
    }
  }
  yield* scriptCandidates(text);
}

/** `csrfToken: "..."`, `"nonce":"..."`, `var token = '...'`, `?_wpnonce=...`. */
function* scriptCandidates(text: string): Generator<Candidate> {
  const assigned =
    /([A-Za-z_$][\w$-]{1,63})(["']?)\s{0,8}([:=])\s{0,8}(["'])([\w.~+/=:-]{6,4096})\4|[?&;]([A-Za-z_]\w{1,63})=([\w.~-]{6,256})/g;
  for (const [, key, closing, sign, quote, value, parameter, inAddress] of text.matchAll(assigned)) {
    const name = key ?? parameter!;
    if (isData(name)) continue;
    const matches =
      key === undefined
        ? `[?&;]${name}=([\\w.~-]+)`
        : `\\b${name.replaceAll('$', '\\$')}${closing}\\s*${sign}\\s*${quote}([^${quote}]+)${quote}`;
    yield [value ?? inAddress!, { name: camelCase(name), extractor: { matches } }];
  }
}

/** Of the protocol, of caches and servers: nobody sends them back. */
const COMMON_HEADER =
  /^(?:set-cookie|content-|date$|etag$|last-modified$|expires$|cache-|server|vary$|age$|via$|location$|link$|alt-svc$|access-control-|strict-|transfer-|connection$|keep-alive$|pragma$|nel$|report-to$|cf-|x-(?:powered|frame|content|xss|cache|request-id|runtime))/;

function* headerCandidates(headers: Record<string, string>): Generator<Candidate> {
  for (const [header, value] of Object.entries(headers)) {
    if (!COMMON_HEADER.test(header)) yield [value, { name: camelCase(header), extractor: { header } }];
  }
}

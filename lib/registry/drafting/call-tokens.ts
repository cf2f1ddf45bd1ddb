/** Tokens that a call sends: of the session, or of a page just before. */
import type { Extractors } from '../../definition/extractor/schema.ts';
import type { Before } from './login-draft.ts';
import type { Entry } from './har-entries.ts';
import { inputsOf, TOKEN_NAME } from './har-fields.ts';
import { freeName, isData, literal } from './names.ts';
import type { RequestGroup } from './requests-inside.ts';
import { jsonOf, sourcesOf } from './sources.ts';
import type { JsonVerdict } from './verdicts.ts';

/** What calls are made in. */
export interface Inside {
  /** All requests after the login. */
  entries: readonly Entry[];
  /** A template for what the session holds. */
  trace: (value: string) => string | undefined;
  sessionHeaders: Record<string, string>;
  /** How the platform says that a call went well. */
  verdict: JsonVerdict | undefined;
  notes: string[];
}

/** Letters, digits and signs mixed: nobody types it. */
const looksRandom = (value: string): boolean =>
  value.length >= 10 &&
  !/\s/.test(value) &&
  /\d/.test(value) &&
  /[A-Za-z]/.test(value) &&
  !/^[\d-]+T[\d:.Z+-]+$/.test(value);

const isUuid = (value: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);

/** A field that carries a token: of the session, or of a page just before. */
export function tokenTemplate(
  field: string,
  values: readonly (string | string[])[],
  { entries }: RequestGroup,
  inside: Inside,
  before: Before[],
): string | undefined {
  const isNamed = TOKEN_NAME.test(field);
  for (const [at, value] of values.entries()) {
    if (typeof value !== 'string' || value === '') continue;
    if (/^1\d{12}$/.test(value) && /^(?:_|t|ts|time|timestamp|_t|r|rnd)$/i.test(field)) return '{{now.ms}}';
    if (!isNamed && (!looksRandom(value) || isUuid(value))) continue;
    const ofSession = inside.trace(value);
    if (ofSession !== undefined) return ofSession;
    const entry = entries[Math.min(at, entries.length - 1)]!;
    const ofPage = stepTemplate(field, value, entry, inside, before);
    if (ofPage !== undefined) return ofPage;
  }
  return undefined;
}

/** A token of the page just before: it is fetched anew for each call. */
export function stepTemplate(
  field: string,
  value: string,
  entry: Entry,
  inside: Inside,
  before: Before[],
): string | undefined {
  const holder = inside.entries.findLast(
    (each) =>
      each.at < entry.at &&
      each.method === 'GET' &&
      each.status === 200 &&
      sourcesOf(each).has(value) &&
      (TOKEN_NAME.test(field) || isHidden(each, value)),
  );
  if (!holder) return undefined;
  const path = stepPath(holder);
  if (path === undefined) {
    inside.notes.push(
      `operations: ${field} of ${entry.method} ${entry.url.pathname
        .split('/')
        .map((part) => (isData(part) ? '…' : part))
        .join('/')} comes from a page whose address holds an id; add the page to "before".`,
    );
    return undefined;
  }
  const { extractor, name } = sourcesOf(holder).get(value)!;
  const step = before.find((each) => each.path === path) ?? { path, extract: {} };
  if (!before.includes(step)) before.push(step);
  const extract = step.extract as Extractors;
  const same = Object.entries(extract).find(([, one]) => JSON.stringify(one) === JSON.stringify(extractor));
  if (same) return `{{before.${same[0]}}}`;
  const taken = (one: string) => before.some((each) => Object.hasOwn(each.extract!, one));
  const free = freeName(name, taken);
  extract[free] = extractor;
  return `{{before.${free}}}`;
}

/** Of a page: what a person sees and changes is a param. Of JSON: only what is called a token. */
function isHidden(page: Entry, value: string): boolean {
  if (jsonOf(page) !== undefined) return false;
  return ![...inputsOf(page).values()].some((input) => input.value === value && input.type !== 'hidden');
}

/** `undefined`: the address holds what only this visit had. */
function stepPath({ url }: Entry): string | undefined {
  if (url.pathname.split('/').some((segment) => segment !== '' && isData(segment))) return undefined;
  const query = [...url.searchParams];
  const isConstant = query.every(
    ([name, value]) =>
      /^[a-z][a-z_.-]{0,40}$/i.test(value) &&
      /^(?:page|action|view|tab|mod|m|c|a|op|do|route|r)$/i.test(name),
  );
  if (query.length > 0 && !isConstant) return undefined;
  return literal(url.pathname + url.search);
}

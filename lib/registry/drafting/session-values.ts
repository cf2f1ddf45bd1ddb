/** Values that a login gives and later requests send: traced from the answers to where they are sent. */
import type { Extractors } from '../../definition/extractor/schema.ts';
import type { LoginDraft, StepDraft } from './login-draft.ts';
import { cookieNamed } from './cookie-values.ts';
import type { RecordedCookies } from './cookie-values.ts';
import type { Entry } from './har-entries.ts';
import { TOKEN_NAME } from './har-fields.ts';
import { freeName, isData } from './names.ts';
import { headerTemplate } from './header-template.ts';
import { draftRefresh, isRefresh } from './refresh.ts';
import { jsonOf, sourcesOf } from './sources.ts';
import type { Source } from './sources.ts';

export interface SessionValues {
  extract: Extractors;
  after: StepDraft[];
  refresh?: LoginDraft['refresh'];
  expiresInSeconds?: string;
  sessionHeaders: Record<string, string>;
  /** A template for a value that a cookie or the session has; `undefined`: it is none of the session's. */
  trace: (value: string) => string | undefined;
  /** Requests that are part of the login, and no operations. */
  used: ReadonlySet<Entry>;
  notes: string[];
}

export interface LoggedIn {
  submit: Entry;
  /** The page that the login's redirects led to. */
  landing: Entry | undefined;
  before: readonly Entry[];
  after: readonly Entry[];
  cookies: RecordedCookies;
}

export function draftSessionValues({ submit, landing, before, after, cookies }: LoggedIn): SessionValues {
  const extract: Extractors = {};
  const steps = new Map<Entry, StepDraft>();
  const notes: string[] = [];
  const used = new Set<Entry>(landing ? [landing] : []);
  const sessionHeaders: Record<string, string> = {};
  /** Names of what is stored, by its value. */
  const stored = new Map<string, string>();
  const answers = [submit, ...(landing ? [landing] : [])];
  const refreshes = after.filter((entry) => isRefresh(entry, fromLogin));

  function fromLogin(value: string): Source | undefined {
    return answers.map((entry) => sourcesOf(entry).get(value)).find((source) => source !== undefined);
  }

  const isTaken = (name: string) =>
    Object.hasOwn(extract, name) || [...steps.values()].some((step) => Object.hasOwn(step.extract, name));

  function store(value: string, source: Source, into: Extractors): string {
    const known = stored.get(value);
    if (known !== undefined) return `{{session.${known}}}`;
    const name = freeName(source.name, isTaken);
    into[name] = source.extractor;
    stored.set(value, name);
    return `{{session.${name}}}`;
  }

  const trace = (value: string): string | undefined => {
    const cookie = cookieNamed(cookies, value);
    if (cookie !== undefined) return cookie;
    const known = stored.get(value);
    if (known !== undefined) return `{{session.${known}}}`;
    const source = fromLogin(value);
    return source && store(value, source, extract);
  };

  /** What a request inside, made once, has: the page that holds the token. */
  const traceInside = (value: string, at: number): string | undefined => {
    const holder = [...before, ...after].find(
      (entry) =>
        entry.method === 'GET' && entry.status === 200 && entry.at < at && sourcesOf(entry).has(value),
    );
    if (!holder || (steps.size >= 5 && !steps.has(holder))) return undefined;
    const step: StepDraft = steps.get(holder) ?? { path: holder.url.pathname, extract: {} };
    steps.set(holder, step);
    return store(value, sourcesOf(holder).get(value)!, step.extract);
  };

  for (const [header, uses] of headersOf(after)) {
    const template =
      firstOf(uses, ({ value }) => headerTemplate(value, trace)) ??
      firstOf(uses, ({ value, at }) => headerTemplate(value, (one) => traceInside(one, at))) ??
      passingTemplate(uses.map(({ value }) => value));
    if (template !== undefined) sessionHeaders[header] = template;
    else if (header === 'authorization' || TOKEN_NAME.test(header) || /^x-|sign|token|key/.test(header)) {
      notes.push(
        `sessionHeaders: ${header} was sent, but where its value comes from is not in the recording; add it if the platform needs it.`,
      );
    }
  }
  for (const [entry, step] of steps) {
    used.add(entry);
    const headers = sentThere(sessionHeaders, entry, stored, step.extract);
    if (Object.keys(headers).length > 0) step.headers = headers;
  }

  const [renewal] = refreshes;
  const refresh = renewal && draftRefresh(renewal, submit, { trace, extract, notes });
  for (const entry of refreshes) used.add(entry);
  const life = lifeOf(submit, notes);
  if (life) extract[(life.name = freeName(life.name, isTaken))] = life.extractor;
  if (life && refresh && life.again(renewal)) refresh.extract![life.name] = life.extractor;

  return {
    extract,
    after: [...steps.values()],
    sessionHeaders,
    ...(refresh ? { refresh } : {}),
    ...(life ? { expiresInSeconds: `{{session.${life.name}}}` } : {}),
    trace,
    used,
    notes,
  };
}

interface Use {
  value: string;
  at: number;
}

/** Sent by every browser, or written anew for every request. */
const OWN_HEADER =
  /^(?::|accept|user-agent$|referer$|origin$|host$|content-|cookie$|sec-|connection$|cache-control$|pragma$|if-|dnt$|te$|upgrade|priority$|range$|x-requested-with$|purpose$|x-client-data$|proxy-)/;

/** Headers that the pages add, with the values they had. */
function headersOf(entries: readonly Entry[]): Map<string, Use[]> {
  const headers = new Map<string, Use[]>();
  for (const { requestHeaders, at } of entries) {
    for (const [header, value] of Object.entries(requestHeaders)) {
      if (OWN_HEADER.test(header) || isData(header) || value === '') continue;
      const uses = headers.get(header) ?? [];
      if (!uses.some((use) => use.value === value)) uses.push({ value, at });
      headers.set(header, uses);
    }
  }
  return headers;
}

function firstOf(uses: readonly Use[], template: (use: Use) => string | undefined): string | undefined {
  for (const use of uses) {
    const found = template(use);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Times and random values. */
function passingTemplate(values: string[]): string | undefined {
  if (values.every((value) => /^1\d{12}$/.test(value))) return '{{now.ms}}';
  if (values.length > 1 && values.every((value) => /^1\d{9}$/.test(value))) return '{{now.s}}';
  const isUuid = (value: string) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
  return values.length > 1 && values.every(isUuid) ? '{{random.uuid}}' : undefined;
}

/** Of the session's headers those that the recorded request had, and that are known by then. */
function sentThere(
  sessionHeaders: Record<string, string>,
  { requestHeaders }: Entry,
  stored: ReadonlyMap<string, string>,
  own: Extractors,
): Record<string, string> {
  const known = new Set([...stored.values()].filter((name) => !Object.hasOwn(own, name)));
  return Object.fromEntries(
    Object.entries(sessionHeaders).filter(([header, template]) => {
      const names = [...template.matchAll(/\{\{session\.([\w-]+)/g)].map(([, name]) => name!);
      return header in requestHeaders && names.every((name) => known.has(name));
    }),
  );
}

/** `expires_in: 3600`, in seconds; what is a time is not. */
function lifeOf(submit: Entry, notes: string[]) {
  const found = numberNamed(
    jsonOf(submit),
    /^(?:access_?token_?)?expires?_?in(?:_?s(?:ec(?:onds)?)?)?$/i,
    '',
  );
  if (!found) return undefined;
  if (found.value > 31_536_000) {
    notes.push(`login.expiresInSeconds: ${found.pointer} is no number of seconds; it was left out.`);
    return undefined;
  }
  const { pointer } = found;
  return {
    name: 'expiresIn',
    extractor: { pointer },
    again: (entry: Entry) => numberNamed(jsonOf(entry), /./, pointer) !== undefined,
  };
}

function numberNamed(
  value: unknown,
  wanted: RegExp,
  at: string,
  pointer = '',
): { pointer: string; value: number } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const path = `${pointer}/${key}`;
    const number = typeof member === 'string' && /^\d{1,9}$/.test(member) ? Number(member) : member;
    const fits = at === '' ? wanted.test(key) : path === at;
    if (typeof number === 'number' && number > 0 && fits) return { pointer: path, value: number };
    const inside = isData(key) ? undefined : numberNamed(member, wanted, at, path);
    if (inside) return inside;
  }
  return undefined;
}

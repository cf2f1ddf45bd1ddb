/** A request that renewed what the login gave: `login.refresh`. */
import type { Extractors } from '../../definition/extractor/schema.ts';
import type { FieldValue } from '../../definition/template/fields.ts';
import type { Entry } from './har-entries.ts';
import { camelCase, literal } from './names.ts';
import { jsonOf } from './sources.ts';
import type { Source } from './sources.ts';
import type { LoginDraft } from './login-draft.ts';
import { headerTemplate } from './header-template.ts';

/** @param fromLogin where the login's answer has a value. */
export function isRefresh(entry: Entry, fromLogin: (value: string) => Source | undefined): boolean {
  if (entry.status >= 400 || jsonOf(entry) === undefined) return false;
  const named = /refresh|renew/i.test(entry.url.pathname);
  const sent = [...entry.fields, ...entry.url.searchParams];
  const sendsOne = sent.some(([field, value]) => {
    const source = fromLogin(value);
    return source !== undefined && /refresh/i.test(field + source.name);
  });
  return sendsOne ? named || /token|auth|login/i.test(entry.url.pathname) : named && givesToken(entry);
}

const givesToken = (entry: Entry): boolean => /"[\w-]*token"\s*:\s*"/i.test(entry.text);

interface Known {
  trace: (value: string) => string | undefined;
  /** What the login extracts. */
  extract: Extractors;
  notes: string[];
}

export function draftRefresh(
  entry: Entry,
  submit: Entry,
  { trace, extract, notes }: Known,
): NonNullable<LoginDraft['refresh']> {
  const templateOf = (field: string, value: string): string => {
    const traced = trace(value);
    if (traced !== undefined) return traced;
    if (/^(?:|refresh_token|true|false|0|1)$/.test(value)) return value;
    notes.push(`login.refresh: ${field} was treated as a credential; replace it by what it is.`);
    return `{{credentials.${camelCase(field)}}}`;
  };
  const isBodiless = entry.method === 'GET';
  const pairs: [string, string][] = isBodiless ? [...entry.url.searchParams] : entry.fields;
  const fields: Record<string, FieldValue> = Object.fromEntries(
    pairs.map(([field, value]) => [field, templateOf(field, value)]),
  );
  const headers: Record<string, string> = {};
  const authorization = entry.requestHeaders['authorization'];
  const bearer = authorization && headerTemplate(authorization, trace);
  if (bearer) headers['authorization'] = bearer;
  return {
    method: isBodiless ? 'GET' : 'POST',
    path: literal(entry.url.pathname),
    body: entry.posted === undefined ? 'form' : 'json',
    fields,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    extract: sameValues(entry, submit, extract),
  };
}

/** What the login gave, where this answer has it: at the same place, or under the same name. */
function sameValues(entry: Entry, submit: Entry, extract: Extractors): Extractors {
  const found: Extractors = {};
  const places = pointersIn(jsonOf(entry), '');
  const own = pointersIn(jsonOf(submit), '');
  for (const [name, extractor] of Object.entries(extract)) {
    if (!('pointer' in extractor)) continue;
    const { pointer } = extractor;
    const key = pointer.slice(pointer.lastIndexOf('/'));
    const same = places.includes(pointer) && own.includes(pointer);
    const place = same ? pointer : places.find((each) => each.endsWith(key));
    if (place !== undefined) found[name] = { pointer: place };
  }
  return found;
}

function pointersIn(value: unknown, pointer: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return typeof value === 'string' && value !== '' ? [pointer] : [];
  }
  return Object.entries(value).flatMap(([key, member]) => pointersIn(member, `${pointer}/${key}`));
}

/** Operations from the calls that pages made after a login. */
import type { FieldValue } from '../../definition/template/fields.ts';
import { stepTemplate, tokenTemplate } from './call-tokens.ts';
import type { Inside } from './call-tokens.ts';
import type { Before, OperationDraft } from './login-draft.ts';
import type { Entry } from './har-entries.ts';
import { TOKEN_NAME } from './har-fields.ts';
import { membersOf, paramName, textSchema } from './json-schema-of.ts';
import type { DraftSchema } from './json-schema-of.ts';
import { camelCase, freeName, isData, literal } from './names.ts';
import type { RequestGroup } from './requests-inside.ts';
import { headerTemplate } from './header-template.ts';
import { jsonOf } from './sources.ts';
import { verdictIn } from './verdicts.ts';
import type { JsonVerdict } from './verdicts.ts';

export function draftOperations(
  groups: readonly RequestGroup[],
  inside: Inside,
): Record<string, OperationDraft> {
  const operations: Record<string, OperationDraft> = {};
  for (const group of groups) {
    if (group.entries.some(({ posted }) => Array.isArray(posted))) {
      inside.notes.push(
        `operations: ${group.method} ${shownPath(group)} sends a list, which no operation can describe; it was left out.`,
      );
      continue;
    }
    const name = freeName(nameOf(group), (taken) => Object.hasOwn(operations, taken));
    operations[name] = operationOf(group, inside);
  }
  return operations;
}

const shownPath = ({ segments }: RequestGroup) => `/${segments.map((segment) => segment ?? '…').join('/')}`;

/** Of an address that says nothing. */
const NO_WORD = /^(?:api|v\d+|rest|ajax|json|[\w-]*-api|index)$/i;

/** `GET /api/orders/{id}/lines` → `getOrdersLines`, `GET /api/orders/{id}` → `getOrdersById`. */
function nameOf({ method, segments, action }: RequestGroup): string {
  const words = segments.flatMap((segment) => {
    const word = segment?.replace(/\.[a-z]{2,4}$/i, '');
    return word === undefined || word === '' || NO_WORD.test(word) ? [] : [word];
  });
  const verb = method.toLowerCase();
  const isVerb = new RegExp(`^${verb}(?=[A-Z_-])`).test(words.at(-1) ?? '');
  const one = segments.findLast((segment) => segment !== '') === undefined ? 'by-id' : '';
  const wanted = camelCase(
    [isVerb ? '' : verb, ...words.slice(isVerb ? -1 : -4), one, action?.value ?? ''].join('-'),
  );
  return /^[A-Za-z][\w-]*$/.test(wanted) ? wanted : method.toLowerCase();
}

/** What becomes of one field of query or body. */
interface Placed {
  template: string;
  schema?: DraftSchema;
  /** In all recordings. */
  required: boolean;
  /** The name of its param. */
  param?: string;
}

function operationOf(group: RequestGroup, inside: Inside): OperationDraft {
  const { method, entries, action } = group;
  const [first] = entries as [Entry, ...Entry[]];
  const params = new Map<string, { schema: DraftSchema; required: boolean }>();
  const before: Before[] = [];
  const path = pathOf(group, params);

  const place = (field: string, values: (string | string[])[], schema: DraftSchema): Placed => {
    const required = values.length === entries.length;
    if (field === action?.field) return { template: literal(action.value), required };
    const token = tokenTemplate(field, values, group, inside, before);
    if (token !== undefined) return { template: token, required };
    const wanted = paramName(field) ? field : camelCase(field);
    const param = params.has(wanted) ? freeName(wanted, (taken) => params.has(taken)) : wanted;
    params.set(param, { schema, required });
    return { template: `{{params.${param}${required ? '' : '?'}}}`, schema, required, param };
  };
  const query = placedFields(
    entries.map(({ url }) => [...url.searchParams]),
    place,
  );
  const body = bodyOf(first);
  const isBodiless = body === undefined;
  const fields =
    body === 'json'
      ? placedMembers(
          entries.map(({ posted }) => posted),
          place,
        )
      : placedFields(isBodiless ? [] : entries.map((entry) => entry.fields), place);

  const isPlain = (placed: [string, Placed][]) => placed.every(([field, { param }]) => param === field);
  const needsQuery = query.length > 0 && !(isBodiless && isPlain(query));
  const headers = ownHeaders(entries, inside, before);
  const operation: OperationDraft = {
    method: method as OperationDraft['method'],
    path,
    ...(needsQuery ? { query: templatesOf(query) } : {}),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(isBodiless ? {} : { body }),
    ...(isBodiless || isPlain(fields) ? {} : { fields: templatesOf(fields) }),
    ...(before.length > 0 ? { before } : {}),
    ...(params.size > 0 ? { params: schemaOfParams(params) as OperationDraft['params'] } : {}),
    ...(method === 'GET' || method === 'HEAD' ? { idempotent: true } : {}),
    ...verdictOf(entries, inside.verdict),
  };
  return operation;
}

const templatesOf = (placed: [string, Placed][]): Record<string, FieldValue> =>
  Object.fromEntries(placed.map(([field, { template }]) => [field, template]));

function schemaOfParams(params: ReadonlyMap<string, { schema: DraftSchema; required: boolean }>) {
  const required = [...params].flatMap(([name, param]) => (param.required ? [name] : []));
  return {
    type: 'object',
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries([...params].map(([name, { schema }]) => [name, schema])),
  };
}

/** Named after the segment before: `/users/17` → `{{params.usersId}}`. */
function pathOf(
  { segments, entries }: RequestGroup,
  params: Map<string, { schema: DraftSchema; required: boolean }>,
): string {
  const written = segments.map((segment, at) => {
    if (segment !== undefined) return literal(segment);
    const owner = segments.slice(0, at).findLast((each) => each !== undefined && !NO_WORD.test(each));
    const wanted = owner === undefined ? 'id' : `${camelCase(owner).replace(/(?<=\w{2})s$/, '')}Id`;
    const name = freeName(wanted, (taken) => params.has(taken));
    const values = entries.map(({ url }) => url.pathname.split('/')[at + 1] ?? '');
    params.set(name, { schema: textSchema(values), required: true });
    return `{{params.${name}}}`;
  });
  return `/${written.join('/')}`;
}

function bodyOf({ method, postType, fields, posted }: Entry): OperationDraft['body'] {
  if (method === 'GET' || method === 'HEAD') return undefined;
  if (posted !== undefined || postType.endsWith('json')) return 'json';
  if (postType === 'multipart/form-data') return 'multipart';
  return fields.length > 0 ? 'form' : undefined;
}

type Place = (field: string, values: (string | string[])[], schema: DraftSchema) => Placed;

/** Queries and forms: each name once, in the order of the first recording that has it. */
function placedFields(recordings: [string, string][][], place: Place): [string, Placed][] {
  const names = [...new Set(recordings.flat().map(([name]) => name))].filter(
    (name) => name !== '' && name.length <= 256 && (!isData(name) || !/\d/.test(name)),
  );
  return names.map((name) => {
    const values = recordings.flatMap((fields): (string | string[])[] => {
      const own = fields.flatMap(([each, value]) => (each === name ? [value] : []));
      return own.length === 0 ? [] : own.length === 1 ? own : [own];
    });
    return [name, place(name, values, textSchema(values))];
  });
}

function placedMembers(recordings: unknown[], place: Place): [string, Placed][] {
  const objects = recordings.filter(
    (posted): posted is Record<string, unknown> => typeof posted === 'object' && posted !== null,
  );
  const properties = (membersOf(objects)['properties'] ?? {}) as Record<string, DraftSchema>;
  return Object.entries(properties).map(([name, schema]) => {
    const values = objects.flatMap((object) => {
      const value = object[name];
      return Object.hasOwn(object, name)
        ? [typeof value === 'string' ? value : (JSON.stringify(value) ?? '')]
        : [];
    });
    return [name, place(name, values, schema)];
  });
}

/** Headers that this call alone has: what a page just before gave. */
function ownHeaders(entries: readonly Entry[], inside: Inside, before: Before[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const entry of entries) {
    for (const [header, value] of Object.entries(entry.requestHeaders)) {
      if (header === 'x-requested-with' && value === 'XMLHttpRequest') headers[header] = value;
      if (header in inside.sessionHeaders || header in headers || !TOKEN_NAME.test(header)) continue;
      if (header === 'cookie' || header.startsWith(':')) continue;
      const template = headerTemplate(value, (one) => stepTemplate(header, one, entry, inside, before));
      if (template !== undefined) headers[header] = template;
    }
  }
  return headers;
}

/** The same sign of success as the login's, where all recordings have it; and what of the answer is data. */
function verdictOf(
  entries: readonly Entry[],
  verdict: JsonVerdict | undefined,
): Pick<OperationDraft, 'success' | 'result'> {
  if (!verdict) return {};
  const answers = entries.map(jsonOf);
  const holds = entries.every((entry) => {
    const own = verdictIn(entry);
    return own?.pointer === verdict.pointer && own.equals === verdict.equals;
  });
  if (!holds) return {};
  const hasData = answers.every((answer) => answer !== undefined && Object.hasOwn(answer, 'data'));
  return { success: { status: 200, json: verdict }, ...(hasData ? { result: '/data' } : {}) };
}

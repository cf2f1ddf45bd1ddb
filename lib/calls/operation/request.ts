import type { CredentialStore } from '../../access/credentials/credentials.ts';
import { secretValues } from '../../access/credentials/values.ts';
import { pageCharset } from '../../auth/authenticator.ts';
import type { Authentication, CookiePairs, Sealing, WireRequest } from '../../auth/strategy.ts';
import { baseOf } from '../../definition/service.ts';
import { placeholders, renderFields, renderText, renderValue } from '../../definition/template/render.ts';
import type { TemplateScope } from '../../definition/template/scope.ts';
import { invalid } from '../../runtime/field-errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { encodeForm } from '../../text/form.ts';
import type { CallableService, Operation } from '../definition.ts';
import { credentialsFor, nameAny, renderHeaders } from '../default-headers.ts';
import { withOwnQuery } from '../own-query.ts';

interface RequestBody {
  bytes?: Buffer;
  contentType: string;
  headers?: Record<string, string>;
}

export interface OperationCall {
  service: CallableService;
  operation: Operation;
  params: Record<string, unknown>;
  /** Passed on to the third party, which may know the convention. */
  idempotencyKey?: string | undefined;
}

/**
 * How an operation becomes a request. Params go where templates name them; what no template of path, query
 * or headers names goes into the body, or into the query of an operation without body; where calls are sealed,
 * into the envelope and nowhere else. `defaultParams` fill in for params that were not given.
 */
export function operationRequest(
  { service, operation, params, idempotencyKey }: OperationCall,
  { credentials, clock }: { credentials: CredentialStore; clock: Clock },
): (auth: Authentication, account: string | undefined) => Promise<WireRequest> {
  const { definition } = service;
  const all = { ...definition.defaultParams, ...params };
  const unusedParams = paramsNotInTemplates(operation, all);
  const templates = [...templatesOf(operation), ...Object.values(definition.defaultHeaders)];

  return async (auth, account) => {
    const base = baseOf(definition);
    const own = await credentialsFor(definition, templates, credentials, account);
    const scope: TemplateScope = {
      params: all,
      settings: definition.settings,
      now: { ms: clock.now() },
      ...own,
      ...(nameAny(templates, 'cookie') ? { cookie: firstOfEachName(auth.cookies?.(base + '/') ?? []) } : {}),
    };
    const path = renderText(operation.path, scope, 'path');
    const query = queryOf(operation, unusedParams, scope, auth.sealing !== undefined);
    const url = withOwnQuery(base + withQuery(path, query), auth.query);
    const body = await bodyOf(service, operation, unusedParams, scope, auth);
    const cookie = auth.cookieHeader?.(url);
    return {
      method: operation.method,
      url,
      headers: {
        accept: 'application/json, */*;q=0.8',
        ...omitUndefined({ 'user-agent': auth.userAgent }),
        ...(body?.bytes ? { 'content-type': body.contentType } : {}),
        ...renderHeaders(definition.defaultHeaders, scope),
        ...renderHeaders(operation.headers ?? {}, scope),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...auth.headers,
        ...body?.headers,
        ...(cookie === undefined ? {} : { cookie }),
      },
      ...(body?.bytes ? { body: body.bytes } : {}),
      ...(own.credentials ? { secrets: secretValues(own.credentials) } : {}),
    };
  };
}

/** Of two cookies with the same name the first counts: it has the longest path. */
function firstOfEachName(pairs: CookiePairs): Record<string, string> {
  return Object.fromEntries(pairs.toReversed());
}

function templatesOf({ path, query, headers, fields }: Operation): string[] {
  return [
    path,
    ...Object.values(query ?? {}),
    ...Object.values(headers ?? {}),
    ...Object.values(fields ?? {}),
  ];
}

function paramsNotInTemplates(
  { path, query, headers }: Operation,
  params: Record<string, unknown>,
): Record<string, unknown> {
  const named = new Set(
    [path, ...Object.values(query ?? {}), ...Object.values(headers ?? {})]
      .flatMap((template) => placeholders(template))
      .filter((name) => name.startsWith('params.'))
      .map((name) => name.split('.')[1]!),
  );
  return Object.fromEntries(Object.entries(params).filter(([name]) => !named.has(name)));
}

function queryOf(
  operation: Operation,
  unusedParams: Record<string, unknown>,
  scope: TemplateScope,
  sealed: boolean,
): string {
  const pairs = operation.query
    ? Object.entries(operation.query).flatMap(([name, template]) => queryField(name, template, scope))
    : operation.body === undefined && !sealed
      ? textPairs(Object.entries(unusedParams))
      : [];
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}

/** An object is written as JSON text, a list repeats its name, an optional param that is absent leaves the field out. */
function queryField(name: string, template: string, scope: TemplateScope): [string, string][] {
  const value = renderValue(template, scope);
  if (Array.isArray(value)) return textPairs([[name, value]]);
  const text = renderText(template, scope, 'none');
  return value === undefined || value === null ? [] : [[name, text]];
}

async function bodyOf(
  service: CallableService,
  operation: Operation,
  unusedParams: Record<string, unknown>,
  scope: TemplateScope,
  auth: Authentication,
): Promise<RequestBody | undefined> {
  if (operation.body === undefined && !auth.sealing) return undefined;
  const values: Record<string, unknown> = operation.fields
    ? Object.fromEntries(renderFields(operation.fields, scope))
    : unusedParams;
  const fields = { ...values, ...auth.fields };
  if (auth.sealing) return sealedBody(operation, JSON.stringify(fields), auth.sealing);
  if (operation.body === 'json') {
    return { bytes: Buffer.from(JSON.stringify(fields)), contentType: 'application/json' };
  }
  const texts = textPairs(Object.entries(fields));
  if (operation.body === 'form') {
    const charset = operation.charset ?? pageCharset(service) ?? 'utf-8';
    return {
      bytes: Buffer.from(encodeForm(texts, charset)),
      contentType: 'application/x-www-form-urlencoded',
    };
  }
  const form = new FormData();
  for (const [name, value] of texts) form.append(name, value);
  const encoded = new Response(form);
  return {
    bytes: Buffer.from(await encoded.arrayBuffer()),
    contentType: encoded.headers.get('content-type')!,
  };
}

/** An operation without body has its envelope in the headers alone. */
function sealedBody(operation: Operation, plaintext: string, sealing: Sealing): RequestBody {
  const { body, contentType, headers } = sealing.seal(plaintext);
  return operation.body === undefined ? { contentType, headers } : { bytes: body, contentType, headers };
}

/** Values as fields of a query or form: a list repeats its name. */
function textPairs(values: [name: string, value: unknown][]): [name: string, text: string][] {
  return values.flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, scalarText(name, one)]),
  );
}

/** A query or form field holds one text; there is no standard way to write an object. */
function scalarText(name: string, value: unknown): string {
  if (typeof value === 'string' && value.isWellFormed()) return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return '';
  throw invalid(`params.${name}`, 'must be well-formed text, a number, a boolean or a list of these here');
}

function withQuery(path: string, query: string): string {
  if (query === '') return path;
  return path + (path.includes('?') ? '&' : '?') + query;
}

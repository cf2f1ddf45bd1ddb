import type { CredentialStore } from '../../access/credentials/credentials.ts';
import { secretValues } from '../../access/credentials/values.ts';
import { pageCharset } from '../../auth/authenticator.ts';
import type { Authentication, CookiePairs, Sealing, WireRequest } from '../../auth/strategy.ts';
import { baseOf } from '../../definition/service.ts';
import { placeholders, renderText, renderValue } from '../../definition/template/render.ts';
import type { TemplateScope } from '../../definition/template/scope.ts';
import { invalid } from '../../runtime/field-errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { encodeForm } from '../../text/form.ts';
import type { CallableService, Operation } from '../definition.ts';
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
): (auth: Authentication) => Promise<WireRequest> {
  const { definition } = service;
  const all = { ...definition.defaultParams, ...params };
  const unusedParams = paramsNotInTemplates(operation, all);

  return async (auth) => {
    const base = baseOf(definition);
    const own = usesScope(operation, 'credentials')
      ? (await credentials.current(definition.code)).values
      : undefined;
    const scope: TemplateScope = {
      params: all,
      settings: definition.settings,
      now: { ms: clock.now() },
      ...omitUndefined({ credentials: own }),
      ...(usesScope(operation, 'cookie')
        ? { cookie: firstOfEachName(auth.cookies?.(base + '/') ?? []) }
        : {}),
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
        ...lowerCased(definition.defaultHeaders, scope),
        ...lowerCased(operation.headers ?? {}, scope),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...auth.headers,
        ...body?.headers,
        ...(cookie === undefined ? {} : { cookie }),
      },
      ...(body?.bytes ? { body: body.bytes } : {}),
      ...(own ? { secrets: secretValues(own) } : {}),
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

function usesScope(operation: Operation, root: 'credentials' | 'cookie'): boolean {
  return templatesOf(operation).some((template) =>
    placeholders(template).some((p) => p.startsWith(`${root}.`)),
  );
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
  const pairs: [string, string][] = operation.query
    ? Object.entries(operation.query).map(([name, template]) => [name, renderText(template, scope, 'none')])
    : operation.body === undefined && !sealed
      ? Object.entries(unusedParams).map(([name, value]) => [name, scalarText(name, value)])
      : [];
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
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
    ? Object.fromEntries(
        Object.entries(operation.fields).map(([name, template]) => [name, renderValue(template, scope)]),
      )
    : unusedParams;
  const fields = { ...values, ...auth.fields };
  if (auth.sealing) return sealedBody(operation, JSON.stringify(fields), auth.sealing);
  if (operation.body === 'json') {
    return { bytes: Buffer.from(JSON.stringify(fields)), contentType: 'application/json' };
  }
  const texts = Object.entries(fields).map(([name, value]): [string, string] => [
    name,
    scalarText(name, value),
  ]);
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

/** A query or form field holds one text; there is no standard way to write an object. */
function scalarText(name: string, value: unknown): string {
  if (typeof value === 'string' && value.isWellFormed()) return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return '';
  throw invalid(`params.${name}`, 'must be well-formed text, a number or a boolean here');
}

function lowerCased(templates: Record<string, string>, scope: TemplateScope): Record<string, string> {
  return Object.fromEntries(
    Object.entries(templates).map(([name, template]) => [
      name.toLowerCase(),
      renderText(template, scope, 'header'),
    ]),
  );
}

function withQuery(path: string, query: string): string {
  if (query === '') return path;
  return path + (path.includes('?') ? '&' : '?') + query;
}

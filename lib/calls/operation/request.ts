import { RequestSecrets } from '../../access/credentials/values.ts';
import type { CredentialStore } from '../../access/credentials/credentials.ts';
import type { Authentication, WireRequest } from '../../auth/strategy.ts';
import { isSealed } from '../../auth/strategies.ts';
import { baseOf } from '../../definition/service.ts';
import { renderFields, templatesIn } from '../../definition/template/fields.ts';
import { renderHeaders, templatesOfHeaders } from '../../definition/template/headers.ts';
import { textPairs } from '../../definition/template/text-pairs.ts';
import { namesIn, renderText } from '../../definition/template/render.ts';
import type { TemplateScope } from '../../definition/template/scope.ts';
import type { Clock } from '../../runtime/clock.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { Random } from '../../runtime/random.ts';
import type { CallableService, Operation, StepBefore } from '../definition.ts';
import { credentialsFor, nameAny, oneTime } from '../default-headers.ts';
import { withOwnQuery } from '../../text/own-query.ts';
import { bodyOf } from './body.ts';
import type { RequestShape } from './shape.ts';

export interface OperationCall {
  service: CallableService;
  operation: Operation;
  params: Record<string, unknown>;
  /** Passed on to the third party, which may know the convention. */
  idempotencyKey?: string | undefined;
}

/** Renders one request. @param before what the requests before it have extracted. */
export type BuildRequest = (auth: Authentication, before: Record<string, unknown>) => Promise<WireRequest>;

export interface RequestDeps {
  credentials: CredentialStore;
  clock: Clock;
  random: Random;
}

/**
 * How an operation becomes a request. Params go where templates name them; what no template of path, query
 * or headers names goes into the body, or into the query of an operation without body; where calls are sealed,
 * into the envelope and nowhere else. `defaultParams` fill in for params that were not given.
 */
export function operationRequest(
  { service, operation, params, idempotencyKey }: OperationCall,
  deps: RequestDeps,
): BuildRequest {
  const all = { ...service.definition.defaultParams, ...params };
  const shape = { ...operation, unnamed: paramsNotInTemplates(operation, all) };
  return requestBuilder({ service, shape, params: all, idempotencyKey }, deps);
}

/** The request of one step before an operation: it is sent what its templates name, and nothing else. */
export function stepRequest(
  { service, params }: OperationCall,
  step: StepBefore,
  deps: RequestDeps,
): BuildRequest {
  const all = { ...service.definition.defaultParams, ...params };
  const shape = { ...(isSealed(service.definition.auth) ? step : asForm(step)), unnamed: {} };
  return requestBuilder({ service, shape, params: all }, deps);
}

/** Fields without `body` are sent as a browser sends a form: in the query of a GET, else urlencoded. */
function asForm(step: StepBefore): Omit<RequestShape, 'unnamed'> {
  const { method, query, body, fields, ...rest } = step;
  if (!fields || body) return step;
  return method === 'GET' || method === 'HEAD'
    ? { ...rest, method, query: { ...query, ...fields } }
    : { ...rest, method, query, body: 'form', fields };
}

interface ShapedCall {
  service: CallableService;
  shape: RequestShape;
  params: Record<string, unknown>;
  idempotencyKey?: string | undefined;
}

function requestBuilder(
  { service, shape, params, idempotencyKey }: ShapedCall,
  { credentials, clock, random }: RequestDeps,
): BuildRequest {
  const { definition } = service;
  const templates = [...templatesOf(shape), ...templatesOfHeaders(definition.defaultHeaders)];

  return async (auth, before) => {
    const base = baseOf(definition);
    const own = await credentialsFor(definition, templates, credentials, auth.account);
    const derived = new RequestSecrets(own.credentials);
    const scope: TemplateScope = {
      params,
      settings: definition.settings,
      ...oneTime(templates, { clock, random }),
      ...own,
      ...(nameAny(templates, 'cookie') ? { cookie: firstOfEachName(auth.cookies?.(base + '/') ?? []) } : {}),
      ...omitUndefined({ session: auth.values }),
      derived,
      before,
    };
    const path = renderText(shape.path, scope, 'path');
    const query = queryOf(shape, scope, auth.sealing !== undefined);
    const url = withOwnQuery(base + withQuery(path, query), auth.query);
    const body = await bodyOf(service, shape, scope, auth);
    const cookie = auth.cookieHeader?.(url);
    return {
      method: shape.method,
      url,
      headers: {
        accept: 'application/json, */*;q=0.8',
        ...omitUndefined({ 'user-agent': auth.userAgent }),
        ...(body?.bytes ? { 'content-type': body.contentType } : {}),
        ...renderHeaders(definition.defaultHeaders, scope),
        ...renderHeaders(shape.headers ?? {}, scope),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...auth.headers,
        ...body?.headers,
        ...(cookie === undefined ? {} : { cookie }),
      },
      ...(body?.bytes ? { body: body.bytes } : {}),
      ...omitUndefined({ fields: body?.fields }),
      ...(derived.texts.length > 0 ? { secrets: derived.texts } : {}),
    };
  };
}

/** Of two cookies with the same name the first counts: it has the longest path. */
function firstOfEachName(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(pairs.toReversed());
}

const templatesOf = (shape: RequestShape): string[] => [
  ...templatesBesideBody(shape),
  ...templatesIn(shape.fields ?? {}).map(([, template]) => template),
];

const templatesBesideBody = ({
  path,
  query = {},
  headers,
}: Pick<RequestShape, 'path' | 'query' | 'headers'>) => [
  path,
  ...templatesIn(query).map(([, template]) => template),
  ...templatesOfHeaders(headers),
];

function paramsNotInTemplates(
  operation: Operation,
  params: Record<string, unknown>,
): Record<string, unknown> {
  const named = new Set(
    templatesBesideBody(operation)
      .flatMap(namesIn)
      .filter(({ root }) => root === 'params')
      .map(({ path }) => path[0]),
  );
  return Object.fromEntries(Object.entries(params).filter(([name]) => !named.has(name)));
}

/** An object is written as JSON text, a list repeats its name, what is absent leaves the field out. */
function queryOf({ query, body, unnamed }: RequestShape, scope: TemplateScope, sealed: boolean): string {
  const pairs = query
    ? textPairs(
        renderFields(query, scope).filter(([, value]) => value !== null),
        { objects: 'as-json' },
      )
    : body === undefined && !sealed
      ? textPairs(Object.entries(unnamed))
      : [];
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}

function withQuery(path: string, query: string): string {
  if (query === '') return path;
  return path + (path.includes('?') ? '&' : '?') + query;
}

import type * as z from 'zod';
import { mayUse, ROLES } from '../../lib/access/roles.ts';
import type { RouteScope } from '../../lib/access/roles.ts';
import { PROBLEMS } from '../../lib/api/problem.ts';
import { ROUTES } from '../../lib/api/routes.ts';
import type { Route, RouteId } from '../../lib/api/routes.ts';
import { Problem } from '../../lib/api/schemas.ts';
import { DESCRIPTION, TAGS } from './about.ts';
import { createComponents, refTo } from './components.ts';
import type { Components } from './components.ts';
import { BODIES, pathExample, QUERIES, TEXTS } from './examples.ts';
import {
  codesOf,
  headersOf,
  OTHER_SUCCESS,
  REQUEST_HEADERS,
  RESPONSE_HEADERS,
  takesIdempotencyKey,
} from './route-outcomes.ts';

type Json = Record<string, unknown>;

/** What `ANY` is written out as. */
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'];
const BODILESS = new Set(['get', 'head']);

/** OpenAPI 3.1 of everything in the route table, from the schemas that handlers parse with. */
export function openapi(version: string): Json {
  const paths: Record<string, Json> = {};
  const components = createComponents();
  components.use(Problem, 'output');
  for (const [id, route] of Object.entries(ROUTES) as [RouteId, Route][]) {
    const path = route.path.replace('+}', '}');
    const methods = route.method === 'ANY' ? METHODS : [route.method.toLowerCase()];
    for (const method of methods) {
      const operationId = methods.length > 1 ? `${id}_${method}` : id;
      (paths[path] ??= {})[method] = { operationId, ...describe(id, route, method, components) };
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Gatehouse', version, description: DESCRIPTION },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { session: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key: gh_...' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'gatehouse_session',
          description: 'Of a person, set by `POST /v1/session`; with `X-CSRF-Token` unless GET or HEAD',
        },
      },
      headers: Object.fromEntries(
        Object.entries(RESPONSE_HEADERS).map(([name, { description, example }]) => [
          name,
          { description, schema: { type: 'string' }, example },
        ]),
      ),
      schemas: { WebhookRefusal: WEBHOOK_REFUSAL, ...components.schemas },
    },
  };
}

/** The answer to a webhook's sender instead of a problem (SPEC 7). */
const WEBHOOK_REFUSAL = {
  type: 'object',
  required: ['success', 'code', 'error'],
  properties: {
    success: { const: false },
    code: { type: 'string' },
    error: { type: 'string' },
    field: { type: 'string' },
  },
};
const WEBHOOK_STATUSES = {
  401: 'The signature or the envelope is invalid; one body for all causes',
  404: 'The webhook or the action is not known',
  409: 'This transactionId belongs to another movement',
  413: 'The body is larger than 256 KB',
  415: 'An envelope that is not sent as JSON',
  422: 'The payload is not valid, or the balance is insufficient',
  429: 'Too many requests from this address',
  503: 'The service is switched off, or a store cannot be reached; nothing was done',
};

function describe(id: RouteId, route: Route, method: string, components: Components): Json {
  const { summary, tag, role } = route;
  return {
    // A heading: not Markdown, as descriptions are.
    summary: summary.replaceAll('`', ''),
    tags: [tag],
    description:
      role === 'public'
        ? 'Public.'
        : `Least role: \`${role}\`.${exceptions(route)} ${SCOPES[scopeOf(route)]}`,
    'x-least-role': role,
    ...(notFor(route).length > 0 ? { 'x-not-for': notFor(route) } : {}),
    ...(role === 'public' ? {} : { 'x-scope': scopeOf(route) }),
    ...(role === 'public' ? { security: [] } : {}),
    parameters: [
      ...pathParameters(id, route.path),
      ...queryParameters(id, route.query, components),
      ...headerParameters(id, route, method),
    ],
    ...requestBody(id, route, method, components),
    responses: { ...successes(id, route, components), ...failures(id, route) },
  };
}

/** What a key with scopes needs, by the route's `scope`. */
const SCOPES: Record<RouteScope | 'none', string> = {
  operation: 'Scope: `CODE:operation` or `CODE:*`.',
  batch: 'Scope: each entry needs `CODE:operation` or `CODE:*`.',
  service: 'Scope: `CODE:*`.',
  'money:read': 'Scope: `money:read`.',
  own: 'For every scope.',
  none: 'Not for a key with scopes.',
};

const scopeOf = ({ scope }: Route) => scope ?? 'none';

/** Roles that rank high enough but lack permission. */
function notFor(route: Route): string[] {
  if (route.role === 'public') return [];
  return ROLES.slice(ROLES.indexOf(route.role)).filter((role) => !mayUse({ role }, route));
}

function exceptions(route: Route): string {
  const roles = notFor(route);
  return roles.length === 0 ? '' : ` Not for ${roles.map((role) => `\`${role}\``).join(', ')}.`;
}

function pathParameters(id: RouteId, path: string): Json[] {
  return [...path.matchAll(/\{(\w+)(\+?)\}/g)].map(([, name, greedy]) => ({
    name,
    in: 'path',
    required: true,
    ...(greedy ? { description: 'The rest of the path, slashes included; passed on as it is' } : {}),
    schema: { type: 'string' },
    example: pathExample(id, name!),
  }));
}

function queryParameters(id: RouteId, query: z.ZodType | undefined, components: Components): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = components.inline(query, 'input');
  return Object.entries(properties).map(([name, schema]) => {
    const example = QUERIES[id]?.[name];
    return {
      name,
      in: 'query',
      required: required.includes(name),
      schema,
      ...(example === undefined ? {} : { example }),
    };
  });
}

function headerParameters(id: RouteId, route: Route, method: string): Json[] {
  if (id === 'receiveWebhook') {
    return ['X-Encrypted-Data', 'X-Timestamp', 'X-Signature'].map((name) => ({
      name,
      in: 'header',
      required: false,
      description: 'The envelope, where it is not the body: all three together',
      schema: { type: 'string' },
    }));
  }
  const isAdjustment = id === 'adjustBalance';
  const isKeyed = isAdjustment || (takesIdempotencyKey(route) && !BODILESS.has(method));
  return [
    ...(route.tag === 'Calls' ? (['Account'] as const) : []),
    ...(isKeyed ? [isAdjustment ? ('AdjustmentKey' as const) : ('IdempotencyKey' as const)] : []),
  ].map((header) => {
    const { name, description, example } = REQUEST_HEADERS[header];
    return { name, in: 'header', required: false, description, schema: { type: 'string' }, example };
  });
}

function requestBody(id: RouteId, { body, textBodies }: Route, method: string, components: Components): Json {
  if (textBodies) {
    const content = textBodies.map((type) => [
      type,
      { schema: { type: 'string' }, ...(TEXTS[type] !== undefined && { example: TEXTS[type] }) },
    ]);
    return { requestBody: { required: true, content: Object.fromEntries(content) as Json } };
  }
  if (body) {
    const example = BODIES[id] === undefined ? {} : { example: BODIES[id] };
    const schema = refTo(components.use(body, 'input'));
    return {
      requestBody: {
        // An absent body counts as an empty object; an envelope may come in headers.
        required: id !== 'receiveWebhook' && !body.safeParse({}).success,
        content: { 'application/json': { schema, ...example } },
      },
    };
  }
  if (id !== 'rawProxy' || BODILESS.has(method)) return {};
  return {
    requestBody: {
      required: false,
      description: 'Anything, binary too: passed through unchanged',
      content: { '*/*': {} },
    },
  };
}

function successes(id: RouteId, route: Route, components: Components): Json {
  const { status = 200, schema, contentType } = route.answer ?? {};
  const type = schema ? 'application/json' : (contentType ?? (route.answer ? undefined : '*/*'));
  const content =
    type === undefined
      ? {}
      : { content: { [type]: schema ? { schema: refTo(components.use(schema, 'output')) } : {} } };
  const other = OTHER_SUCCESS[id];
  const usual = route.answer ? 'Done' : "The third party's answer: its status, body and headers";
  return {
    [status]: { description: usual, headers: headers(id, route, status), ...content },
    ...(other
      ? {
          [other.status]: {
            description: other.description,
            headers: headers(id, route, other.status),
            ...content,
          },
        }
      : {}),
  };
}

function failures(id: RouteId, route: Route): Json {
  if (route.function === 'webhook') {
    const refusal = { 'application/json': { schema: { $ref: '#/components/schemas/WebhookRefusal' } } };
    const known = Object.entries(WEBHOOK_STATUSES).map(([status, description]) => [
      status,
      { description, headers: headers(id, route, Number(status)), content: refusal },
    ]);
    return { ...Object.fromEntries(known), default: { description: 'Refused', content: refusal } } as Json;
  }
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const known = [...statusesOf(id, route)].map(([status, codes]) => [
    status,
    {
      description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('. '),
      headers: headers(id, route, status),
      content,
    },
  ]);
  const degraded =
    id === 'health'
      ? {
          503: {
            description: 'A data store is unavailable; the same answer, `status` `degraded`',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Health' } } },
          },
        }
      : {};
  return {
    ...Object.fromEntries(known),
    ...degraded,
    default: { description: 'A problem (RFC 9457)', content },
  } as Json;
}

/** A route's likely refusals by status, in the order of statuses. */
function statusesOf(id: RouteId, route: Route): Map<number, ReturnType<typeof codesOf>> {
  const codes = codesOf(id, route).toSorted((a, b) => PROBLEMS[a].status - PROBLEMS[b].status);
  return Map.groupBy(codes, (code) => PROBLEMS[code].status);
}

function headers(id: RouteId, route: Route, status: number): Json {
  return Object.fromEntries(
    headersOf(id, route, status).map((name) => [
      RESPONSE_HEADERS[name].name,
      { $ref: `#/components/headers/${name}` },
    ]),
  );
}

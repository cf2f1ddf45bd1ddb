import type * as z from 'zod';
import { BODIES } from './examples.ts';
import { PROBLEMS } from './problem.ts';
import {
  codesOf,
  headersOf,
  OTHER_SUCCESS,
  REQUEST_HEADERS,
  RESPONSE_HEADERS,
  takesIdempotencyKey,
} from './route-outcomes.ts';
import { ROUTES } from './routes.ts';
import type { Route, RouteId } from './routes.ts';
import { componentOf, schemaOf } from './schema-document.ts';
import type { Json } from './schema-document.ts';
import { Problem } from './schemas.ts';

/** What `ANY` is written out as. */
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'];
const BODILESS = new Set(['get', 'head']);

/** OpenAPI 3.1 of everything in the route table, from the very schemas that handlers parse with. */
export function openapi(version: string): Json {
  const paths: Record<string, Json> = {};
  const schemas: Json = { Problem: schemaOf(Problem), WebhookRefusal: WEBHOOK_REFUSAL };
  for (const [id, route] of Object.entries(ROUTES) as [RouteId, Route][]) {
    const path = route.path.replace('+}', '}');
    const methods = route.method === 'ANY' ? METHODS : [route.method.toLowerCase()];
    for (const method of methods) {
      const operationId = methods.length > 1 ? `${id}_${method}` : id;
      (paths[path] ??= {})[method] = { operationId, ...describe(id, route, method, schemas) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse',
      version,
      description: 'One clean, safe HTTP API in front of third-party systems that are awkward to use.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An API key: gh_...' } },
      headers: Object.fromEntries(
        Object.entries(RESPONSE_HEADERS).map(([name, { description, example }]) => [
          name,
          { description, schema: { type: 'string' }, example },
        ]),
      ),
      schemas,
    },
  };
}

/** What a webhook's sender gets instead of a problem (SPEC 7). */
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
  401: 'The envelope does not hold; one body for all causes',
  404: 'There is no such webhook or action',
  409: 'This transactionId belongs to another movement',
  413: 'The body is larger than 256 KB',
  415: 'The envelope is not sent as JSON',
  422: 'The payload is not valid, or the balance is too small',
  429: 'Too many requests from this address',
  503: 'The service is switched off, or a store cannot be reached; nothing was done',
};

function describe(id: RouteId, route: Route, method: string, schemas: Json): Json {
  const { query, summary, tag, role } = route;
  return {
    summary,
    tags: [tag],
    description: role === 'public' ? 'Public.' : `Least role: \`${role}\`.`,
    'x-least-role': role,
    ...(role === 'public' ? { security: [] } : {}),
    parameters: [
      ...pathParameters(route.path),
      ...queryParameters(query),
      ...headerParameters(id, route, method),
    ],
    ...requestBody(id, route, method, schemas),
    responses: { ...successes(id, route, schemas), ...failures(id, route) },
  };
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)(\+?)\}/g)].map(([, name, greedy]) => ({
    name,
    in: 'path',
    required: true,
    ...(greedy ? { description: 'The rest of the path, slashes included; passed on as it is' } : {}),
    schema: { type: 'string' },
  }));
}

function queryParameters(query: z.ZodType | undefined): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = schemaOf(query) as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
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
  if (!takesIdempotencyKey(route) || BODILESS.has(method)) return [];
  const { name, description, example } = REQUEST_HEADERS.IdempotencyKey;
  return [{ name, in: 'header', required: false, description, schema: { type: 'string' }, example }];
}

function requestBody(id: RouteId, { body }: Route, method: string, schemas: Json): Json {
  if (body) {
    const example = BODIES[id] === undefined ? {} : { example: BODIES[id] };
    const schema = componentOf(body, id, schemas);
    return {
      requestBody: {
        required: id !== 'receiveWebhook',
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

function successes(id: RouteId, route: Route, schemas: Json): Json {
  const { status = 200, schema, contentType } = route.answer ?? {};
  const type = schema ? 'application/json' : (contentType ?? (route.answer ? undefined : '*/*'));
  const content =
    type === undefined
      ? {}
      : { content: { [type]: schema ? { schema: componentOf(schema, id, schemas) } : {} } };
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
            description: 'One of our stores cannot be reached; the same answer, `status` `degraded`',
            content: { 'application/json': {} },
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
export function statusesOf(id: RouteId, route: Route): Map<number, ReturnType<typeof codesOf>> {
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

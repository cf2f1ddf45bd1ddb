/** The OpenAPI document and the page are generated: what no schema holds is held here. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { docsPage } from '../../../lib/api/docs-page.ts';
import { BODIES, curlOf } from '../../../lib/api/examples.ts';
import { openapi } from '../../../lib/api/openapi.ts';
import { matchRoute } from '../../../lib/api/router.ts';
import { ROUTES } from '../../../lib/api/routes.ts';
import type { Route, RouteId } from '../../../lib/api/routes.ts';
import { schemaText } from '../../../lib/api/schema-text.ts';

interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { content: Record<string, { schema?: object; example?: unknown }> };
  responses: Record<string, { description: string; headers?: object; content?: object }>;
  security?: unknown[];
}

const routes = Object.entries(ROUTES) as [RouteId, Route][];
const document = JSON.parse(JSON.stringify(openapi('1.2.3'))) as {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; headers: Record<string, object> };
};
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

function* values(value: unknown, key = ''): Generator<[key: string, value: unknown]> {
  yield [key, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) yield* values(member, name);
}

describe('the OpenAPI document', () => {
  test('describes every route', () => {
    const paths = new Set(routes.map(([, { path }]) => path.replace('+}', '}')));
    expect(document.openapi).toBe('3.1.0');
    expect(new Set(Object.keys(document.paths))).toEqual(paths);
  });

  test('every $ref leads somewhere', () => {
    const refs = [...values(document)].filter(([key]) => key === '$ref').map(([, ref]) => ref as string);
    const missing = refs.filter((ref) => {
      const found = ref
        .split('/')
        .slice(1)
        .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
      return !ref.startsWith('#/components/') || found === undefined;
    });
    expect(refs.length).toBeGreaterThan(100);
    expect(missing).toEqual([]);
  });

  test('no operationId stands twice', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('every path parameter is declared, once and as required, and no other', () => {
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
      const declared = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(declared.map(({ name }) => name)).toEqual(inPath);
      expect(declared.every(({ required }) => required)).toBe(true);
      const names = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('every response has a description, a status or "default", and a request id', () => {
    for (const { operation } of operations) {
      const responses = Object.entries(operation.responses);
      for (const [status, { description }] of responses) {
        expect(status).toMatch(/^([2-5]\d\d|default)$/);
        expect(description).not.toBe('');
      }
      const successes = responses.filter(([status]) => status.startsWith('2'));
      for (const [, { headers }] of successes) expect(headers).toHaveProperty('x-request-id');
    }
  });

  test('its schemas compile, and take their examples', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ ...document, $id: 'https://gatehouse.invalid/openapi' });
    for (const { path, method, operation } of operations) {
      const { schema, example } = operation.requestBody?.content['application/json'] ?? {};
      if (!schema) continue;
      const pointer = ['paths', path, method, 'requestBody', 'content', 'application/json', 'schema']
        .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
        .join('/');
      const validate = ajv.compile({ $ref: `https://gatehouse.invalid/openapi#/${pointer}` });
      expect(validate(example), `${operation.operationId}: ${ajv.errorsText(validate.errors)}`).toBe(true);
    }
    for (const name of Object.keys(document.components.schemas)) {
      expect(() =>
        ajv.compile({ $ref: `https://gatehouse.invalid/openapi#/components/schemas/${name}` }),
      ).not.toThrow();
    }
  });

  test('says nothing that every safe integer or every name keeps, and no name that zod made up', () => {
    const text = JSON.stringify(document);
    expect(text).not.toContain(String(Number.MAX_SAFE_INTEGER));
    expect(text).not.toContain('propertyNames":{"type":"string"}');
    expect(text).not.toContain('__schema');
  });

  test.each([
    ['callOperation', ['200', '400', '401', '403', '404', '409', '422', '429', '500', '502', '503', '504']],
    ['rawProxy_get', ['200', '401', '403', '404', '409', '422', '429', '500', '502', '503', '504']],
    ['getAccount', ['200', '401', '404', '503']],
    ['putService', ['200', '201', '400', '401', '403', '404', '409', '422', '503']],
    ['listKeys', ['200', '401', '403', '503']],
    ['health', ['200', '503']],
    ['receiveWebhook', ['200', '202', '401', '404', '409', '413', '415', '422', '429', '503']],
  ])('%s names its likely statuses', (id, statuses) => {
    const { operation } = operations.find((one) => one.operation.operationId === id)!;
    expect(Object.keys(operation.responses)).toEqual([...statuses, 'default']);
  });

  test('a call takes Idempotency-Key where it may change something, and tells of quota and session', () => {
    const named = (id: string) =>
      operations
        .find(({ operation }) => operation.operationId === id)!
        .operation.parameters.map(({ name }) => name);
    expect(named('callOperation')).toContain('Idempotency-Key');
    expect(named('rawProxy_post')).toContain('Idempotency-Key');
    expect(named('rawProxy_get')).not.toContain('Idempotency-Key');
    const { operation } = operations.find((one) => one.operation.operationId === 'callOperation')!;
    expect(Object.keys(operation.responses['200']!.headers!)).toEqual([
      'x-request-id',
      'Idempotency-Replayed',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'x-gatehouse-session',
      'server-timing',
    ]);
    expect(operation.responses['429']!.headers).toHaveProperty('Retry-After');
  });
});

describe('examples', () => {
  test.each(routes.filter(([, { body }]) => body !== undefined))('the body of %s is taken', (id, route) => {
    expect(route.body!.safeParse(BODIES[id]).error).toBeUndefined();
  });

  test.each(routes)('the request to %s finds its route', (id, route) => {
    const curl = curlOf(id, route);
    const [, path] = /\$GH(\/[^\s"?]*)/.exec(curl)!;
    const method = / -X (\w+)/.exec(curl)?.[1] ?? (curl.includes(' -d ') ? 'POST' : 'GET');
    expect(matchRoute(method, path!)?.id).toBe(id);
  });
});

describe('the page', () => {
  const page = docsPage('1.2.3');

  test('every link inside leads to a place that is there once', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
    expect(new Set(ids).size).toBe(ids.length);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
    expect(Object.keys(ROUTES).filter((id) => !links.includes(id))).toEqual([]);
  });

  test('shows no backtick, no script, nothing from elsewhere, and no raw JSON Schema', () => {
    const unwanted = ['`', '<script', '<link', 'src=', '$ref', '__schema', '9007199254740991', 'No body.'];
    expect(unwanted.filter((text) => page.includes(text))).toEqual([]);
  });
});

test('a schema is written as the JSON it describes', () => {
  const text = schemaText({
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', maxLength: 5, description: 'Yours' },
      limit: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
      tags: { type: 'array', items: { enum: ['a', 'b'] } },
      next: { $ref: '#/$defs/Node' },
      rest: { type: 'object', additionalProperties: { type: 'number' } },
    },
    $defs: { Node: { type: 'object', properties: { next: { $ref: '#/$defs/Node' } } } },
  });
  expect(text).toBe(
    [
      '{',
      '  name: string (at most 5 long)  // Yours',
      '  limit?: integer (1 to 9)  // default 3',
      '  tags?: ["a" | "b", ...]',
      '  next?: {',
      '    next?: Node',
      '  }',
      '  rest?: {',
      '    [name]: number',
      '  }',
      '}',
    ].join('\n'),
  );
});

/** The OpenAPI document and the page are generated: what no schema holds is held here. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { ASSETS } from '../../../dev/openapi/assets.ts';
import { generatedFiles } from '../../../dev/openapi/build.ts';
import { openapi } from '../../../dev/openapi/document.ts';
import { BODIES, pathExample, QUERIES } from '../../../dev/openapi/examples.ts';
import { docsPage } from '../../../dev/openapi/page.ts';
import { SCRIPT_SHA256 } from '../../../dev/openapi/scalar.ts';
import { createRouter } from '../../../lib/api/router.ts';
import { ROUTES } from '../../../lib/api/routes.ts';
import type { Route, RouteId } from '../../../lib/api/routes.ts';

interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { content: Record<string, { schema?: object; example?: unknown }> };
  responses: Record<
    string,
    { description: string; headers?: object; content?: Record<string, { schema?: object }> }
  >;
  security?: unknown[];
  tags: string[];
  'x-least-role': string;
  'x-not-for'?: string[];
  'x-scope'?: string;
}

const routes = Object.entries(ROUTES) as [RouteId, Route][];
const document = JSON.parse(JSON.stringify(openapi('1.2.3'))) as {
  openapi: string;
  tags: { name: string }[];
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

const matchRoute = createRouter(ROUTES);

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
    ['getAccount', ['200', '401', '403', '404', '503']],
    ['putService', ['200', '201', '400', '401', '403', '404', '409', '422', '503']],
    ['listKeys', ['200', '401', '403', '503']],
    ['health', ['200', '503']],
    ['receiveWebhook', ['200', '401', '404', '409', '413', '415', '422', '429', '503']],
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
    expect(named('rawProxy_get')).toContain('X-Gatehouse-Account');
    const { operation } = operations.find((one) => one.operation.operationId === 'callOperation')!;
    expect(Object.keys(operation.responses['200']!.headers!)).toEqual([
      'x-request-id',
      'Idempotency-Replayed',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'x-gatehouse-account',
      'x-gatehouse-session',
      'server-timing',
    ]);
    expect(operation.responses['429']!.headers).toHaveProperty('Retry-After');
  });

  test('each operation names its least role, its scope, and who may not although they rank high enough', () => {
    for (const [id, route] of routes) {
      const operation = operations.find(
        ({ operation: { operationId } }) => operationId.split('_')[0] === id,
      )!.operation;
      expect(operation['x-least-role']).toBe(route.role);
      expect(operation['x-not-for']).toEqual(route.role === 'caller' && route.call ? ['viewer'] : undefined);
      expect(operation['x-scope']).toBe(route.role === 'public' ? undefined : (route.scope ?? 'none'));
      expect(operation.security).toEqual(route.role === 'public' ? [] : undefined);
    }
  });

  test('every tag is described', () => {
    const used = new Set(operations.flatMap(({ operation }) => operation.tags));
    expect(new Set(document.tags.map(({ name }) => name))).toEqual(used);
  });

  test('an answer that can grow is not closed, a body is', () => {
    expect(document.components.schemas['KeyView']).not.toHaveProperty('additionalProperties');
    expect(document.components.schemas['KeyRequest']).toMatchObject({ additionalProperties: false });
  });
});

describe('examples', () => {
  test.each(routes.filter(([, { body }]) => body !== undefined))('the body of %s is taken', (id, route) => {
    expect(route.body!.safeParse(BODIES[id]).error).toBeUndefined();
  });

  test.each(Object.entries(QUERIES))('the query of %s is taken', (id, query) => {
    const { query: schema } = ROUTES[id as RouteId] as Route;
    const asSent = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
    expect(schema!.safeParse(asSent).error).toBeUndefined();
  });

  test.each(routes)('a request to the path of %s finds its route', (id, { method, path }) => {
    const filled = path.replaceAll(/\{(\w+)\+?\}/g, (_all, name: string) => pathExample(id, name));
    expect(matchRoute(method === 'ANY' ? 'GET' : method, filled)?.id).toBe(id);
  });
});

describe('the page', () => {
  test('asks nothing of elsewhere', () => {
    const page = docsPage('1');
    const links = [...page.matchAll(/(?:src|href|data-url)="([^"]*)"/g)].map(([, link]) => link!);
    expect(links).toEqual(['data:,', '/v1/openapi.json', '/v1/openapi.json', '/docs/scalar.js?v=1']);
    const [, configuration] = /data-configuration="([^"]*)"/.exec(page)!;
    expect(JSON.parse(configuration!.replaceAll('&quot;', '"'))).toMatchObject({
      withDefaultFonts: false,
      telemetry: false,
    });
  });

  test('its script is the one that dev/openapi/scalar.ts names', () => {
    const script = gunzipSync(readFileSync(join(ASSETS, 'scalar.js.gz')));
    expect(createHash('sha256').update(script).digest('hex')).toBe(SCRIPT_SHA256);
  });
});

describe('checked in', () => {
  const root = join(import.meta.dirname, '../../..');
  test.each([...generatedFiles()].map(([file, text]) => [relative(root, file), text]))(
    '%s is fresh: npm run build:openapi',
    (file, text) => {
      expect(readFileSync(join(root, file), 'utf8') === text).toBe(true);
    },
  );
});

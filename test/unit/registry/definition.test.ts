import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { SCHEMA_FILE, serviceSchemaText } from '../../../dev/generate-schema.ts';
import { FILTER_ARGUMENTS } from '../../../lib/definition/template/filters/names.ts';
import { checkTemplate } from '../../../lib/definition/template/render.ts';
import { isGatewayError } from '../../../lib/runtime/errors.ts';
import { parseDefinition, parseStoredDefinition, splitDocument } from '../../../lib/registry/validation.ts';

const FOLDER = join(SCHEMA_FILE, '..');
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.json') && file !== 'service.schema.json');
const read = (file: string) =>
  JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Record<string, unknown>;

interface Schema {
  description?: string;
  const?: unknown;
  $ref?: string;
  properties?: Record<string, Schema>;
}

const minimal = { code: 'ANY_SERVICE', name: 'Any', baseUrl: 'https://any.example', auth: { type: 'NONE' } };

/** Field → message of what is refused; empty when it is accepted. */
function faults(change: Record<string, unknown>): Record<string, string> {
  try {
    parseDefinition({ ...minimal, ...change });
    return {};
  } catch (error) {
    if (!isGatewayError(error, 'VALIDATION_FAILED')) throw error;
    return Object.fromEntries((error.fields ?? []).map(({ field, message }) => [field, message]));
  }
}

describe('shipped definitions', () => {
  const ajv = new Ajv2020({ strict: false, formats: { uri: true } });
  const check = ajv.compile(JSON.parse(serviceSchemaText()) as object);

  it.each(FILES)('%s holds against both schemas', (file) => {
    expect(() => parseDefinition(read(file))).not.toThrow();
    check(read(file));
    expect(check.errors).toBeNull();
  });

  it('are the three the product speaks of', () => {
    expect(new Set(FILES.map((file) => read(file)['code']))).toEqual(
      new Set(['CHAOJIYING', 'CITY_CENTER_WORK_ORDER', 'URS_PROMOTION']),
    );
  });

  it('service.schema.json says of every field what it is for', () => {
    const { $defs, ...schema } = JSON.parse(serviceSchemaText()) as Schema & {
      $defs: Record<string, Schema>;
    };
    const described = (field: Schema) =>
      field.description ?? $defs[field.$ref?.split('/').at(-1) ?? '']?.description;
    const missing = (node: unknown, path: string): string[] => {
      if (typeof node !== 'object' || node === null) return [];
      const { properties = {} } = node as Schema;
      return [
        // `type` of a strategy or protocol is its name.
        ...Object.entries(properties)
          .filter(([, field]) => field.const === undefined && !described(field))
          .map(([name]) => `${path}.${name}`),
        ...Object.entries(node).flatMap(([key, value]) => missing(value, `${path}.${key}`)),
      ];
    };
    expect([...missing(schema, ''), ...missing($defs, '$defs')]).toEqual([]);
  });

  it('service.schema.json is fresh: node dev/generate-schema.ts', () => {
    expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(serviceSchemaText());
  });
});

describe('what docs/users/definitions.md shows', () => {
  const page = readFileSync(join(FOLDER, '..', 'docs', 'users', 'definitions.md'), 'utf8');

  it('is accepted: its operations', () => {
    const shown = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(
      ([, text]) => JSON.parse(text!) as object,
    );
    const [{ operations }] = shown.filter((one) => 'operations' in one) as [{ operations: object }];
    expect(faults({ operations })).toEqual({});
  });

  it('is every filter, each in a template that holds', () => {
    const section = page.slice(page.indexOf('## Filters'), page.indexOf('## Fields'));
    const templates = section.match(/\{\{.*?\}\}/g)!.map((template) => template.replaceAll('\\|', '|'));
    expect(templates.map(checkTemplate).filter((problem) => problem !== undefined)).toEqual([]);
    const named = new Set(section.match(/`[^`]+`/g)!.map((code) => code.slice(1, -1)));
    expect(Object.keys(FILTER_ARGUMENTS).filter((name) => !named.has(name))).toEqual([]);
  });
});

describe('a definition', () => {
  it('is complete with every default', () => {
    expect(parseDefinition(minimal)).toMatchObject({
      status: 'ACTIVE',
      timeoutSeconds: 30,
      maxResponseBytes: 5_000_000,
      retry: { networkTimeout: { attempts: 3, delaysSeconds: [1, 2, 4] } },
    });
  });

  it('names unknown keys, each where it is', () => {
    const operations = { get: { method: 'GET', path: '/a', retires: 3 } };
    const found = faults({ timeout: 30, operations });
    expect(Object.keys(found).sort()).toEqual(['operations.get.retires', 'timeout']);
  });

  it.each<[string, unknown]>([
    ['operations.o.path', { method: 'GET', path: '/a/{{parms.x}}' }],
    ['operations.o.query.q', { method: 'GET', path: '/a', query: { q: '{{params.x' } }],
    ['operations.o.headers.X-A', { method: 'GET', path: '/a', headers: { 'X-A': '{{nope}}' } }],
    [
      'operations.o.success.text.matches',
      { method: 'GET', path: '/a', success: { text: { matches: '(a)\\1' } } },
    ],
    ['operations.o.charset', { method: 'GET', path: '/a', charset: 'x-nonsense' }],
    ['operations.o.params', { method: 'GET', path: '/a', params: { type: 'nope' } }],
    ['operations.o.result', { method: 'GET', path: '/a', result: 'data' }],
  ])('names %s', (field, operation) => {
    expect(Object.keys(faults({ operations: { o: operation } }))).toEqual([field]);
  });

  it.each([
    '//metadata.internal/x',
    '/../admin',
    '/a/./b',
    '/a/..%2fb',
    '/a/%2e%2e/b',
    '/a/%252e%252e/b',
    '/a\\..\\b',
    '/a/%5c../b',
    '/a%00b',
    '/a%0d%0aX',
    '/路径',
    'no-slash',
    'https://evil.example/',
    '/a#b',
  ])('P1: a path must stay where it is: %j', (path) => {
    expect(faults({ operations: { o: { method: 'GET', path } } })).toHaveProperty(['operations.o.path']);
    expect(faults({ allowedPaths: [path] })).toHaveProperty(['allowedPaths.0']);
  });

  it('carries what the registry adds to it beside it', () => {
    const { document, revision } = splitDocument({ ...minimal, revision: 3, createdAt: 'x', updatedAt: 'y' });
    expect(document).toEqual(minimal);
    expect(revision).toBe(3);
    expect(() => splitDocument({ ...minimal, revision: 'latest' })).toThrow('revision');
  });

  it('D3: what a newer version wrote is read without what this one does not know', () => {
    const newer = { ...minimal, brandNew: true, webhook: { path: 'x', future: { a: 1 } } };
    expect(parseStoredDefinition(newer)).toMatchObject({ code: 'ANY_SERVICE', webhook: { path: 'x' } });
    expect(() => parseStoredDefinition({ ...newer, name: 5 })).toThrow('name');
  });
});

/** JSON Schema of all inputs and answers of the API, under the names by which the code exports the schemas. */
import * as z from 'zod';
import * as alerts from '../../lib/api/alert-schemas.ts';
import * as audit from '../../lib/api/audit-schemas.ts';
import * as deliveries from '../../lib/api/delivery-schemas.ts';
import * as exports from '../../lib/api/export-schemas.ts';
import * as health from '../../lib/api/health-schemas.ts';
import * as limits from '../../lib/api/limit-schemas.ts';
import * as metrics from '../../lib/api/metric-schemas.ts';
import * as people from '../../lib/api/people-schemas.ts';
import * as money from '../../lib/api/money-schemas.ts';
import * as api from '../../lib/api/schemas.ts';
import * as subscriptions from '../../lib/api/subscription-schemas.ts';
import * as views from '../../lib/api/views.ts';
import * as webhooks from '../../lib/api/webhook-schemas.ts';
import * as users from '../../lib/api/user-schemas.ts';
import { EachExtractor, ElementExtractor, Extractor } from '../../lib/definition/extractor/schema.ts';
import { FieldValue } from '../../lib/definition/fields.ts';
import { Predicate } from '../../lib/definition/predicate/schema.ts';
import { DefinitionDocument } from '../../lib/registry/document.ts';

/** The part of JSON Schema that zod writes. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
}

/** A body is described as it is sent, defaults left out; an answer as it comes, defaults filled in. */
export type Direction = 'input' | 'output';

const PREFIX = '#/components/schemas/';
/** Where zod puts recursive schemas without a name. */
const SHARED = '__shared';

const NAMED = namedSchemas([
  api,
  money,
  people,
  deliveries,
  audit,
  health,
  limits,
  metrics,
  exports,
  views,
  alerts,
  users,
  subscriptions,
  webhooks,
  { DefinitionDocument, Predicate, Extractor, ElementExtractor, EachExtractor, FieldValue },
]);

function namedSchemas(modules: object[]): Map<string, z.ZodType> {
  const named = new Map<string, z.ZodType>();
  for (const [name, value] of modules.flatMap((module) => Object.entries(module) as [string, unknown][])) {
    if (!(value instanceof z.ZodType)) continue;
    if (named.has(name) && named.get(name) !== value) throw new Error(`Two schemas are named ${name}.`);
    named.set(name, value);
  }
  return named;
}

/** All components of one direction, those that no route uses included. */
function componentsOf(io: Direction): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of NAMED) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io,
    unrepresentable: 'any',
    uri: (id) => PREFIX + id,
    override: omitDefaults,
  });
  const shared = schemas[SHARED]?.$defs ?? {};
  return Object.fromEntries(
    Object.entries(schemas)
      .filter(([name]) => name !== SHARED)
      .map(([name, { $schema: _dialect, $id: _id, ...schema }]) => [name, plain(schema, shared)]),
  );
}

/** Leaves out the bounds of every safe integer, that names are strings, and that an answer never grows. */
function omitDefaults({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  const names = jsonSchema.propertyNames;
  if (typeof names === 'object' && Object.keys(names).join() === 'type') delete jsonSchema.propertyNames;
  const open = zodSchema instanceof z.ZodObject && zodSchema.def.catchall === undefined;
  if (open) delete jsonSchema.additionalProperties;
}

/** With `{}` (anything) for `z.json()`, which zod spells out as a recursive schema. */
function plain(schema: object, shared: Record<string, unknown>): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    const ref = (value as JsonSchema | null)?.$ref;
    if (typeof ref !== 'string' || !ref.startsWith(PREFIX + SHARED)) return value;
    const name = ref.replace(/^.*\//, '');
    // An optional one, which zod shares too, is but a reference to the one with a name.
    const named = (shared[name] as JsonSchema | undefined)?.$ref;
    if (named !== undefined && !named.startsWith(PREFIX + SHARED)) {
      return { ...(value as JsonSchema), $ref: named };
    }
    if (!isAnyJson(shared[name]))
      throw new Error(`A recursive schema (${name}) needs a name: add it to NAMED.`);
    const { $ref: _anything, ...rest } = value as JsonSchema;
    return rest;
  }) as JsonSchema;
}

function isAnyJson(schema: unknown): boolean {
  const { anyOf } = (schema ?? {}) as JsonSchema;
  return anyOf?.map(({ type }) => type).join() === 'string,number,boolean,null,array,object';
}

/** The components of one document: those it uses, and what they refer to. */
export interface Components {
  /** Adds a schema. Answers the name to refer to it by. */
  use(schema: z.ZodType, direction: Direction): string;
  /** A schema's own text; what it refers to is added. */
  inline(schema: z.ZodType, direction: Direction): JsonSchema;
  /** What was added, by name. */
  readonly schemas: Record<string, JsonSchema>;
}

export function createComponents(): Components {
  const all = { input: componentsOf('input'), output: componentsOf('output') };
  const schemas: Record<string, JsonSchema> = {};

  function add(name: string, direction: Direction): void {
    const schema = all[direction][name]!;
    if (schemas[name] !== undefined) {
      if (JSON.stringify(schemas[name]) === JSON.stringify(schema)) return;
      throw new Error(`${name} differs as input and as output: use two names.`);
    }
    schemas[name] = schema;
    for (const reference of referencesOf(schema)) add(reference, direction);
  }

  return {
    schemas,
    use: (schema, direction) => {
      const name = nameOf(schema);
      add(name, direction);
      return name;
    },
    inline: (schema, direction) => {
      const own = all[direction][nameOf(schema)]!;
      for (const reference of referencesOf(own)) add(reference, direction);
      return own;
    },
  };
}

function nameOf(schema: z.ZodType): string {
  const found = [...NAMED].find(([, named]) => named === schema);
  if (!found) throw new Error('A route uses a schema that has no name: export it.');
  return found[0];
}

export const refTo = (name: string): JsonSchema => ({ $ref: PREFIX + name });
export const nameIn = (ref: string): string => ref.slice(PREFIX.length);

function referencesOf(schema: JsonSchema): string[] {
  const found: string[] = [];
  JSON.stringify(schema, (key, value: unknown) => {
    if (key === '$ref') found.push(nameIn(value as string));
    return value;
  });
  return found;
}

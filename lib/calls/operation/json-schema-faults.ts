/**
 * What a person should know about a JSON Schema before it is stored. zod ignores what it does not know (`requird`) and
 * what does not belong to the type: a schema that checks nothing would look as if it did.
 */
import type { FieldError } from '../../runtime/errors.ts';
import { patternProblem } from '../../text/pattern.ts';
import type { JsonSchema } from './json-schema.ts';

/** What a keyword's value must be. `schema` and its lists and maps are looked into. */
type Kind = 'schema' | 'schemas' | 'map' | 'names' | 'text' | 'pattern' | 'count' | 'number' | 'flag' | 'any';

const ANYWHERE: Record<string, Kind> = {
  type: 'any',
  enum: 'any',
  const: 'any',
  default: 'any',
  anyOf: 'schemas',
  oneOf: 'schemas',
  allOf: 'schemas',
  not: 'schema',
  $schema: 'text',
  $id: 'text',
  $ref: 'text',
  $comment: 'text',
  $defs: 'map',
  definitions: 'map',
  title: 'text',
  description: 'text',
  example: 'any',
  examples: 'any',
  deprecated: 'flag',
  readOnly: 'flag',
  writeOnly: 'flag',
};

const BY_TYPE: Record<string, Record<string, Kind>> = {
  object: {
    properties: 'map',
    required: 'names',
    additionalProperties: 'schema',
    patternProperties: 'map',
    propertyNames: 'schema',
    minProperties: 'count',
    maxProperties: 'count',
  },
  array: {
    items: 'schema',
    prefixItems: 'schemas',
    additionalItems: 'schema',
    minItems: 'count',
    maxItems: 'count',
    uniqueItems: 'flag',
    contains: 'schema',
    minContains: 'count',
    maxContains: 'count',
  },
  string: {
    minLength: 'count',
    maxLength: 'count',
    pattern: 'pattern',
    format: 'text',
    contentEncoding: 'text',
    contentMediaType: 'text',
  },
  number: {
    minimum: 'number',
    maximum: 'number',
    exclusiveMinimum: 'number',
    exclusiveMaximum: 'number',
    multipleOf: 'number',
  },
};

const WANTED: Record<Exclude<Kind, 'schema' | 'pattern' | 'any'>, [(value: unknown) => boolean, string]> = {
  schemas: [Array.isArray, 'a list of schemas'],
  map: [isObject, 'an object of schemas'],
  names: [
    (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
    'a list of names',
  ],
  text: [(value) => typeof value === 'string', 'text'],
  count: [(value) => Number.isSafeInteger(value) && (value as number) >= 0, 'a whole number'],
  number: [(value) => typeof value === 'number', 'a number'],
  flag: [(value) => typeof value === 'boolean', 'true or false'],
};

/** @param path of the schema in its document: each fault names its place. */
export function jsonSchemaFaults(schema: JsonSchema, path: string): FieldError[] {
  const types = [schema['type']].flat();
  const known: Record<string, Kind> = Object.assign(
    {},
    ANYWHERE,
    ...types.map((type) => BY_TYPE[type === 'integer' ? 'number' : (type as string)]),
  );
  const faults = Object.entries(schema).flatMap(([keyword, value]) => {
    if (keyword.startsWith('x-')) return [];
    const kind = Object.hasOwn(known, keyword) ? known[keyword] : undefined;
    const field = `${path}.${keyword}`;
    return kind === undefined
      ? [{ field, message: strangeKeyword(keyword) }]
      : valueFaults(kind, value, field);
  });
  if (schema['patternProperties'] !== undefined && schema['additionalProperties'] === false) {
    const message = 'cannot be used together with "additionalProperties": false';
    faults.push({ field: `${path}.patternProperties`, message });
  }
  return faults;
}

function strangeKeyword(keyword: string): string {
  const type = Object.keys(BY_TYPE).find((one) => Object.hasOwn(BY_TYPE[one]!, keyword));
  return type === undefined
    ? 'is not a known keyword of JSON Schema'
    : `has no effect without "type": "${type}"`;
}

function valueFaults(kind: Kind, value: unknown, field: string): FieldError[] {
  if (kind === 'any') return [];
  if (kind === 'schema') return subschemaFaults(value, field);
  if (kind === 'pattern') return patternFaults(value, field);
  const [fits, wanted] = WANTED[kind];
  if (!fits(value)) return [{ field, message: `must be ${wanted}` }];
  if (kind === 'schemas')
    return (value as unknown[]).flatMap((each, at) => subschemaFaults(each, `${field}.${at}`));
  if (kind !== 'map') return [];
  const members = Object.entries(value as object);
  const names = field.endsWith('.patternProperties') ? members : [];
  return [
    ...names.flatMap(([name]) => patternFaults(name, `${field}.${name}`)),
    ...members.flatMap(([name, member]) => subschemaFaults(member, `${field}.${name}`)),
  ];
}

function subschemaFaults(value: unknown, field: string): FieldError[] {
  if (typeof value === 'boolean') return [];
  if (!isObject(value)) return [{ field, message: 'must be a schema' }];
  return jsonSchemaFaults(value as JsonSchema, field);
}

function patternFaults(value: unknown, field: string): FieldError[] {
  const message = typeof value === 'string' ? patternProblem(value) : 'must be text';
  return message === undefined ? [] : [{ field, message }];
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { isAnyJson } from './schema-document.ts';
import type { Json } from './schema-document.ts';

/** The part of JSON Schema that our schemas use. */
interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minItems?: number;
  maxItems?: number;
  maxLength?: number;
  format?: string;
}

const MOST_CHOICES = 8;

/**
 * A JSON Schema as a person reads it: the JSON with types in place of values, descriptions behind them.
 * What refers to itself is named, not unfolded.
 */
export function schemaText(schema: Json): string {
  const root = schema as Schema;
  return typeText(root, { defs: root.$defs ?? {}, open: [], indent: '' });
}

interface Place {
  defs: Record<string, Schema>;
  /** Names being unfolded right now. */
  open: string[];
  indent: string;
}

function typeText(schema: Schema, place: Place): string {
  if (schema.$ref !== undefined) return referredText(schema.$ref, place);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return choices(schema.enum.map((value) => JSON.stringify(value)));
  if (isAnyJson(schema)) return 'any JSON';
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return choices(alternatives.map((one) => typeText(one, place)));
  if (schema.allOf) return schema.allOf.map((one) => typeText(one, place)).join(' & ');
  if (schema.type === 'array') return listText(schema, place);
  if (schema.type === 'object' || schema.properties) return objectText(schema, place);
  return scalarText(schema);
}

function referredText(ref: string, place: Place): string {
  const name = ref.replace(/^.*\//, '');
  const target = place.defs[name];
  if (!target || place.open.includes(name)) return name.startsWith('__') ? '(the same again)' : name;
  return typeText(target, { ...place, open: [...place.open, name] });
}

function choices(texts: string[]): string {
  const different = [...new Set(texts)];
  const shown = different.slice(0, MOST_CHOICES);
  const more = different.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(' | ');
}

function listText({ items = {}, minItems, maxItems }: Schema, place: Place): string {
  const item = typeText(items, place);
  const several = items.anyOf !== undefined || items.oneOf !== undefined;
  const plain = /^\w+$/.test(item) || (item.startsWith('{') && !several);
  const bounds = range(minItems, maxItems);
  return `${plain ? `${item}[]` : `[${item}, ...]`}${bounds && ` (${bounds})`}`;
}

function objectText({ properties = {}, required = [], additionalProperties }: Schema, place: Place): string {
  const inner = { ...place, indent: `${place.indent}  ` };
  const members = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? '' : '?';
    return `${inner.indent}${name}${optional}: ${typeText(schema, inner)}${noteOf(schema)}`;
  });
  if (typeof additionalProperties === 'object') {
    const value = Object.keys(additionalProperties).length > 0 ? typeText(additionalProperties, inner) : '';
    members.push(value === '' ? `${inner.indent}...` : `${inner.indent}[name]: ${value}`);
  }
  return members.length === 0 ? '{ ... }' : ['{', ...members, `${place.indent}}`].join('\n');
}

function scalarText(schema: Schema): string {
  const { type, minimum, maximum, exclusiveMinimum, maxLength, format } = schema;
  const name = Array.isArray(type) ? type.join(' | ') : (type ?? 'any JSON');
  const bounds = [
    format ?? '',
    exclusiveMinimum === undefined ? '' : `above ${exclusiveMinimum}`,
    range(minimum, maximum),
    maxLength === undefined ? '' : `at most ${maxLength} long`,
  ];
  const said = bounds.filter((bound) => bound !== '').join(', ');
  return said === '' ? name : `${name} (${said})`;
}

function range(least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  if (least !== undefined) return `at least ${least}`;
  return most === undefined ? '' : `at most ${most}`;
}

function noteOf(schema: Schema): string {
  const notes = [
    ...(schema.default === undefined ? [] : [`default ${JSON.stringify(schema.default)}`]),
    ...(schema.description === undefined ? [] : [schema.description]),
  ];
  return notes.length === 0 ? '' : `  // ${notes.join('; ')}`;
}

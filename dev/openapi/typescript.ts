/** JSON Schema as TypeScript: the declarations of the client, which has no zod to infer them from. */
import { nameIn } from './components.ts';
import type { JsonSchema } from './components.ts';

/** The type that a schema describes. @param indent of the line it starts on */
export function typeText(schema: JsonSchema, indent = ''): string {
  if (schema.$ref !== undefined) return nameIn(schema.$ref);
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum) return unionOf(schema.enum.map(literal));
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return unionOf(alternatives.map((one) => typeText(one, indent)));
  if (schema.allOf) return schema.allOf.map((one) => `(${typeText(one, indent)})`).join(' & ');
  if (schema.type === 'array') return listText(schema, indent);
  if (schema.type === 'object') return objectText(schema, indent);
  return unionOf([schema.type ?? 'unknown'].flat().map((type) => SCALARS[type] ?? 'unknown'));
}

/** A declaration of its own, for a named schema. */
export function declarationText(name: string, schema: JsonSchema): string {
  return `${comment(schema, '')}export type ${name} = ${typeText(schema)};\n`;
}

const SCALARS: Record<string, string> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
};

function unionOf(types: string[]): string {
  return [...new Set(types)].join(' | ');
}

function listText({ items = {} }: JsonSchema, indent: string): string {
  const item = typeText(items, indent);
  return /^[\w.]+$|^\{[^|&]*\}$/s.test(item) ? `${item}[]` : `(${item})[]`;
}

function objectText(schema: JsonSchema, indent: string): string {
  const { properties = {}, required = [], additionalProperties } = schema;
  const names = Object.keys(properties);
  const rest = typeof additionalProperties === 'object' ? typeText(additionalProperties, indent) : '';
  if (names.length === 0) return rest === '' ? 'Record<string, never>' : `{ [name: string]: ${rest} }`;
  const inner = `${indent}  `;
  const members = names.map((name) => {
    const property = properties[name]!;
    const type = typeText(property, inner);
    const optional = !required.includes(name);
    const own = optional && type !== 'unknown' ? unionOf([type, 'undefined']) : type;
    const member = `${key(name)}${optional ? '?' : ''}: ${own};`;
    return `${comment(property, inner)}${inner}${member}`;
  });
  // An index signature must be compatible with every member: `unknown` is.
  const others = rest === '' ? [] : [`${inner}[name: string]: unknown;`];
  return `{\n${[...members, ...others].join('\n')}\n${indent}}`;
}

function comment({ description }: JsonSchema, indent: string): string {
  return description === undefined ? '' : `${indent}/** ${description.replaceAll('*/', '*\\/')} */\n`;
}

const key = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name));
const literal = (value: unknown) =>
  typeof value === 'string' ? `'${value.replaceAll(/['\\]/g, '\\$&')}'` : JSON.stringify(value);

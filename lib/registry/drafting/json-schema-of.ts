/** JSON Schema of recorded values: their types and names, never a value. */
import { isData, isKey } from './names.ts';

export type DraftSchema = Record<string, unknown> & { type?: string | string[] };

/** @param values of one place, in all recordings of it. */
function schemaOf(values: readonly unknown[], depth = 0): DraftSchema {
  const present = values.filter((value) => value !== null && value !== undefined);
  const types = [...new Set(present.map(typeOf))].sort();
  const merged = types.join() === 'integer,number' ? ['number'] : types;
  if (merged.length === 0 || depth > 6) return {};
  const hasNull = values.includes(null);
  if (merged.length > 1) return { type: hasNull ? [...merged, 'null'] : merged };
  const [type] = merged as [string];
  const schema: DraftSchema = { type: hasNull ? [type, 'null'] : type };
  if (type === 'array') {
    const items = schemaOf((present as unknown[][]).flat(), depth + 1);
    return Object.keys(items).length > 0 ? { ...schema, items } : schema;
  }
  return type === 'object'
    ? { ...schema, ...membersOf(present as Record<string, unknown>[], depth) }
    : schema;
}

/** Names that are data themselves (a map by id) are not written down. */
export function membersOf(objects: readonly Record<string, unknown>[], depth = 0): DraftSchema {
  const names = [...new Set(objects.flatMap(Object.keys))].filter(
    (name) => !isData(name) || (depth === 0 && isHan(name)),
  );
  const required = names.filter((name) => objects.every((object) => Object.hasOwn(object, name)));
  if (names.length === 0) return {};
  return {
    properties: Object.fromEntries(
      names.map((name) => [
        name,
        schemaOf(
          objects.map((object) => object[name]),
          depth + 1,
        ),
      ]),
    ),
    ...(required.length > 0 ? { required } : {}),
  };
}

const isHan = (name: string): boolean => /^[\p{Script=Han}\w]{1,32}$/u.test(name) && !/\d{3}/.test(name);

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** Of a query or form, where everything is text: numbers may be given as such. */
export function textSchema(values: readonly (string | string[])[]): DraftSchema {
  const lists = values.some(Array.isArray);
  const isNumber = values.flat().every((value) => /^-?(?:0|[1-9]\d{0,14})$/.test(value));
  const one: DraftSchema = { type: isNumber ? ['integer', 'string'] : 'string' };
  return lists ? { type: 'array', items: one } : one;
}

/** Names as templates and schemas can have them. */
export const paramName = (name: string): boolean => isKey(name) && !name.includes('.');

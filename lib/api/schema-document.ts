import * as z from 'zod';

export type Json = Record<string, unknown>;

/** zod writes recursive schemas that have no name as `__schema0`, counted anew for each document. */
const UNNAMED = /^__schema(\d+)$/;

/**
 * JSON Schema of what our API takes or gives, without what says nothing: the bounds that every safe integer
 * keeps, and that names are strings.
 */
export function schemaOf(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      const names = jsonSchema.propertyNames;
      if (typeof names === 'object' && Object.keys(names).join() === 'type') delete jsonSchema.propertyNames;
    },
  }) as Json;
  return rest;
}

/**
 * The schema with its own definitions moved to `components`, where one document holds those of all routes.
 * @param owner what definitions without a name are named after
 */
export function componentOf(schema: z.ZodType, owner: string, components: Json): Json {
  const { $defs = {}, ...root } = schemaOf(schema) as { $defs?: Json };
  const names = new Map(Object.entries($defs).map(([name, def]) => [name, componentName(name, def, owner)]));
  const relinked = (part: unknown) =>
    JSON.parse(JSON.stringify(part), (key, value: unknown) =>
      key === '$ref' && typeof value === 'string'
        ? value.replace(
            /^#\/\$defs\/(.+)$/,
            (_all, name: string) => `#/components/schemas/${names.get(name) ?? name}`,
          )
        : value,
    ) as Json;
  for (const [name, def] of Object.entries($defs)) components[names.get(name)!] = relinked(def);
  return relinked(root);
}

/** `Json` for any JSON value, which many routes take; else the owner's name and a number. */
function componentName(name: string, def: unknown, owner: string): string {
  const unnamed = UNNAMED.exec(name);
  if (!unnamed) return name;
  return isAnyJson(def) ? 'Json' : `${owner[0]!.toUpperCase()}${owner.slice(1)}Part${unnamed[1]}`;
}

/** What `z.json()` becomes: anything from a string to an object of the same. */
export function isAnyJson(def: unknown): boolean {
  const { anyOf } = def as { anyOf?: { type?: string }[] };
  return anyOf?.map(({ type }) => type).join() === 'string,number,boolean,null,array,object';
}

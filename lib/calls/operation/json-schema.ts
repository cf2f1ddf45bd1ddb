/**
 * JSON Schema of an operation's `params`. zod checks it, but would run its patterns as JavaScript's, which a text can
 * hold up for years: here they run as RE2, as all patterns of a definition.
 */
import * as z from 'zod';
import { matchesPattern, reachOf } from '../../text/pattern.ts';

export type JsonSchema = Record<string, z.core.util.JSONType>;

/** Can zod read it? Whether patterns are in RE2 syntax and stand where they can be checked is not asked. */
export function isJsonSchema(schema: JsonSchema): boolean {
  try {
    return convert(schema, []) !== undefined;
  } catch {
    return false;
  }
}

/** @throws Error for what zod does not support, and for a pattern where it cannot be reached (in `contains`). */
export function compileJsonSchema(schema: JsonSchema): z.ZodType {
  const patterns: string[] = [];
  const converted = convert(schema, patterns);
  const found = new Set<number>();
  for (const check of patternChecks(converted)) {
    const index = PLACEHOLDER.exec(check.pattern.source)?.[1];
    if (index === undefined) continue;
    found.add(Number(index));
    check.pattern = re2(patterns[Number(index)]!);
  }
  const missed = patterns.find((_, index) => !found.has(index));
  if (missed !== undefined) throw new Error(`The pattern ${missed} stands where patterns are not supported.`);
  return converted;
}

const convert = (schema: JsonSchema, patterns: string[]): z.ZodType =>
  z.fromJSONSchema(withPlaceholders(schema, patterns) as JsonSchema);

/** Stands for a pattern while zod converts; matches nothing that anybody sends. */
const placeholder = (index: number) => `^\\0gatehouse-pattern-${index}$`;
const PLACEHOLDER = /gatehouse-pattern-(\d+)\$$/;

/** Members whose value is data, not a schema: a `pattern` in there is none. */
const DATA = new Set(['const', 'enum', 'default', 'examples', 'example']);
/** Members that map names to schemas. */
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions']);

function withPlaceholders(schema: unknown, patterns: string[]): unknown {
  if (Array.isArray(schema)) return schema.map((each) => withPlaceholders(each, patterns));
  if (typeof schema !== 'object' || schema === null) return schema;
  const put = (pattern: string) => placeholder(patterns.push(pattern) - 1);
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (DATA.has(keyword)) return [keyword, value];
      if (keyword === 'pattern' && typeof value === 'string') return [keyword, put(value)];
      if (!MAPS.has(keyword) || typeof value !== 'object' || value === null) {
        return [keyword, withPlaceholders(value, patterns)];
      }
      const members = Object.entries(value).map(([name, member]) => [
        keyword === 'patternProperties' ? put(name) : name,
        withPlaceholders(member, patterns),
      ]);
      return [keyword, Object.fromEntries(members)];
    }),
  );
}

interface PatternCheck {
  pattern: Pick<RegExp, 'source' | 'test' | 'lastIndex'> & { toString(): string };
}

/** The `regex` checks of a schema of zod and of all schemas in it, each once. */
function* patternChecks(value: unknown, seen = new Set<unknown>()): Generator<PatternCheck> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if ('_zod' in value) {
    const { _zod: internals } = value as { _zod: { def: Record<string, unknown> } };
    const { def } = internals;
    if (def['format'] === 'regex') yield def as unknown as PatternCheck;
    if (def['type'] === 'lazy') yield* patternChecks((def['getter'] as () => unknown)(), seen);
    yield* patternChecks(def, seen);
  } else if (
    Array.isArray(value) ||
    Object.getPrototypeOf(value) === Object.prototype ||
    !Object.getPrototypeOf(value)
  ) {
    for (const member of Object.values(value)) yield* patternChecks(member, seen);
  }
}

/** What zod needs of a pattern. A text that is too long to be searched does not match. */
function re2(source: string): PatternCheck['pattern'] {
  return {
    source,
    lastIndex: 0,
    test: (text) => text.length <= reachOf(source) && matchesPattern(source, text),
    toString: () => `/${source}/`,
  };
}

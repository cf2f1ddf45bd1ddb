/**
 * Event filtering as Lambda does it for streams: every key of the pattern is in the record, every leaf is one
 * of the listed values.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
export type Pattern = { [key: string]: Pattern | Leaf[] };
export type Leaf =
  | string
  | number
  | boolean
  | null
  | { prefix: string }
  | { exists: boolean }
  | { 'anything-but': (string | number)[] };

export function matches(pattern: Pattern, record: unknown): boolean {
  return Object.entries(pattern).every(([key, expected]) => {
    const value = isObject(record) ? record[key] : undefined;
    return Array.isArray(expected)
      ? expected.some((leaf) => leafMatches(leaf, value))
      : matches(expected, value);
  });
}

function leafMatches(leaf: Leaf, value: unknown): boolean {
  if (leaf === null || typeof leaf !== 'object') return leaf === value;
  if ('prefix' in leaf) return typeof value === 'string' && value.startsWith(leaf.prefix);
  if ('exists' in leaf) return (value !== undefined) === leaf.exists;
  return value !== undefined && !leaf['anything-but'].includes(value as string);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

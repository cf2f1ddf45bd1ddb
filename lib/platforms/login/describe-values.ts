import { ExactNumber } from '../../text/json/exact.ts';

/** What was taken out of an answer, for a person: kinds and lengths by name, never a value. */
export const describeValues = (values: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, kindOf(value)]));

function kindOf(value: unknown): string {
  if (typeof value === 'string') return `text, ${value.length} character${value.length === 1 ? '' : 's'}`;
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (value instanceof ExactNumber) return 'number';
  return value === null ? 'null' : typeof value;
}

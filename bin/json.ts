import { ExactNumber } from '../lib/text/json/exact.ts';

/** The third argument of a reviver (ES2026); the compiler's library does not know it yet. */
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/**
 * JSON as plain values, but for numbers that a double would change (a 19-digit id): those are `ExactNumber`,
 * which `JSON.stringify` writes as they came. An answer of a third party may hold such numbers anywhere.
 * @throws SyntaxError
 */
export function readJson(text: string): unknown {
  const revive: Reviver = (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source
      ? new ExactNumber(source)
      : value;
  return JSON.parse(text, revive as Parameters<typeof JSON.parse>[1]) as unknown;
}

import { ExactNumber } from './document.ts';

/** Exact JSON as JSON that can be stored and read again: numbers that a double cannot hold become text. */
export function plainValue(value: unknown): unknown {
  if (value instanceof ExactNumber) {
    const double = Number(value.source);
    return String(double) === value.source ? double : value.source;
  }
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plainValue(member)]));
}

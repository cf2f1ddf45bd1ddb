import { isDeepStrictEqual } from 'node:util';
import { ExactNumber } from './document.ts';

/**
 * JSON pointers (RFC 6901) into plain JSON values, or exact ones. `undefined` when nothing is there; own properties only,
 * so `/__proto__` finds nothing that was not in the document.
 */
export function valueAt(document: unknown, pointer: string): unknown {
  if (pointer === '') return document;
  if (!pointer.startsWith('/')) return undefined;
  let value: unknown = document;
  for (const token of pointer.slice(1).split('/')) {
    if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return undefined;
    // RFC 6901 section 4: "~1" first, then "~0", so that "~01" is "~1".
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(key)) return undefined;
    if (!Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/**
 * Equal as plain JSON values: the order of keys does not count, that of elements does. 0 equals -0, except
 * inside of arrays and objects.
 */
export function deepEqual(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

/** Attribute values as DynamoDB's JSON protocol writes them, and how they are compared. */
import { isDeepStrictEqual } from 'node:util';
import { compareNumbers, normalized } from './numbers.ts';

export interface AttributeValue {
  S?: string;
  N?: string;
  /** Base64. */
  B?: string;
  BOOL?: boolean;
  NULL?: boolean;
  M?: Record<string, AttributeValue>;
  L?: AttributeValue[];
  SS?: string[];
  NS?: string[];
  BS?: string[];
}

/** An item, or its key. Never changed once it is stored: a write makes another one. */
export type Attributes = Record<string, AttributeValue>;

export type TypeName = keyof AttributeValue;

export const typeOf = (value: AttributeValue): TypeName => Object.keys(value)[0] as TypeName;

/** Negative, zero or positive; `undefined` where the two cannot be ordered. */
export function compare(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N);
  if (a.S !== undefined && b.S !== undefined) return compareTexts(a.S, b.S);
  if (a.B !== undefined && b.B !== undefined)
    return Buffer.compare(Buffer.from(a.B, 'base64'), Buffer.from(b.B, 'base64'));
  return undefined;
}

/** By their bytes in UTF-8, which is the order of JavaScript too as long as both are ASCII. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const order = Buffer.compare(Buffer.from(a), Buffer.from(b));
  return order;
}

export function equal(a: AttributeValue, b: AttributeValue): boolean {
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N) === 0;
  if (typeOf(a) !== typeOf(b)) return false;
  if (a.SS || a.NS || a.BS) return isDeepStrictEqual(membersOf(a).sort(), membersOf(b).sort());
  return isDeepStrictEqual(a, b);
}

export const membersOf = (set: AttributeValue): string[] => [...(set.SS ?? set.NS ?? set.BS ?? [])];

/** As `size()` counts: characters' bytes, members, elements. `undefined` for what has none. */
export function sizeOf(value: AttributeValue): number | undefined {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.B !== undefined) return Buffer.byteLength(value.B, 'base64');
  if (value.L) return value.L.length;
  if (value.M) return Object.keys(value.M).length;
  if (value.SS || value.NS || value.BS) return membersOf(value).length;
  return undefined;
}

/** What is stored of a value that was sent: numbers in their normal form. */
export function stored(value: AttributeValue): AttributeValue {
  if (value.N !== undefined) return { N: normalized(value.N) };
  if (value.NS) return { NS: value.NS.map(normalized) };
  if (value.L) return { L: value.L.map(stored) };
  if (value.M) return { M: storedAttributes(value.M) };
  return value;
}

export const storedAttributes = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, stored(value)]));

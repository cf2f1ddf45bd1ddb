/** `k=v&...` by name: what most Chinese partners sign, in our requests and in theirs. */
import { ExactNumber } from '../../text/json/exact.ts';
import { textPairs } from '../template/text-pairs.ts';
import type { TextPair } from '../template/text-pairs.ts';

/** By name, unencoded, without empty ones. @param left names that are left out: the signature's own. */
export function sortedParams(pairs: readonly TextPair[], left: ReadonlySet<string>): string {
  return pairs
    .filter(([name, text]) => text !== '' && !left.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, text]) => `${name}=${text}`)
    .join('&');
}

/** The members of a JSON object, none of anything else. What nests is its JSON. */
export function memberPairs(value: unknown): TextPair[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value) || value instanceof ExactNumber) return [];
  const members = Object.entries(value).map(([name, member]): [string, unknown] => [
    name,
    Array.isArray(member) ? JSON.stringify(member) : member,
  ]);
  return textPairs(members, { objects: 'as-json' });
}

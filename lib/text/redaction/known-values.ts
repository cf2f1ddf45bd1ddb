import { MASK } from './mask.ts';
import { anyOf, spellingsOf } from './spellings.ts';

/** Shorter values are common, and too short to be secrets. */
const SHORTEST = 4;

/** Masks given values wherever they turn up, in every spelling. Values under four characters are left. */
export function maskValues(values: readonly string[]): (text: string) => string {
  const known = values.filter((value) => value.length >= SHORTEST).flatMap(spellingsOf);
  if (known.length === 0) return (text) => text;
  const pattern = anyOf(known, [], 'g');
  return (text) => text.replace(pattern, MASK);
}

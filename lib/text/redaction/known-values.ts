import { MASK } from './mask.ts';
import { mixedSpelling } from './mixed-spelling.ts';
import { anyOf, insideBase64, spellingsOf } from './spellings.ts';
import { seek } from './seek.ts';
import { unescapeOnce } from './unescape.ts';

/** Values that must not be read in a text, by whatever it is made of. */
export interface KnownValues {
  /** Do any of them turn up, in whatever spelling, mixed or nested? */
  occurIn(text: string): boolean;
  /**
   * The text without them; `undefined`: they turn up in a way that cannot be cut out of it.
   * @param mask what stands for what was found; default `***`
   */
  mask(text: string, mask?: (found: string) => string): string | undefined;
}

/** Shorter values are common, and too short to be secrets. */
const SHORTEST = 4;
/** In less of base64 a value is not recognised: some letters may be those of any text. */
const SHORTEST_IN_BASE64 = 6;
/** No platform escapes an echo more often. */
const LAYERS = 4;

/**
 * Finding is cheap, masking is not: of 100 KB without any of five values it takes about a millisecond to say so.
 * Values under four characters are left.
 */
export function knownValues(values: readonly string[]): KnownValues {
  const known = [...new Set(values)].filter((value) => value.length >= SHORTEST);
  if (known.length === 0) return { occurIn: () => false, mask: (text) => text };

  const literals = known.flatMap(spellingsOf);
  const encoded = known
    .filter((value) => Buffer.byteLength(value) >= SHORTEST_IN_BASE64)
    .flatMap(insideBase64);
  const occurs = seek([...literals, ...encoded]);
  let cut: { literal: RegExp; mixed: RegExp } | undefined;

  const occurIn = (text: string): boolean => {
    let layer = text;
    for (let depth = 0; depth <= LAYERS; depth++) {
      if (occurs(layer)) return true;
      const inner = unescapeOnce(layer);
      if (inner === layer) return false;
      layer = inner;
    }
    return false;
  };

  return {
    occurIn,
    mask: (text, mask = () => MASK) => {
      if (!occurIn(text)) return text;
      cut ??= {
        // What stands beside it in base64 holds bits of it.
        literal: anyOf(
          literals,
          encoded.map((core) => `[\\w+/-]?${RegExp.escape(core)}[\\w+/-]?=*`),
          'g',
        ),
        mixed: anyOf(
          [],
          known.map((value) => mixedSpelling(value)),
          'giu',
        ),
      };
      const masked = text.replace(cut.literal, mask).replace(cut.mixed, mask);
      return occurIn(masked) ? undefined : masked;
    },
  };
}

/** Masks given values wherever they turn up, in every spelling; a text they cannot be cut out of, as a whole. */
export function maskValues(values: readonly string[]): (text: string) => string {
  const known = knownValues(values);
  return (text) => known.mask(text) ?? MASK;
}

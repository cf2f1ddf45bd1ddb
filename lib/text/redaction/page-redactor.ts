import { decodeText } from '../charset.ts';
import { encodeForm } from '../form.ts';
import { MASK, maskText } from './mask.ts';
import { mixedSpelling } from './mixed-spelling.ts';
import { anyOf, spellingsOf } from './spellings.ts';

/** No more of a text than this is looked at, and so shown, characters. */
const LOOKED_AT = 16_384;
const EDGE = 2_048;

/**
 * Redacts what a platform's pages show during a login: the values it was taught, in every spelling and charset a
 * page may show them in, and what looks like a token wherever it stands.
 */
export interface PageRedactor {
  /** From now on these values are masked. Empty ones are ignored. */
  learn(values: Iterable<string>): void;
  /** @param maxLength characters kept, cut after redaction so that no secret is cut in half and missed. */
  redact(text: string, maxLength?: number): string;
}

export function createPageRedactor(charset?: string): PageRedactor {
  const known = new Set<string>();
  /** Patterns for values that a page may write in a mixture of escapes. */
  const mixed = new Set<string>();
  let pattern: RegExp | undefined;
  return {
    learn: (values) => {
      for (const value of values) {
        if (value === '' || known.has(value)) continue;
        for (const spelling of inAnyCharset(value, charset)) known.add(spelling);
        // Plain ASCII is escaped as a whole or not at all; the spellings above have that.
        if (/[^\x20-\x7e]/.test(value)) mixed.add(mixedSpelling(value, charset));
        pattern = undefined;
      }
    },
    redact: (text, maxLength = LOOKED_AT) => {
      if (known.size > 0) pattern ??= anyOf(known, mixed, 'giu');
      const head = text.slice(0, LOOKED_AT);
      const clean = maskText(pattern ? head.replace(pattern, MASK) : head, { page: true });
      // What was cut may have cut a secret in half, past recognition: its end does not show.
      const whole = head.length < text.length ? clean.slice(0, -EDGE) : clean;
      return whole.length > maxLength ? `${whole.slice(0, maxLength)}…` : whole;
    },
  };
}

function inAnyCharset(value: string, charset: string | undefined): string[] {
  const form = encodeForm([['', value]]).slice(1);
  const ownForm = encodeForm([['', value]], charset).slice(1);
  return [
    ...spellingsOf(value),
    form,
    form.replaceAll('+', '%20'),
    ownForm,
    ownForm.replaceAll('+', '%20'),
    ...garbled(value, charset),
  ];
}

/** Shorter runs of ASCII in a garbled value tell nothing and stand everywhere. */
const SHORTEST_RUN = 4;

/** How a value with characters beyond ASCII looks on a page read in another charset than it was written in. */
function garbled(value: string, charset: string | undefined): string[] {
  const runs = value.match(/[\x20-\x7e]+/g) ?? [];
  if (runs[0] === value) return [];
  const misread = charset === undefined ? [] : [decodeText(Buffer.from(value), undefined, charset)];
  // Misreading swallows neighbours, so the whole may not be found: its readable parts are.
  return [...misread, ...runs.filter((run) => run.length >= SHORTEST_RUN)];
}

import { decodeText } from '../charset.ts';
import { encodeForm } from '../form.ts';
import { MASK, maskText } from './mask.ts';
import { mixedSpelling } from './mixed-spelling.ts';
import { anyOf, spellingsOf } from './spellings.ts';

/** A longer text is cut to this length before it is redacted and shown, characters. */
const MAX_INPUT = 16_384;
const CUT_MARGIN = 2_048;

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
        // Plain ASCII is escaped as a whole or not at all, which the spellings above cover.
        if (/[^\x20-\x7e]/.test(value))
          mixed.add(mixedSpelling(value, (one) => encodeForm([['', one]], charset).slice(1)));
        pattern = undefined;
      }
    },
    redact: (text, maxLength = MAX_INPUT) => {
      if (known.size > 0) pattern ??= anyOf(known, mixed, 'giu');
      const head = text.slice(0, MAX_INPUT);
      const clean = maskText(pattern ? head.replace(pattern, MASK) : head, { page: true });
      // The cut may have split a secret so that it was not recognised: the end of the text is not shown.
      const whole = head.length < text.length ? clean.slice(0, -CUT_MARGIN) : clean;
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

/** Shorter runs of ASCII in a garbled value are common in any text. */
const SHORTEST_RUN = 4;

/** How a value with characters beyond ASCII looks on a page read in another charset than it was written in. */
function garbled(value: string, charset: string | undefined): string[] {
  const runs = value.match(/[\x20-\x7e]+/g) ?? [];
  if (runs[0] === value) return [];
  const misread = charset === undefined ? [] : [decodeText(Buffer.from(value), undefined, charset)];
  // Misreading may swallow neighbouring characters: the readable parts are masked separately.
  return [...misread, ...runs.filter((run) => run.length >= SHORTEST_RUN)];
}

import { decodeText } from '../charset.ts';
import { encodeForm } from '../form.ts';
import { MASK, maskText } from './mask.ts';
import { mixedSpelling } from './mixed-spelling.ts';
import { anyOf, spellingsOf } from './spellings.ts';

/** A longer text is cut to this length before it is redacted and shown, characters. */
const MAX_INPUT = 16_384;
const CUT_MARGIN = 2_048;
/** A longer value of a platform is masked in pieces of this length, characters. */
const PIECE = 1_024;
/** What a platform sends can be as long as it likes: so many characters are learned, then no text is shown at all. */
const MAX_LEARNED = 65_536;
const NOT_SHOWN = '(not shown: too much of it may be secret)';

/**
 * Redacts what a platform's pages show during a login: the values it was taught, in every spelling and charset a
 * page may show them in, and what looks like a token wherever it stands.
 */
export interface PageRedactor {
  /** From now on these values of ours are masked, in a mixture of escapes too. Empty ones are ignored. */
  learn(values: Iterable<string>): void;
  /** The same for values that the platform has sent: in bounded time, however many and long they are. */
  learnFromPage(values: Iterable<string>): void;
  /** @param maxLength characters kept, cut after redaction so that no secret is cut in half and missed. */
  redact(text: string, maxLength?: number): string;
}

export function createPageRedactor(charset?: string): PageRedactor {
  const known = new Set<string>();
  /** Patterns for values that a page may write in a mixture of escapes. */
  const mixed = new Set<string>();
  let pattern: RegExp | undefined;
  let left = MAX_LEARNED;
  const add = (value: string): boolean => {
    if (value === '' || known.has(value)) return false;
    for (const spelling of inAnyCharset(value, charset)) known.add(spelling);
    pattern = undefined;
    return true;
  };
  return {
    learn: (values) => {
      for (const value of values) {
        // Plain ASCII is escaped as a whole or not at all, which the spellings cover.
        if (!add(value) || !/[^\x20-\x7e]/.test(value)) continue;
        mixed.add(mixedSpelling(value, (one) => encodeForm([['', one]], charset).slice(1)));
      }
    },
    learnFromPage: (values) => {
      for (const piece of Array.from(values).flatMap(piecesOf)) {
        if (left < 0) return;
        if (add(piece)) left -= piece.length;
      }
    },
    redact: (text, maxLength = MAX_INPUT) => {
      if (left < 0) return NOT_SHOWN;
      if (known.size > 0) pattern ??= anyOf(known, mixed, 'giu');
      const head = text.slice(0, MAX_INPUT);
      const clean = maskText(pattern ? head.replace(pattern, MASK) : head, { page: true });
      // The cut may have split a secret so that it was not recognised: the end of the text is not shown.
      const whole = head.length < text.length ? clean.slice(0, -CUT_MARGIN) : clean;
      return whole.length > maxLength ? `${whole.slice(0, maxLength)}…` : whole;
    },
  };
}

/** No more than the beginning of a text is shown. */
function piecesOf(value: string): string[] {
  const shown = value.slice(0, MAX_INPUT);
  if (shown.length <= PIECE) return [shown];
  return [shown.slice(0, PIECE), ...piecesOf(shown.slice(PIECE))];
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

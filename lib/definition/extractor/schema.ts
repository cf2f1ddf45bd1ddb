/** What takes a value out of an answer (SPEC 3). */
import * as z from 'zod';
import { Pattern } from '../predicate/schema.ts';
import { HeaderExtractor, optional, PointerExtractor } from './plain.ts';

export type ElementExtractor = { optional?: boolean | undefined } & (
  | { selector: string; attribute?: string | undefined }
  | { matches: string }
  | { each: string; fields: Record<string, ElementExtractor> }
);

export type Extractor =
  | ElementExtractor
  | ({ optional?: boolean | undefined } & (
      { pointer: string } | { header: string } | { cookie: string | { matches: string } }
    ));

const Selector = z.string().min(1).max(500);
const SelectorExtractor = z.strictObject({
  selector: Selector.describe('CSS selector; the first element that it matches counts.'),
  attribute: z.string().min(1).optional().describe("The attribute to take. Absent: the element's text."),
  optional,
});
const PatternExtractor = z.strictObject({
  matches: Pattern.describe('RE2 pattern over the text: its first group, or all that it matches.'),
  optional,
});
export const EachExtractor = z.strictObject({
  each: Selector.describe(
    'CSS selector: each element that it matches becomes an object, as the rows of a table.',
  ),
  get fields() {
    return z
      .record(z.string().min(1).max(256), ElementExtractor)
      .describe('What each object holds; selectors look inside its element.');
  },
  optional,
});

export const ElementExtractor: z.ZodType<ElementExtractor> = z
  .union([SelectorExtractor, PatternExtractor, EachExtractor], {
    error: 'must have exactly one of selector, each, matches',
  })
  .meta({ id: 'ElementExtractor', description: 'A value out of one element of a page.' });

export const Extractor: z.ZodType<Extractor> = z
  .union(
    [
      SelectorExtractor,
      PointerExtractor,
      HeaderExtractor,
      z.strictObject({
        cookie: z
          .union([
            z.string().min(1),
            z.strictObject({ matches: Pattern.describe('RE2 pattern over names of cookies.') }),
          ])
          .describe('A cookie by its name, or by a pattern over names: its value.'),
        optional,
      }),
      PatternExtractor,
      EachExtractor,
    ],
    { error: 'must have exactly one of selector, each, pointer, header, cookie, matches' },
  )
  .meta({ id: 'Extractor', description: 'A value out of an answer: exactly one of these ways.' });

/** Of what templates name. */
export const ValueName = z
  .string()
  .regex(/^[A-Za-z_][\w-]{0,63}$/, 'must be a letter, then letters, digits, "_" or "-"');

export const Extractors = z.record(ValueName, Extractor);
export type Extractors = z.infer<typeof Extractors>;

/**
 * One value, or named ones? An extractor has a text or a flag in it, an object of them has extractors only. The one
 * that has neither is a cookie by pattern, alone: `{"cookie": {"matches": "^sid"}}`.
 */
export function isExtractor(extract: Extractor | Extractors): extract is Extractor {
  const entries = Object.entries(extract as Record<string, unknown>);
  const [[name, value] = []] = entries;
  return (
    entries.some(([, member]) => typeof member !== 'object') ||
    (entries.length === 1 && name === 'cookie' && Object.keys(value as object).join() === 'matches')
  );
}

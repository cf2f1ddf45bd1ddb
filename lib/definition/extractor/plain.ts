/** The extractors that need neither a page nor a pattern: what is taken out of a partner's request, too. */
import * as z from 'zod';
import { HeaderName, Pointer } from '../fields.ts';

export const optional = z
  .boolean()
  .optional()
  .describe('May be absent: a template then names it with "?", as in {{page.csrf?}}.');

export const PointerExtractor = z.strictObject({
  pointer: Pointer.describe('JSON pointer into the answer.'),
  optional,
});
export const HeaderExtractor = z.strictObject({
  header: HeaderName.describe('A header of the answer.'),
  optional,
});

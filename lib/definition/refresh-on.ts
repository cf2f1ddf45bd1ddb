/** Values that change in use (SPEC 5): a nonce in every answer, Transmission's 409 with a new header. */
import * as z from 'zod';
import { Extractors } from './extractor/schema.ts';
import { Predicate } from './predicate/schema.ts';

export const RefreshOn = z
  .strictObject({
    when: z
      .lazy(() => Predicate)
      .describe('An answer that refuses the request and brings what the next one needs.'),
    extract: Extractors.describe('What to take out of that very answer: `{{session.x}}`.'),
  })
  .optional()
  .describe('Values that change in use: renewed from the answer, and the call is sent once more.');
export type RefreshOn = z.infer<typeof RefreshOn>;

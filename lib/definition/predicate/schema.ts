import * as z from 'zod';
import { isPattern } from '../../text/pattern.ts';
import { Pointer } from '../fields.ts';

const Status = z.int().min(100).max(599);

export const Pattern = z.string().min(1).max(1_000).refine(isPattern, 'is not a pattern in RE2 syntax');

export const Match = z
  .strictObject({
    includes: z.string().min(1).optional().describe('Text that must occur in it.'),
    matches: Pattern.optional().describe('RE2 syntax: no backreferences, no lookaround.'),
  })
  .refine((m) => m.includes !== undefined || m.matches !== undefined, 'needs includes or matches');
export type Match = z.infer<typeof Match>;

export interface Predicate {
  status?: number | number[] | undefined;
  location?: Match | undefined;
  text?: Match | undefined;
  json?: { pointer: string; equals: unknown } | undefined;
  cookie?: string | undefined;
  not?: Predicate | undefined;
  any?: Predicate[] | undefined;
  all?: Predicate[] | undefined;
}

/** A statement about an answer; all keys given must hold. */
export const Predicate: z.ZodType<Predicate> = z
  .strictObject({
    status: z
      .union([Status, z.array(Status).min(1)])
      .optional()
      .describe('One of these statuses.'),
    location: Match.optional().describe('The `Location` header of a redirect.'),
    text: Match.optional().describe('The body as text.'),
    json: z
      .strictObject({
        pointer: Pointer.describe('RFC 6901; "" is the whole.'),
        equals: z.json().describe('Any JSON; the order of keys does not count.'),
      })
      .optional()
      .describe('The value at a JSON pointer into the body.'),
    cookie: z.string().min(1).optional().describe('A cookie of this name is set.'),
    get not() {
      return Predicate.optional().describe('Must not hold.');
    },
    get any() {
      return z.array(Predicate).min(1).optional().describe('At least one must hold.');
    },
    get all() {
      return z.array(Predicate).min(1).optional().describe('Each must hold.');
    },
  })
  .refine((p) => Object.values(p).some((v) => v !== undefined), 'needs at least one key')
  .meta({ id: 'Predicate', description: 'A statement about an answer; all keys given must hold.' });

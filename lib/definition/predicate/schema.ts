import * as z from 'zod';
import { isPattern } from '../../text/pattern.ts';
import { Pointer } from '../fields.ts';

const Status = z.int().min(100).max(599);

export const Match = z
  .strictObject({
    includes: z.string().min(1).optional(),
    matches: z
      .string()
      .min(1)
      .max(1_000)
      .refine(isPattern, 'is not a pattern in RE2 syntax')
      .optional()
      .describe('RE2 syntax: no backreferences, no lookaround.'),
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
    status: z.union([Status, z.array(Status).min(1)]).optional(),
    location: Match.optional(),
    text: Match.optional(),
    json: z.strictObject({ pointer: Pointer, equals: z.json() }).optional(),
    cookie: z.string().min(1).optional(),
    get not() {
      return Predicate.optional();
    },
    get any() {
      return z.array(Predicate).min(1).optional();
    },
    get all() {
      return z.array(Predicate).min(1).optional();
    },
  })
  .refine((p) => Object.values(p).some((v) => v !== undefined), 'needs at least one key')
  .meta({ id: 'Predicate' });

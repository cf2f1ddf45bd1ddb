import * as z from 'zod';
import { numberOf } from './documents.ts';

/** A stored count, revision or time, read as a double. Never for money. */
export const StoredNumber = z
  .union([z.number(), z.object({ value: z.string().regex(/^-?\d{1,15}(\.\d+)?([eE][+-]?\d{1,3})?$/) })])
  .transform(numberOf);

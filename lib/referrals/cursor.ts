/** What the cursors of the listings carry. */
import * as z from 'zod';
import { ROSTER_SHARDS } from './keys.ts';

/** `after`: sort key of the last row given; `count`: what the first page counted. */
export const DownlinePosition = z.strictObject({
  after: z.string().regex(/^[123]#\d{16}$/),
  count: z.int().min(0),
});

export const RosterPosition = z.strictObject({
  shard: z
    .int()
    .min(0)
    .max(ROSTER_SHARDS - 1),
  /** Sort key of the last row given. */
  after: z.string().regex(/^\d{16}$/),
});
export type RosterPosition = z.infer<typeof RosterPosition>;

/** Cursors of the listings: opaque to callers, checked when they come back. */
import * as z from 'zod';
import { ROSTER_SHARDS } from './keys.ts';
import { invalidField } from './superiors.ts';

/** `after`: sort key of the last row given; `count`: what the first page counted. */
export const DownlineCursor = z.strictObject({
  after: z.string().regex(/^[123]#\d{16}$/),
  count: z.int().min(0),
});

export const RosterCursor = z.strictObject({
  shard: z
    .int()
    .min(0)
    .max(ROSTER_SHARDS - 1),
  /** Sort key of the last row given. */
  after: z.string().regex(/^\d{16}$/),
});

export const encodeCursor = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @throws GatewayError `VALIDATION_FAILED` naming `cursor`. */
export function decodeCursor<T extends z.ZodType>(schema: T, cursor: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw invalidField('cursor', 'is not a cursor of this list');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalidField('cursor', 'is not a cursor of this list');
  return parsed.data;
}

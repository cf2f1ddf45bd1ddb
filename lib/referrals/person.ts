/**
 * A person: one item per user id, and the truth about him.
 *
 * | state         | means                                                          | leaves by |
 * |---------------|----------------------------------------------------------------|-----------|
 * | (no item)     | nobody has spoken of this id                                   | named as a superior → placeholder; registers or enters → user |
 * | `placeholder` | known only because others stand under it                       | registers or enters → user |
 * | `user`        | has registered or entered; for ever                            | |
 *
 * `superior` is the truth: one edge of the tree. `superiors` (three levels up) is worked out from the edges and
 * always says exactly under whom the downline rows of this person lie; after a change higher up it may be old
 * until the repair has come by (repairs.ts).
 */
import * as z from 'zod';
import type { Item } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { LocalUserId } from './referrals.ts';
import { UidInput } from './uid.ts';
import type { Uid } from './uid.ts';

/** Kept as JSON, so that a caller's 7 does not come back as "7". */
const StoredLocalUserId = z.string().transform((text, context): LocalUserId => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string' || typeof value === 'number') return value;
  } catch {
    // told below
  }
  context.addIssue({ code: 'custom', message: 'is no local user id' });
  return z.NEVER;
});

const Person = z.object({
  uid: UidInput,
  state: z.enum(['placeholder', 'user']),
  /** Counts the writes of this item. */
  rev: StoredNumber,
  superior: UidInput.optional(),
  superiors: z.array(UidInput).max(3),
  /** How often `superior` was set. */
  changes: StoredNumber,
  localUserId: StoredLocalUserId.optional(),
  nickname: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
  /** When URS last told us about him, milliseconds since the epoch. */
  refreshedAt: StoredNumber.optional(),
  /** When URS last came to us with him of its own accord. */
  pushedAt: StoredNumber.optional(),
  /** Who made a user of him: tells whether a write whose answer was lost was ours. */
  enteredBy: z.string().optional(),
});
export type Person = z.output<typeof Person>;

/** @throws GatewayError `STORE_UNAVAILABLE`, not retryable, for an item that is none of ours: nothing is built on it. */
export function readPerson(uid: Uid, item: Item | undefined): Person | undefined {
  if (item === undefined) return undefined;
  const parsed = Person.safeParse(item);
  if (parsed.success && parsed.data.uid === uid) return parsed.data;
  throw new GatewayError('STORE_UNAVAILABLE', `The record of user ${uid} cannot be read.`, {
    retryable: false,
  });
}

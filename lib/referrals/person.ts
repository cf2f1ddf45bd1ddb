/**
 * A person: one item per user id of a service, and the truth about that user.
 *
 * | state         | means                                     | leaves by                                                     |
 * |---------------|-------------------------------------------|---------------------------------------------------------------|
 * | (no item)     | the id was never named                    | named as a superior → placeholder; registers or enters → user |
 * | `placeholder` | known only as a superior of others        | registers or enters → user                                    |
 * | `user`        | has registered or entered; for ever       |                                                               |
 *
 * `superior` is the truth: one edge of the tree. `superiors` (three levels up) is computed from the edges and always
 * names exactly those under whom this person's downline rows lie; after a change higher up it may be out of date
 * until the repair has run (repairs.ts).
 */
import * as z from 'zod';
import { GatewayError } from '../runtime/errors.ts';
import { UserIdInput } from '../text/user-id-input.ts';
import type { UserId } from '../text/user-id.ts';
import type { Item } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';

/** The caller's own id of a user, kept and given back as it came. */
export type LocalUserId = string | number;

/** Kept as JSON, so that a caller's 7 does not come back as "7". */
const StoredLocalUserId = z.string().transform((text, context): LocalUserId => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string' || typeof value === 'number') return value;
  } catch {
    // reported below
  }
  context.addIssue({ code: 'custom', message: 'is not a local user id' });
  return z.NEVER;
});

const Person = z.object({
  uid: UserIdInput,
  state: z.enum(['placeholder', 'user']),
  /** Counts the writes of this item. */
  rev: StoredNumber,
  superior: UserIdInput.optional(),
  superiors: z.array(UserIdInput).max(3),
  /** How often `superior` was set. */
  changes: StoredNumber,
  localUserId: StoredLocalUserId.optional(),
  nickname: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
  /** When the partner last stated the superiors, sent or fetched; milliseconds since the epoch. */
  refreshedAt: StoredNumber.optional(),
  /** When the partner last sent them of its own accord; milliseconds since the epoch. */
  receivedAt: StoredNumber.optional(),
  /** Time of the latest `register` that stated `superior`, by the partner's clock; seconds since the epoch. */
  statedAt: StoredNumber.optional(),
  /** Token of the claim that made this person a user: shows whether a write whose answer was lost was ours. */
  enteredBy: z.string().optional(),
});
export type Person = z.output<typeof Person>;

/** @throws GatewayError `STORE_UNAVAILABLE`, not retryable, for an unreadable item: nothing is built on it. */
export function readPerson(uid: UserId, item: Item | undefined): Person | undefined {
  if (item === undefined) return undefined;
  const parsed = Person.safeParse(item);
  if (parsed.success && parsed.data.uid === uid) return parsed.data;
  throw new GatewayError('STORE_UNAVAILABLE', `The record of user ${uid} cannot be read.`, {
    retryable: false,
  });
}

/** An event as it stands in the table. */
import * as z from 'zod';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Item } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { ALERT_SEVERITIES } from '../watch/alerts/alerts.ts';
import { EVENT_TYPES } from './event.ts';
import type { BusinessEvent } from './event.ts';
import { eventIndex, eventKey } from './keys.ts';

/** How long an event is kept, seconds: so long it can be told again, and is known. */
export const KEEP_SECONDS = 30 * 24 * 3_600;

export const expiryOf = (at: string): number => Math.ceil(Date.parse(at) / 1_000) + KEEP_SECONDS;

/** So long its item shows whether it was told. @param now milliseconds since the epoch */
export const isKept = ({ at }: { at: string }, now: number): boolean => expiryOf(at) * 1_000 > now;

export const StoredOrder = z.object({
  account: z.string(),
  sequence: StoredNumber,
  after: z.object({ id: z.string(), at: z.string(), service: z.string() }).optional(),
});
const Ids = z.array(z.string());
const StoredEvent = z.object({
  id: z.string(),
  type: z.enum(EVENT_TYPES),
  at: z.string(),
  service: z.string().optional(),
  severity: z.enum(ALERT_SEVERITIES).optional(),
  recipients: z.union([z.object({ only: Ids }), z.object({ except: Ids })]).optional(),
  dataText: z.string(),
  order: StoredOrder.optional(),
});

export const eventItem = (event: BusinessEvent): Item => ({
  ...eventKey(event.id),
  ...eventIndex(event.at, event.id),
  ...event,
  expiresAt: expiryOf(event.at),
});

/** `undefined` for an item that cannot be read. */
export function readEvent(item: Item): BusinessEvent | undefined {
  const { success, data } = StoredEvent.safeParse(item);
  if (!success) return undefined;
  const { order } = data;
  return omitUndefined({ ...data, order: order && omitUndefined(order) });
}

/** Items of deliveries, and the writes between their states (delivery.ts). */
import * as z from 'zod';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Expression, Item } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { DELIVERY_STATES } from './delivery.ts';
import type { Attempt, Delivery } from './delivery.ts';
import { EVENT_TYPES } from './event.ts';
import type { BusinessEvent } from './event.ts';
import { StoredOrder, expiryOf } from './event-item.ts';
import { deliveryKey, dueIndex } from './keys.ts';

const Stored = z.object({
  id: z.string(),
  subscription: z.string(),
  type: z.enum(EVENT_TYPES),
  at: z.string(),
  service: z.string().optional(),
  order: StoredOrder.optional(),
  state: z.enum(DELIVERY_STATES),
  version: StoredNumber,
  attempts: StoredNumber,
  round: z.string().optional(),
  dueAt: z.string().optional(),
  last: z
    .object({
      at: z.string(),
      durationMs: StoredNumber,
      status: StoredNumber.optional(),
      error: z.string().optional(),
    })
    .optional(),
});

/** `undefined` for an item that cannot be read: nothing can be sent by it. */
export function readDelivery(item: Item): Delivery | undefined {
  const { success, data } = Stored.safeParse(item);
  if (!success) return undefined;
  const { order, last } = data;
  return omitUndefined({
    ...data,
    order: order && omitUndefined(order),
    last: last && omitUndefined(last),
  });
}

/** `add`: a put, where there is none. @param round the replay that makes it, where one does */
export function added(subscription: string, event: BusinessEvent, now: number, round?: string): Item {
  const { id, type, at, service, order } = event;
  const dueAt = new Date(now).toISOString();
  const delivery: Delivery = omitUndefined({
    id,
    subscription,
    type,
    at,
    service,
    order,
    state: 'pending' as const,
    version: 1,
    attempts: 0,
    round,
    dueAt,
  });
  return {
    ...deliveryKey(subscription, event),
    ...dueIndex(subscription, id, dueAt),
    ...delivery,
    // By when it is told, not by when it happened: what is replayed is kept as long.
    expiresAt: expiryOf(dueAt),
  };
}

export interface Update {
  update: string;
  expression: Expression;
}

/** `succeed` and the end of `fail`: no longer due. */
export function ended(delivery: Delivery, state: 'delivered' | 'dead', last: Attempt): Update {
  return changed(delivery, { state, last, attempts: delivery.attempts + 1 }, ['dueAt', 'gsi1pk', 'gsi1sk']);
}

/** `fail`: due again at `due`, milliseconds since the epoch. `putOff`: the same, and not counted as a try. */
export function putOff(delivery: Delivery, due: number, last: Attempt, isCounted: boolean): Update {
  const dueAt = new Date(due).toISOString();
  const { gsi1sk } = dueIndex(delivery.subscription, delivery.id, dueAt);
  const attempts = delivery.attempts + (isCounted ? 1 : 0);
  return changed(delivery, { last, attempts, dueAt, gsi1sk });
}

/** `replay`: due now, in a new round. */
export function replayed(delivery: Delivery, now: number, round: string): Update {
  const dueAt = new Date(now).toISOString();
  const index = dueIndex(delivery.subscription, delivery.id, dueAt);
  return changed(delivery, {
    state: 'pending',
    attempts: 0,
    round,
    dueAt,
    ...index,
    expiresAt: expiryOf(dueAt),
  });
}

function changed(
  { version }: Delivery,
  fields: Record<string, unknown>,
  removed: readonly string[] = [],
): Update {
  const set = { ...fields, version: version + 1 };
  const names = Object.keys(set);
  return {
    update:
      `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}` +
      (removed.length === 0 ? '' : ` REMOVE ${removed.join(', ')}`),
    expression: {
      condition: '#version = :read',
      names: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      values: { ...Object.fromEntries(Object.entries(set).map(([n, v]) => [`:${n}`, v])), ':read': version },
    },
  };
}

/**
 * Keys of the `events` table; docs/builders/events.md has the access patterns. A recipient is a subscription
 * or a channel; of a delivery it is called its subscription, as before there were channels.
 *
 * | item         | pk                                     | sk        | index `byTime`                                               |
 * |--------------|----------------------------------------|-----------|--------------------------------------------------------------|
 * | event        | `EVENT#{id}`                           | `EVENT`   | `EVENTS#{day}#{shard}`, `{at}#{id}`                          |
 * | recipient    | `SUBSCRIPTIONS`                        | `{id}`    |                                                              |
 * | delivery     | `DELIVERIES#{subscription}#{shard}`    | `{at}#{event}` | while it is pending: `DUE#{subscription}#{shard}`, `{dueAt}#{event}` |
 */
import type { Key } from '../vendors/dynamodb/documents.ts';
import { shardOf, timeSort } from '../watch/records/sources.ts';

const EVENT = 'EVENT#';
/** Named when there were subscriptions alone. */
export const RECIPIENTS = 'SUBSCRIPTIONS';
export const INDEX = 'byTime';

export const eventKey = (id: string): Key => ({ pk: `${EVENT}${id}`, sk: 'EVENT' });
/** @param day `2026-11-21` */
export const dayPartition = (day: string, shard: number): string => `EVENTS#${day}#${shard}`;
export const eventIndex = (at: string, id: string): Key => ({
  gsi1pk: dayPartition(at.slice(0, 10), shardOf(id)),
  gsi1sk: timeSort(at, id),
});

export const recipientKey = (id: string): Key => ({ pk: RECIPIENTS, sk: id });

export const deliveriesPartition = (subscription: string, shard: number): string =>
  `DELIVERIES#${subscription}#${shard}`;
export const deliveryKey = (subscription: string, event: { id: string; at: string }): Key => ({
  pk: deliveriesPartition(subscription, shardOf(event.id)),
  sk: timeSort(event.at, event.id),
});

export const duePartition = (subscription: string, shard: number): string => `DUE#${subscription}#${shard}`;
export const dueIndex = (subscription: string, event: string, dueAt: string): Key => ({
  gsi1pk: duePartition(subscription, shardOf(event)),
  gsi1sk: timeSort(dueAt, event),
});

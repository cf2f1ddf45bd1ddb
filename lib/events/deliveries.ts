/** Deliveries of events in the table: who is to be told of what, when, and what came of it. */
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Cursors } from '../text/cursors.ts';
import { conditionHeld } from '../vendors/dynamodb/condition-held.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { mergedItems, queryItems } from '../vendors/dynamodb/query-items.ts';
import { RecordPosition, equals, searchRecords } from '../watch/records/search.ts';
import type { ListQuery } from '../watch/records/search.ts';
import { shardedPartitions } from '../watch/records/sources.ts';
import type { Attempt, Delivery, DeliveryState } from './delivery.ts';
import { added, ended, putOff, readDelivery, replayed } from './delivery-writes.ts';
import type { Update } from './delivery-writes.ts';
import type { BusinessEvent } from './event.ts';
import { KEEP_SECONDS, readEvent } from './event-item.ts';
import { INDEX, deliveriesPartition, deliveryKey, duePartition, eventKey } from './keys.ts';

export interface Deliveries {
  /** Makes a delivery, due now. @returns false where there was one. */
  add(subscription: string, event: BusinessEvent): Promise<boolean>;
  /**
   * Makes it due now, whatever it had come to; makes it where there is none. Once in a round, however often it is asked.
   * @param round names the replay
   * @param found as it was read a moment ago; `undefined`: there was none
   */
  replay(
    subscription: string,
    event: BusinessEvent,
    round: string,
    found: Delivery | undefined,
  ): Promise<void>;
  /** `undefined`: none was made, or it has expired. */
  find(subscription: string, event: { id: string; at: string }): Promise<Delivery | undefined>;
  /** Of these events, by their ids. */
  findAll(subscription: string, events: readonly BusinessEvent[]): Promise<Map<string, Delivery>>;
  /** What there is, whatever its state, by when it happened, the earliest first. @param after a sort key (keys.ts) */
  all(subscription: string, after: string): AsyncGenerator<Delivery>;
  /** Pending ones, the earliest due first, of each part of the subscription; the same may be read as it was a moment ago. */
  pending(subscription: string, limit?: number): AsyncGenerator<Delivery>;
  /** Is one due? */
  isDue(subscription: string): Promise<boolean>;
  /** Events by their ids; those that have expired, or cannot be read, are left out. */
  events(ids: readonly string[]): Promise<BusinessEvent[]>;
  succeeded(delivery: Delivery, attempt: Attempt): Promise<void>;
  /** @param dueAt milliseconds since the epoch; `undefined`: it is dead. */
  failed(delivery: Delivery, attempt: Attempt, dueAt: number | undefined): Promise<void>;
  /** Due again, without having been tried. */
  putOff(delivery: Delivery, attempt: Attempt, dueAt: number): Promise<void>;
  /** Newest first. `VALIDATION_FAILED` for an invalid cursor or time. */
  search(
    subscription: string,
    query: ListQuery & { state?: DeliveryState },
  ): Promise<{ items: Delivery[]; cursor?: string }>;
}

export interface DeliveriesOptions {
  documents: Documents;
  /** The `events` table. */
  table: string;
  cursors: Cursors;
  clock: Clock;
}

export function createDeliveries({ documents, table, cursors, clock }: DeliveriesOptions): Deliveries {
  const find: Deliveries['find'] = async (subscription, event) => {
    const item = await documents.get(table, deliveryKey(subscription, event), { consistent: true });
    return item && readDelivery(item);
  };

  /** @returns false where there was one. */
  async function make(subscription: string, event: BusinessEvent, round?: string): Promise<boolean> {
    const item = added(subscription, event, clock.now(), round);
    return conditionHeld(documents.put(table, item, { condition: 'attribute_not_exists(pk)' }));
  }

  /** @returns false where somebody else has changed it meanwhile: what they decided stands. */
  async function write(delivery: Delivery, { update, expression }: Update): Promise<boolean> {
    const key = deliveryKey(delivery.subscription, delivery);
    return conditionHeld(documents.update(table, key, update, expression));
  }

  const pendingIn = (partition: string, limit?: number, before?: string) =>
    queryItems(
      documents,
      omitUndefined({
        table,
        index: INDEX,
        where: before === undefined ? 'gsi1pk = :due' : 'gsi1pk = :due AND gsi1sk < :before',
        values: { ':due': partition, ...(before === undefined ? {} : { ':before': before }) },
        limit,
      }),
    );
  const dueParts = (subscription: string) =>
    shardedPartitions((shard) => duePartition(subscription, shard)).map(({ partition }) => partition);

  return {
    add: (subscription, event) => make(subscription, event),
    find,

    async findAll(subscription, events) {
      const keys = events.map((event) => deliveryKey(subscription, event));
      const items = await documents.batchGet(table, keys, { consistent: true });
      const found = items.flatMap((item) => readDelivery(item) ?? []);
      return new Map(found.map((delivery) => [delivery.id, delivery]));
    },

    async replay(subscription, event, round, read) {
      // Made, expired or changed since it was read: once more.
      for (let found = read; ; found = await find(subscription, event)) {
        if (found?.round === round) return;
        const isDue = found
          ? await write(found, replayed(found, clock.now(), round))
          : await make(subscription, event, round);
        if (isDue) return;
      }
    },

    async *all(subscription, after) {
      const parts = shardedPartitions((shard) => deliveriesPartition(subscription, shard));
      const queries = parts.map(({ partition }) => ({
        table,
        where: 'pk = :part AND sk > :after',
        values: { ':part': partition, ':after': after },
      }));
      for await (const item of mergedItems(documents, queries, 'sk')) {
        const delivery = readDelivery(item);
        if (delivery) yield delivery;
      }
    },

    async *pending(subscription, limit) {
      for (const part of dueParts(subscription)) {
        let count = 0;
        for await (const item of pendingIn(part, limit)) {
          const delivery = readDelivery(item);
          if (delivery) yield delivery;
          if (limit !== undefined && (count += 1) >= limit) break;
        }
      }
    },

    async isDue(subscription) {
      const before = `${new Date(clock.now()).toISOString()}~`;
      const firsts = await Promise.all(
        dueParts(subscription).map((part) => pendingIn(part, 1, before).next()),
      );
      return firsts.some(({ done }) => done !== true);
    },

    async events(ids) {
      const items = await documents.batchGet(table, [...new Set(ids)].map(eventKey), { consistent: true });
      return items.flatMap((item) => readEvent(item) ?? []);
    },

    succeeded: async (delivery, attempt) =>
      void (await write(delivery, ended(delivery, 'delivered', attempt))),

    failed: async (delivery, attempt, dueAt) =>
      void (await write(
        delivery,
        dueAt === undefined ? ended(delivery, 'dead', attempt) : putOff(delivery, dueAt, attempt, true),
      )),

    putOff: async (delivery, attempt, dueAt) =>
      void (await write(delivery, putOff(delivery, dueAt, attempt, false))),

    async search(subscription, { state, ...range }) {
      const { items, cursor } = await searchRecords(documents, {
        table,
        cursors: cursors.of(`deliveries ${subscription}`, RecordPosition),
        sources: shardedPartitions((shard) => deliveriesPartition(subscription, shard)),
        keepMs: KEEP_SECONDS * 1_000,
        now: clock.now(),
        range,
        tests: [equals('state', state)],
      });
      return omitUndefined({ items: items.flatMap((item: Item) => readDelivery(item) ?? []), cursor });
    },
  };
}

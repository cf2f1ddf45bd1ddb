/** Which events a replay tells again, in steps: it can stop behind each, and go on there. */
import { chunks } from '../runtime/chunks.ts';
import type { Clock } from '../runtime/clock.ts';
import { invalid } from '../runtime/field-errors.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { mergedItems } from '../vendors/dynamodb/query-items.ts';
import { shardedSources, timeSort } from '../watch/records/sources.ts';
import type { Deliveries } from './deliveries.ts';
import type { Delivery } from './delivery.ts';
import type { BusinessEvent } from './event.ts';
import { KEEP_SECONDS, readEvent } from './event-item.ts';
import { INDEX, dayPartition } from './keys.ts';
import { selects } from './selection.ts';
import type { SubscriptionInfo } from './subscription.ts';

/** Of `deliveries` the ids; `failed`: dead ones, and those that wait after a try that failed. */
export type Selection = { since: string } | { deliveries: readonly string[] } | { failed: true };

export interface SelectionDeps {
  documents: Documents;
  /** The `events` table. */
  table: string;
  deliveries: Deliveries;
  clock: Clock;
}

/** `events`, the earliest first; behind them it goes on after `end`, a sort key. */
export interface Step {
  events: BusinessEvent[];
  end: string;
}

/** Read before they are written: so much is begun anew, at most, where a request ends in between. */
const STEP = 200;
const DAY_MS = 24 * 3_600_000;

/** @param round only what happened before it began; @param after a sort key: only what comes behind it. */
export function chosenEvents(
  subscription: SubscriptionInfo,
  selection: Selection,
  { round, after }: { round: string; after: string },
  deps: SelectionDeps,
): AsyncGenerator<Step> {
  if ('since' in selection) return eventsSince(subscription, selection.since, { round, after }, deps);
  if ('failed' in selection) return failedOf(subscription.id, { round, after }, deps);
  return namedEvents(selection.deliveries, deps);
}

/** So few that they are one step. */
async function* namedEvents(ids: readonly string[], { deliveries }: SelectionDeps): AsyncGenerator<Step> {
  const events = await deliveries.events(ids);
  const known = new Set(events.map(({ id }) => id));
  const missing = ids.findIndex((id) => !known.has(id));
  if (missing >= 0) throw invalid(`deliveries.${missing}`, 'is no event that is still kept');
  const step = inOrder(events);
  yield { events: step, end: sortOf(step.at(-1)!) };
}

/** Every delivery is read: one that has failed stands where its event happened. */
async function* failedOf(
  subscription: string,
  { round, after }: { round: string; after: string },
  { deliveries }: SelectionDeps,
): AsyncGenerator<Step> {
  const before = until(deliveries.all(subscription, after), sortOf, round);
  for await (const step of chunks(before, STEP)) {
    const ids = step
      .filter((delivery) => hasFailed(delivery) || delivery.round === round)
      .map(({ id }) => id);
    const events = ids.length === 0 ? [] : inOrder(await deliveries.events(ids));
    yield { events, end: sortOf(step.at(-1)!) };
  }
}

const hasFailed = ({ state, attempts }: Delivery) =>
  state === 'dead' || (state === 'pending' && attempts > 0);

async function* eventsSince(
  subscription: SubscriptionInfo,
  since: string,
  { round, after }: { round: string; after: string },
  { documents, table }: SelectionDeps,
): AsyncGenerator<Step> {
  const to = Date.parse(round);
  const from = Math.max(Date.parse(since), to - KEEP_SECONDS * 1_000);
  if (Number.isNaN(from)) throw invalid('since', 'is not a time');
  const start = after === '' ? new Date(from).toISOString() : after;
  const sort = (item: Item) => String(item['gsi1sk']);
  async function* items(): AsyncGenerator<Item> {
    for (const day of daysBetween(Date.parse(start.slice(0, 24)), to)) {
      const queries = shardedSources((shard) => dayPartition(day, shard)).map(({ partition }) => ({
        table,
        index: INDEX,
        where: 'gsi1pk = :day AND gsi1sk > :after',
        values: { ':day': partition, ':after': start },
      }));
      yield* mergedItems(documents, queries, 'gsi1sk');
    }
  }
  for await (const step of chunks(until(items(), sort, round), STEP)) {
    const events = step.flatMap((item) => readEvent(item) ?? []);
    yield { events: events.filter((event) => selects(subscription, event)), end: sort(step.at(-1)!) };
  }
}

/** What comes before a sort key. */
async function* until<T>(list: AsyncGenerator<T>, sort: (one: T) => string, end: string) {
  for await (const one of list) {
    if (sort(one) >= end) return;
    yield one;
  }
}

const sortOf = ({ at, id }: { at: string; id: string }) => timeSort(at, id);
const inOrder = (events: BusinessEvent[]) => events.toSorted((a, b) => (sortOf(a) < sortOf(b) ? -1 : 1));

/** `2026-11-21`, in UTC, both ends included. */
function daysBetween(from: number, to: number): string[] {
  const days = Math.floor(to / DAY_MS) - Math.floor(from / DAY_MS);
  return Array.from({ length: days + 1 }, (_, day) =>
    new Date((Math.floor(from / DAY_MS) + day) * DAY_MS).toISOString().slice(0, 10),
  );
}

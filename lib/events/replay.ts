/** Telling again: what failed, some deliveries, or everything since a time. */
import pMap from 'p-map';
import { invalid } from '../runtime/field-errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Documents } from '../vendors/dynamodb/documents.ts';
import { queryItems } from '../vendors/dynamodb/query-items.ts';
import { shardedSources } from '../watch/records/sources.ts';
import type { Deliveries } from './deliveries.ts';
import type { BusinessEvent } from './event.ts';
import { KEEP_SECONDS, readEvent } from './event-item.ts';
import { INDEX, dayPartition } from './keys.ts';
import { selects } from './selection.ts';
import type { SubscriptionInfo } from './subscription.ts';

/** Which: of `deliveries` the ids; `failed`: dead ones, and those that wait after a try that failed. */
export type ReplayInput = { since: string } | { deliveries: readonly string[] } | { failed: true };

export interface ReplayDeps {
  documents: Documents;
  /** The `events` table. */
  table: string;
  deliveries: Deliveries;
  clock: Clock;
}

/** In one request: it is done within it. */
const MOST = 10_000;
const AT_ONCE = 25;
const DAY_MS = 24 * 3_600_000;

/**
 * Makes them due now, each in a new round. @returns how many. `VALIDATION_FAILED`: more than 10,000, ids that there are not,
 * or no time.
 */
export async function replay(
  subscription: SubscriptionInfo,
  input: ReplayInput,
  deps: ReplayDeps,
): Promise<number> {
  const events = await chosen(subscription, input, deps);
  await pMap(events, (event) => deps.deliveries.replay(subscription.id, event), { concurrency: AT_ONCE });
  return events.length;
}

async function chosen(
  subscription: SubscriptionInfo,
  input: ReplayInput,
  deps: ReplayDeps,
): Promise<BusinessEvent[]> {
  if ('since' in input) return eventsSince(subscription, input.since, deps);
  const { deliveries } = deps;
  if ('failed' in input) return deliveries.events(await failedOf(subscription.id, deps));
  const events = await deliveries.events(input.deliveries);
  const known = new Set(events.map(({ id }) => id));
  const missing = input.deliveries.findIndex((id) => !known.has(id));
  if (missing >= 0) throw invalid(`deliveries.${missing}`, 'is no event that is still kept');
  return events;
}

async function failedOf(subscription: string, { deliveries }: ReplayDeps): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id, attempts } of deliveries.pending(subscription)) if (attempts > 0) ids.push(id);
  let cursor: string | undefined;
  do {
    const page = await deliveries.search(subscription, {
      state: 'dead',
      limit: 500,
      ...(cursor === undefined ? {} : { cursor }),
    });
    ids.push(...page.items.map(({ id }) => id));
    if (ids.length > MOST) throw invalid('failed', `are more than ${MOST}: replay them by their ids`);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return [...new Set(ids)];
}

/** Oldest first, by the day. */
async function eventsSince(
  subscription: SubscriptionInfo,
  since: string,
  { documents, table, clock }: ReplayDeps,
): Promise<BusinessEvent[]> {
  const now = clock.now();
  const from = Math.max(Date.parse(since), now - KEEP_SECONDS * 1_000);
  if (Number.isNaN(from)) throw invalid('since', 'is not a time');
  const found: BusinessEvent[] = [];
  for (const day of daysBetween(from, now)) {
    for (const { partition } of shardedSources((shard) => dayPartition(day, shard))) {
      const items = queryItems(documents, {
        table,
        index: INDEX,
        where: 'gsi1pk = :day AND gsi1sk >= :from',
        values: { ':day': partition, ':from': new Date(from).toISOString() },
      });
      for await (const item of items) {
        const event = readEvent(item);
        if (event && selects(subscription, event)) found.push(event);
        if (found.length > MOST)
          throw invalid('since', `covers more than ${MOST} events: choose a later time`);
      }
    }
  }
  return found;
}

/** `2026-11-21`, in UTC, both ends included. */
function daysBetween(from: number, to: number): string[] {
  const days = Math.floor(to / DAY_MS) - Math.floor(from / DAY_MS);
  return Array.from({ length: days + 1 }, (_, day) =>
    new Date((Math.floor(from / DAY_MS) + day) * DAY_MS).toISOString().slice(0, 10),
  );
}

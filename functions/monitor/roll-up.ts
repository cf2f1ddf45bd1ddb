import pMap from 'p-map';
import { eventsByMinute } from '../../lib/events/events-by-minute.ts';
import { callsByMinute } from '../../lib/calls/log/calls-in-time.ts';
import { loginsByMinute } from '../../lib/platforms/login/logins-by-minute.ts';
import type { Documents } from '../../lib/vendors/dynamodb/documents.ts';
import { emptyMinute, seenOf } from '../../lib/watch/metrics/minute.ts';
import type { Minute, Minutes } from '../../lib/watch/metrics/minute.ts';
import type { MetricsStore } from '../../lib/watch/metrics/store.ts';

export interface RollUpDeps {
  documents: Documents;
  /** The `records` table. */
  table: string;
  eventsTable: string;
  metrics: MetricsStore;
}

/** Services read at the same time, each from five partitions. */
const AT_ONCE = 8;

/**
 * Counts minutes of services from what every call, login and event has left, and keeps what has become more. Whoever
 * does it, and however often, it comes to the same.
 * @returns the minutes in which there was anything.
 */
export async function rollUp(
  services: readonly string[],
  minutes: Minutes,
  deps: RollUpDeps,
): Promise<Minute[]> {
  const events = await eventsByMinute(deps, minutes);
  const each = await pMap(
    services,
    async (service) => {
      const [calls, logins] = await Promise.all([
        callsByMinute(deps, service, minutes),
        loginsByMinute(deps, service, minutes),
      ]);
      const told = events.get(service);
      const times = new Set([...calls.keys(), ...logins.keys(), ...(told?.keys() ?? [])]);
      const found = [...times].map((minute) => ({
        ...emptyMinute(service, minute),
        ...calls.get(minute),
        ...logins.get(minute),
        ...told?.get(minute),
      }));
      await keepMore(service, found, minutes, deps.metrics);
      return found;
    },
    { concurrency: AT_ONCE },
  );
  return each.flat();
}

/** A minute that is known as it is costs no write. */
async function keepMore(
  service: string,
  found: Minute[],
  minutes: Minutes,
  metrics: MetricsStore,
): Promise<void> {
  if (found.length === 0) return;
  const known = new Map<number, number>();
  for await (const minute of metrics.minutes(service, minutes)) known.set(minute.minute, seenOf(minute));
  const more = found.filter((minute) => seenOf(minute) > (known.get(minute.minute) ?? 0));
  await Promise.all(more.map((minute) => metrics.put(minute)));
}

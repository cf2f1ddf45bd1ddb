/** What a load sets off every second. */
import * as fact from './facts.ts';
import type { Load } from './load.ts';

export interface Rates {
  calls: number;
  webhooks: number;
  queued: number;
  keepalives: number;
  /** Batches of the ledger's stream, of the events' stream, and of the ledger's for `settle`. */
  ledgerBatches: number;
  eventBatches: number;
  settleBatches: number;
  deliveries: number;
  /** Runs that deliver, and how many of them there are at a time. */
  deliveryRuns: number;
  deliveriesRunning: number;
  /** Function processes that are alive: each reads keys, definitions and credentials again by itself. */
  processes: number;
}

export function ratesOf(load: Load): Rates {
  const { callsPerSecond: calls, webhooksPerSecond: webhooks, subscriptions } = load;
  const queued = webhooks * load.queuedShare;
  const eventBatches = batches(webhooks);
  return {
    calls,
    webhooks,
    queued,
    keepalives: load.sessions / 300,
    ledgerBatches: batches(webhooks * fact.STREAM_RECORDS),
    eventBatches,
    settleBatches: batches(queued),
    deliveries: webhooks * subscriptions,
    ...deliveryRuns(webhooks, eventBatches, subscriptions),
    processes: (calls * load.callMs + webhooks * load.webhookMs) / 1_000,
  };
}

/** Few records come one by one; many as often as Lambda asks, until batches are full. */
const batches = (records: number): number =>
  Math.max(Math.min(records, fact.STREAM_SHARDS * fact.POLLS_PER_SECOND), records / fact.BATCH_SIZE);

/** A subscription has one run at a time, which stays a moment; where events come more often it never ends. */
function deliveryRuns(events: number, woken: number, subscriptions: number) {
  const busyS = (fact.SUBSCRIBER_MS + fact.RUN_STAYS_MS) / 1_000;
  const running = Math.min(1, woken * busyS);
  // The time that a function has, or until nothing has woken it for as long as it stays.
  const longestS = 115;
  const perSecond = events === 0 ? 0 : Math.max(running / longestS, woken * Math.exp(-woken * busyS));
  return { deliveryRuns: subscriptions * perSecond, deliveriesRunning: subscriptions * running };
}

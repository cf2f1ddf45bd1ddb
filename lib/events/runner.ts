/** Sends what is due to one subscriber. One that is slow holds up nobody but itself: each has a run of its own. */
import pMap from 'p-map';
import { remaining } from '../runtime/clock.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Transport } from '../vendors/http/transport.ts';
import type { Alerts } from '../watch/alerts/alerts.ts';
import { dueAtOf, heldUntil, nextWork } from './chains.ts';
import type { Deliveries } from './deliveries.ts';
import { dueAfterFailure } from './delivery.ts';
import type { Delivery } from './delivery.ts';
import type { BusinessEvent } from './event.ts';
import { createHealth } from './health.ts';
import { insist } from '../vendors/dynamodb/insist.ts';
import type { Leases } from './lease.ts';
import { SEND_MS, send } from './send.ts';
import type { Subscription } from './subscription.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface RunnerDeps {
  subscriptions: Pick<Subscriptions, 'secretsOf' | 'disable' | 'noteFailing'>;
  deliveries: Deliveries;
  leases: Leases;
  transport: Pick<Transport, 'send'>;
  alerts: Alerts;
  clock: Clock;
  random: Random;
}

/** What a run came to. `busy`: another one is at work, or there is nothing to run. `more`: its time was up first. */
export type RunEnd = 'done' | 'busy' | 'more';

/** Requests to one subscriber at the same time. */
const AT_ONCE = 10;
/** A run waits this long for a delivery that becomes due: the first two retries. Later ones are `monitor`'s, milliseconds. */
const PATIENCE_MS = 35_000;
/** While it waits it looks this often for new ones; and it looks once more before it ends, as the index may lag. */
const LOOK_EVERY_MS = 1_000;
/** A lease is renewed when it is this old, milliseconds. */
const RENEW_MS = 15_000;
/** Kept for writing down what came of the last request, milliseconds. */
const MARGIN_MS = 2_000;

/** Waits for a store that is away, as long as there is time; then it rejects. What was not written down is sent again. */
export async function deliverDue(id: string, deadline: Deadline, deps: RunnerDeps): Promise<RunEnd> {
  const { leases, random, clock } = deps;
  const owner = random.uuid();
  const subscription = await insist(() => leases.acquire(id, owner), clock, deadline.at);
  if (!subscription) {
    await leases.ring(id);
    return 'busy';
  }
  try {
    return await run(subscription, owner, deadline, deps);
  } catch (error) {
    await leases.drop(id, owner).catch(() => undefined);
    throw error;
  }
}

async function run(
  acquired: Subscription,
  owner: string,
  deadline: Deadline,
  deps: RunnerDeps,
): Promise<RunEnd> {
  const { clock, leases, deliveries } = deps;
  const patiently = <T>(ask: () => Promise<T>): Promise<T> => insist(ask, clock, deadline.at);
  const { id } = acquired;
  let subscription = acquired;
  let renewedAt = clock.now();
  let isOurs = true;
  let isQuiet = false;
  /** What this run has written, by the version it then had. */
  const written = new Map<string, number>();
  const held = new Map<string, number>();
  const health = createHealth(acquired, deps);

  /** May another request begin? */
  const goesOn = async (): Promise<boolean> => {
    if (!isOurs || !subscription.enabled || health.isDisabled()) return false;
    if (remaining(deadline, clock) < SEND_MS + MARGIN_MS) return false;
    if (clock.now() - renewedAt > RENEW_MS) await renew();
    return isOurs && subscription.enabled;
  };
  const renew = async () => {
    renewedAt = clock.now();
    const read = await patiently(() => leases.renew(id, owner));
    if (read) subscription = read;
    else isOurs = false;
  };
  /** @returns false where somebody has rung since the last look. */
  const leave = () => patiently(() => leases.release(subscription, owner));
  const handOn = async (): Promise<RunEnd> => {
    await patiently(() => leases.drop(id, owner));
    return 'more';
  };

  for (;;) {
    await renew();
    if (!isOurs) return 'busy';
    if (!subscription.enabled || health.isDisabled()) {
      if (await leave()) return 'done';
      continue;
    }
    const secrets = await patiently(() => deps.subscriptions.secretsOf(subscription));
    if (!secrets) {
      await health.unreadable();
      await leases.drop(id, owner);
      return 'done';
    }
    const isKnown = ({ id: event, version }: Delivery) => (written.get(event) ?? 0) >= version;
    const { chains, nextAt } = await patiently(() => nextWork(subscription, isKnown, deps));
    const free = chains.filter(([first]) => (held.get(first!.order?.account ?? '') ?? 0) <= clock.now());
    if (free.length > 0) {
      isQuiet = false;
      const events = await eventsOf(free.flat());
      await pMap(free, (chain) => sendChain(chain, events, secrets), { concurrency: AT_ONCE });
      if (isOurs && remaining(deadline, clock) >= SEND_MS + MARGIN_MS) continue;
      return handOn();
    }
    const wakeAt = Math.min(nextAt, ...held.values().filter((at) => at > clock.now()));
    const last = deadline.at - SEND_MS - MARGIN_MS;
    const isWorthWaiting = wakeAt - clock.now() <= PATIENCE_MS && wakeAt < last;
    if (!isWorthWaiting && isQuiet) {
      if (await leave()) return 'done';
      isQuiet = false;
      continue;
    }
    if (clock.now() + LOOK_EVERY_MS > last) return (await leave()) ? 'done' : handOn();
    isQuiet = true;
    await clock.sleep(Math.max(1, Math.min(LOOK_EVERY_MS, wakeAt - clock.now())));
  }

  async function eventsOf(batch: Delivery[]): Promise<Map<string, BusinessEvent>> {
    const events = await patiently(() => deliveries.events(batch.map((delivery) => delivery.id)));
    return new Map(events.map((event) => [event.id, event]));
  }

  async function sendChain(
    chain: Delivery[],
    events: Map<string, BusinessEvent>,
    secrets: string[],
  ): Promise<void> {
    let before: string | undefined;
    for (const delivery of chain) {
      const { order } = delivery;
      if (dueAtOf(delivery) > clock.now() || !(await goesOn())) return;
      if (subscription.ordered && order && order.after?.id !== before) {
        const until = await patiently(() => heldUntil(subscription, delivery, deps));
        if (until !== undefined) return void held.set(order.account, until);
      }
      if (!(await deliver(delivery, events.get(delivery.id), secrets))) return;
      before = delivery.id;
    }
  }

  /** @returns whether the delivery has ended. */
  async function deliver(
    delivery: Delivery,
    event: BusinessEvent | undefined,
    secrets: string[],
  ): Promise<boolean> {
    written.set(delivery.id, delivery.version);
    if (!event) {
      // It has expired meanwhile, or somebody has changed it by hand.
      const at = new Date(clock.now()).toISOString();
      const lost = { at, durationMs: 0, error: 'EVENT_LOST' };
      await patiently(() => deliveries.failed(delivery, lost, undefined));
      return true;
    }
    const { succeeded, askedMs, ...attempt } = await send(
      { url: subscription.url, secrets },
      event,
      { at: deadline.at - MARGIN_MS },
      deps,
    );
    if (succeeded) {
      await patiently(() => deliveries.succeeded(delivery, attempt));
      await patiently(() => health.succeeded());
      return true;
    }
    const dueAt = dueAfterFailure(delivery.attempts + 1, clock.now(), askedMs);
    await patiently(() => deliveries.failed(delivery, attempt, dueAt));
    await patiently(() => health.failed(attempt));
    return dueAt === undefined;
  }
}

/** Sends what is due to one recipient. One that is slow holds up nobody but itself: each has a run of its own. */
import pMap from 'p-map';
import { remaining } from '../runtime/clock.ts';
import type { Clock, Deadline } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { dueAtOf, heldUntil, nextWork } from './chains.ts';
import type { Deliveries } from './deliveries.ts';
import { dueAfterBusy, dueAfterFailure } from './delivery.ts';
import type { Delivery } from './delivery.ts';
import type { BusinessEvent } from './event.ts';
import { insist } from '../vendors/dynamodb/insist.ts';
import type { Leases } from './lease.ts';
import type { Outlet, Outlets } from './outlet.ts';
import type { Recipient } from './recipient-items.ts';
import { SEND_MS } from './send.ts';

export interface RunnerDeps {
  outlets: Outlets;
  deliveries: Deliveries;
  leases: Leases;
  clock: Clock;
  random: Random;
}

/** What a run came to. `busy`: another one is at work, or there is nothing to run. `more`: its time was up first. */
export type RunEnd = 'done' | 'busy' | 'more';

/** Requests to one recipient at the same time. */
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
  const recipient = await insist(() => leases.acquire(id, owner), clock, deadline.at);
  if (!recipient) {
    await leases.ring(id);
    return 'busy';
  }
  try {
    return await run(recipient, owner, deadline, deps);
  } catch (error) {
    await leases.drop(id, owner).catch(() => undefined);
    throw error;
  }
}

async function run(
  acquired: Recipient,
  owner: string,
  deadline: Deadline,
  deps: RunnerDeps,
): Promise<RunEnd> {
  const { clock, leases, deliveries } = deps;
  const patiently = <T>(ask: () => Promise<T>): Promise<T> => insist(ask, clock, deadline.at);
  const { id } = acquired;
  let recipient = acquired;
  let renewedAt = clock.now();
  let isOurs = true;
  let isQuiet = false;
  /** What this run has written, by the version it then had. */
  const written = new Map<string, number>();
  const held = new Map<string, number>();
  const health = deps.outlets.healthOf(acquired);
  /** Where only so many a minute are taken: when the next one may begin, and until when none at all may. */
  let nextTurn = 0;
  let busyUntil = 0;

  /** May another request begin? */
  const goesOn = async (): Promise<boolean> => {
    if (!isOurs || !recipient.enabled || health.isDisabled() || clock.now() < busyUntil) return false;
    if (remaining(deadline, clock) < SEND_MS + MARGIN_MS) return false;
    if (clock.now() - renewedAt > RENEW_MS) await renew();
    return isOurs && recipient.enabled;
  };
  const turn = async ({ everyMs = 0 }: Outlet): Promise<boolean> => {
    if (!(await goesOn())) return false;
    const wait = nextTurn - clock.now();
    nextTurn = Math.max(nextTurn, clock.now()) + everyMs;
    if (wait <= 0) return true;
    await clock.sleep(wait);
    return goesOn();
  };
  const renew = async () => {
    renewedAt = clock.now();
    const read = await patiently(() => leases.renew(id, owner));
    if (read) recipient = read;
    else isOurs = false;
  };
  /** @returns false where somebody has rung since the last look. */
  const leave = () => patiently(() => leases.release(recipient, owner));
  const handOn = async (): Promise<RunEnd> => {
    await patiently(() => leases.drop(id, owner));
    return 'more';
  };

  for (;;) {
    await renew();
    if (!isOurs) return 'busy';
    if (!recipient.enabled || health.isDisabled()) {
      if (await leave()) return 'done';
      continue;
    }
    const outlet = await patiently(() => deps.outlets.open(recipient));
    if (!outlet) {
      await health.unreadable();
      await leases.drop(id, owner);
      return 'done';
    }
    const isKnown = ({ id: event, version }: Delivery) => (written.get(event) ?? 0) >= version;
    const { chains, nextAt } = await patiently(() => nextWork(recipient, isKnown, deps));
    const isBusy = clock.now() < busyUntil;
    const free = isBusy
      ? []
      : chains.filter(([first]) => (held.get(first!.order?.account ?? '') ?? 0) <= clock.now());
    if (free.length > 0) {
      isQuiet = false;
      const events = await eventsOf(free.flat());
      const concurrency = outlet.everyMs === undefined ? AT_ONCE : 1;
      await pMap(free, (chain) => sendChain(chain, events, outlet), { concurrency });
      if (isOurs && remaining(deadline, clock) >= SEND_MS + MARGIN_MS) continue;
      return handOn();
    }
    const wakeAt = isBusy ? busyUntil : Math.min(nextAt, ...held.values().filter((at) => at > clock.now()));
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
    outlet: Outlet,
  ): Promise<void> {
    let before: string | undefined;
    for (const delivery of chain) {
      const { order } = delivery;
      if (dueAtOf(delivery) > clock.now() || !(await turn(outlet))) return;
      if (recipient.ordered && order && order.after?.id !== before) {
        const until = await patiently(() => heldUntil(recipient, delivery, deps));
        if (until !== undefined) return void held.set(order.account, until);
      }
      if (!(await deliver(delivery, events.get(delivery.id), outlet))) return;
      before = delivery.id;
    }
  }

  /** @returns whether the delivery has ended. */
  async function deliver(
    delivery: Delivery,
    event: BusinessEvent | undefined,
    outlet: Outlet,
  ): Promise<boolean> {
    written.set(delivery.id, delivery.version);
    if (!event) {
      // It has expired meanwhile, or somebody has changed it by hand.
      const at = new Date(clock.now()).toISOString();
      const lost = { at, durationMs: 0, error: 'EVENT_LOST' };
      await patiently(() => deliveries.failed(delivery, lost, undefined));
      return true;
    }
    const { outcome, askedMs, ...attempt } = await outlet.send(event, { at: deadline.at - MARGIN_MS });
    if (outcome === 'taken') {
      await patiently(() => deliveries.succeeded(delivery, attempt));
      await patiently(() => health.succeeded(event));
      return true;
    }
    const now = clock.now();
    const isBusy = outcome === 'busy';
    const dueAt = isBusy
      ? dueAfterBusy(delivery.at, now, askedMs)
      : dueAfterFailure(delivery.attempts + 1, outlet.retrySeconds, now, askedMs);
    if (isBusy && dueAt !== undefined) {
      busyUntil = dueAt;
      await patiently(() => deliveries.putOff(delivery, attempt, dueAt));
    } else await patiently(() => deliveries.failed(delivery, attempt, dueAt));
    await patiently(() => health.failed(attempt, dueAt === undefined));
    return dueAt === undefined;
  }
}

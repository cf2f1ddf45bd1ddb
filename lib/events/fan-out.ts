/** From an event to a delivery for each subscription whose business it is. */
import { isGatewayError } from '../runtime/errors.ts';
import type { Deliveries } from './deliveries.ts';
import type { BusinessEvent } from './event.ts';
import type { Leases } from './lease.ts';
import type { Subscriptions } from './subscriptions.ts';
import { wants } from './subscription.ts';
import type { Subscription } from './subscription.ts';

export interface WakeDeps {
  leases: Pick<Leases, 'ring'>;
  /** Starts a run for this subscription, elsewhere. */
  startRun: (subscription: string) => Promise<void>;
  log: { warn(message: string, fields?: Record<string, unknown>): void };
}

/**
 * Makes the deliveries of one event, those that there are left alone: a record that comes twice makes none twice.
 * @param subscriptions all there are
 * @returns ids of those that have something to send. Rejects as the store does.
 */
export async function fanOut(
  event: BusinessEvent,
  subscriptions: readonly Subscription[],
  deliveries: Pick<Deliveries, 'add'>,
): Promise<string[]> {
  const concerned = subscriptions.filter((subscription) => wants(subscription, event));
  await Promise.all(concerned.map(({ id }) => deliveries.add(id, event)));
  return concerned.filter(({ enabled }) => enabled).map(({ id }) => id);
}

/** Calls a runner, or tells the one at work. One that cannot be called is called by `wakeDeliveries`. */
export async function wake(subscription: string, { leases, startRun, log }: WakeDeps): Promise<void> {
  try {
    if (!(await leases.ring(subscription))) await startRun(subscription);
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    log.warn('Deliveries are left to the next sweep.', { subscription, error });
  }
}

export interface SweepDeps extends WakeDeps {
  subscriptions: Pick<Subscriptions, 'all'>;
  deliveries: Pick<Deliveries, 'isDue'>;
}

/**
 * Of `monitor`, every minute: whatever was lost in between, a run that died, an invocation, a retry that is due, goes on.
 * @returns ids of the subscriptions that were called. Rejects as the stores do.
 */
export async function wakeDeliveries({ subscriptions, deliveries, ...deps }: SweepDeps): Promise<string[]> {
  const enabled = (await subscriptions.all()).filter((subscription) => subscription.enabled);
  const due = await Promise.all(enabled.map(async ({ id }) => ((await deliveries.isDue(id)) ? [id] : [])));
  const ids = due.flat();
  await Promise.all(ids.map((id) => wake(id, deps)));
  return ids;
}

/** From an event to a delivery for each recipient whose business it is. */
import { isGatewayError } from '../runtime/errors.ts';
import type { Deliveries } from './deliveries.ts';
import type { BusinessEvent } from './event.ts';
import type { Leases } from './lease.ts';
import type { Recipient, RecipientItems } from './recipient-items.ts';
import { wants } from './selection.ts';

export interface WakeDeps {
  leases: Pick<Leases, 'ring'>;
  /** Starts a run for this recipient, elsewhere. */
  startRun: (recipient: string) => Promise<void>;
  log: { warn(message: string, fields?: Record<string, unknown>): void };
}

/**
 * Makes the deliveries of one event, those that there are left alone: a record that comes twice makes none twice.
 * @param recipients all there are
 * @returns ids of those that have something to send. Rejects as the store does.
 */
export async function fanOut(
  event: BusinessEvent,
  recipients: readonly Recipient[],
  deliveries: Pick<Deliveries, 'add'>,
): Promise<string[]> {
  const concerned = recipients.filter((recipient) => isMeant(recipient, event) && wants(recipient, event));
  await Promise.all(concerned.map(({ id }) => deliveries.add(id, event)));
  return concerned.filter(({ enabled }) => enabled).map(({ id }) => id);
}

function isMeant({ id }: Recipient, { recipients: meant }: BusinessEvent): boolean {
  if (!meant) return true;
  return 'only' in meant ? meant.only.includes(id) : !meant.except.includes(id);
}

/** Calls a runner, or tells the one at work. One that cannot be called is called by `wakeDeliveries`. */
export async function wake(recipient: string, { leases, startRun, log }: WakeDeps): Promise<void> {
  try {
    if (!(await leases.ring(recipient))) await startRun(recipient);
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    log.warn('Deliveries are left to the next sweep.', { recipient, error });
  }
}

export interface SweepDeps extends WakeDeps {
  recipients: Pick<RecipientItems, 'all'>;
  deliveries: Pick<Deliveries, 'isDue'>;
}

/**
 * Of `monitor`, every minute: whatever was lost in between, a run that died, an invocation, a retry that is due, goes on.
 * @returns ids of the recipients that were called. Rejects as the stores do.
 */
export async function wakeDeliveries({ recipients, deliveries, ...deps }: SweepDeps): Promise<string[]> {
  const enabled = (await recipients.all()).filter((recipient) => recipient.enabled);
  const due = await Promise.all(enabled.map(async ({ id }) => ((await deliveries.isDue(id)) ? [id] : [])));
  const ids = due.flat();
  await Promise.all(ids.map((id) => wake(id, deps)));
  return ids;
}

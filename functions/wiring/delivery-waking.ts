import { createDeliveries } from '../../lib/events/deliveries.ts';
import type { SweepDeps } from '../../lib/events/fan-out.ts';
import { createLeases } from '../../lib/events/lease.ts';
import { createRecipientItems } from '../../lib/events/recipient-items.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { cursors } from './cursors.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { invoker } from './invoker.ts';
import { log } from './log.ts';

/** Where events, recipients and deliveries are. */
export const eventsPlace = () => ({ documents: documents(), table: resourceNames().tables.events, clock });

/** What calls runners: a sweep, or whoever has made deliveries. */
export const deliveryWaking = once(() => ({
  recipients: createRecipientItems(eventsPlace()),
  deliveries: createDeliveries({ ...eventsPlace(), cursors: cursors() }),
  leases: createLeases(eventsPlace()),
  log: log(),
  startRun: (recipient: string, runs = 0) =>
    invoker().invokeAsync(resourceNames().functions.publish, { deliver: recipient, runs }),
})) satisfies () => SweepDeps;

/** Events and who is told: lib/events. */
import { createDeliveries } from '../../lib/events/deliveries.ts';
import { createLeases } from '../../lib/events/lease.ts';
import { createSubscriptions } from '../../lib/events/subscriptions.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { deriveKeys } from '../../lib/vendors/secrets/derived-keys.ts';
import { createVault } from '../../lib/vendors/secrets/vault.ts';
import { cursors } from './cursors.ts';
import { documents } from './dynamodb.ts';
import { config, resourceNames } from './environment.ts';
import { invoker } from './invoker.ts';
import { log } from './log.ts';
import { secrets } from './secrets.ts';

const place = () => ({ documents: documents(), table: resourceNames().tables.events, clock });

const subscriptions = once(() => {
  const keys = () => deriveKeys(secrets(), resourceNames().secrets.sessionKey, 'subscription');
  return createSubscriptions({
    ...place(),
    vault: createVault(keys, random, clock),
    random,
    isLocal: config().isLocal,
  });
});

const eventDeliveries = once(() => createDeliveries({ ...place(), cursors: cursors() }));

/** What a sweep of deliveries, and whoever has made some, calls runners with (`wake`, `wakeDeliveries`). */
export const deliveryWaking = once(() => {
  const { publish } = resourceNames().functions;
  return {
    subscriptions: subscriptions(),
    deliveries: eventDeliveries(),
    leases: createLeases(place()),
    log: log(),
    startRun: (subscription: string, runs = 0) =>
      invoker().invokeAsync(publish, { deliver: subscription, runs }),
  };
});

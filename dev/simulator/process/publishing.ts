/** The function `publish`, and what `monitor` does for it, as their compose.ts have them. */
import { dueDeliveries } from '../../../functions/monitor/due-deliveries.ts';
import type { PublishDeps } from '../../../functions/publish/publish.ts';
import { channelOutlets } from '../../../lib/events/channels/channel-outlets.ts';
import { createChannels } from '../../../lib/events/channels/create-channels.ts';
import { createDeliveries } from '../../../lib/events/deliveries.ts';
import { createLeases } from '../../../lib/events/lease.ts';
import { createOutlets } from '../../../lib/events/outlet.ts';
import { createRecipientItems } from '../../../lib/events/recipient-items.ts';
import { subscriptionOutlets } from '../../../lib/events/subscription-outlets.ts';
import { createSubscriptions } from '../../../lib/events/subscriptions.ts';
import { seal } from '../../../lib/ledger/journal/seal.ts';
import { systemClock as clock } from '../../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import type { Transport } from '../../../lib/vendors/http/transport.ts';
import { deriveKeys } from '../../../lib/vendors/secrets/derived-keys.ts';
import { createVault } from '../../../lib/vendors/secrets/vault.ts';
import { log } from './parts.ts';
import type { Parts } from './parts.ts';
import { NAMES } from './stage.ts';

export interface Audience {
  transport: Pick<Transport, 'send'>;
  /** Invokes `publish` for a subscription somewhere in the fleet. */
  startRun: (subscription: string, runs: number) => Promise<void>;
}

export function publishingOf(parts: Parts, { transport, startRun }: Audience) {
  const { documents, cursors, alerts, alertStore, outbox, secrets } = parts;
  const { tables } = NAMES;
  const place = { documents, table: tables.events, clock };
  const vault = createVault(
    () => deriveKeys(secrets, NAMES.secrets.sessionKey, 'subscription'),
    random,
    clock,
  );
  const recipients = { ...place, vault, random, isLocal: false };
  const waking = {
    recipients: createRecipientItems(place),
    deliveries: createDeliveries({ ...place, cursors }),
    leases: createLeases(place),
    log,
  };
  const sealing = { documents, table: tables.ledger, alerts, clock, random };
  const publish: PublishDeps = {
    ...waking,
    startRun,
    documents,
    tables,
    outbox,
    outlets: createOutlets({
      subscription: subscriptionOutlets({
        transport,
        clock,
        alerts,
        subscriptions: createSubscriptions(recipients),
      }),
      channel: channelOutlets({ transport, clock, alerts, alertStore, channels: createChannels(recipients) }),
    }),
    alerts,
    clock,
    random,
    seal: (changes) => seal(changes, sealing),
  };
  return {
    publish,
    minutely: [dueDeliveries({ ...waking, startRun: (id) => startRun(id, 0) })],
  };
}

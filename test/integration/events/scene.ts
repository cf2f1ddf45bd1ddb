/** Events from end to end on real stores and real HTTP: streams are read and runs are made when the test says so. */
import { createSecretKey, randomBytes } from 'node:crypto';
import { createCheckpoints } from '../../../dev/stores/stream-checkpoints.ts';
import { createStreamPoller } from '../../../dev/stores/stream-poller.ts';
import type { StreamPoller } from '../../../dev/stores/stream-poller.ts';
import type { StreamRecord } from '../../../dev/stores/stream-reader.ts';
import { runPublish } from '../../../functions/publish/publish.ts';
import type { PublishDeps } from '../../../functions/publish/publish.ts';
import { alertEvents } from '../../../lib/events/alert-events.ts';
import { createDeliveries } from '../../../lib/events/deliveries.ts';
import { wakeDeliveries } from '../../../lib/events/fan-out.ts';
import { createLeases } from '../../../lib/events/lease.ts';
import { createChannels } from '../../../lib/events/channels/create-channels.ts';
import type { Channels } from '../../../lib/events/channels/create-channels.ts';
import { channelOutlets } from '../../../lib/events/channels/channel-outlets.ts';
import type { AwsAccess } from '../../../lib/events/channels/format.ts';
import { createOutlets } from '../../../lib/events/outlet.ts';
import { createRecipientItems } from '../../../lib/events/recipient-items.ts';
import { subscriptionOutlets } from '../../../lib/events/subscription-outlets.ts';
import { createOutbox } from '../../../lib/events/outbox.ts';
import { createSubscriptions } from '../../../lib/events/subscriptions.ts';
import type { Subscriptions } from '../../../lib/events/subscriptions.ts';
import type { Deliveries } from '../../../lib/events/deliveries.ts';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import type { Transport } from '../../../lib/vendors/http/transport.ts';
import { createTransport } from '../../../lib/vendors/http/undici-transport.ts';
import { createVault } from '../../../lib/vendors/secrets/vault.ts';
import { createAlerts } from '../../../lib/watch/alerts/create-alerts.ts';
import type { AlertStore, Alerts } from '../../../lib/watch/alerts/alerts.ts';
import { cursors } from '../../cursors.ts';
import type { TestStores } from '../../stores.ts';
import { openLedger } from '../ledger/books.ts';

const T0 = Date.parse('2026-11-21T04:00:00Z');

/** Time goes on by a millisecond at each look, and by what is slept; nobody waits for it. */
export function virtualClock(): Clock & { forward: (ms: number) => void } {
  let now = T0;
  return {
    now: () => (now += 1),
    sleep: async (ms) => {
      now += ms;
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
    forward: (ms) => void (now += ms),
  };
}

/** The stage's: what one process seals another one opens. */
export const key = { id: 'k1', key: createSecretKey(randomBytes(32)) };

export interface Scene {
  clock: ReturnType<typeof virtualClock>;
  ledger: Ledger;
  subscriptions: Subscriptions;
  channels: Channels;
  alerts: Alerts;
  deliveries: Deliveries;
  alertStore: AlertStore;
  deps: PublishDeps;
  /** What requests go through. */
  wire: { transport: Pick<Transport, 'send'> };
  /** Every line of the log, with its fields. */
  lines: string[];
  /** Subscriptions that were called and have not run yet. */
  called: string[];
  /** Gives a function's event to `publish`. */
  give(event: unknown): ReturnType<typeof runPublish>;
  /** Ledger → events. */
  tell(): Promise<void>;
  /** Events → deliveries. */
  spread(): Promise<void>;
  /** Runs what was called, and what that calls, one after the other. */
  run(): Promise<void>;
  /** All of it. */
  flow(): Promise<void>;
  /** What `monitor` does every minute, and the runs that it calls. */
  sweep(): Promise<void>;
  /** Transaction ids of an account in the order in which they were committed: as the ledger's stream has them. */
  committed(account: string): string[];
  /** Records that were given up. */
  deadLetters: object[];
}

export function openScene(
  stores: TestStores,
  overrides: { transport?: Pick<Transport, 'send'>; aws?: AwsAccess } = {},
): Scene {
  const clock = virtualClock();
  const { documents } = stores;
  const { events: table, ledger: ledgerTable, records } = stores.names.tables;
  const place = { documents, table, clock };
  const parts = { ...place, vault: createVault(async () => [key], random, clock), random, isLocal: true };
  const subscriptions = createSubscriptions(parts);
  const channels = createChannels(parts);
  const deliveries = createDeliveries({ ...place, cursors });
  const outbox = createOutbox(place);
  const lines: string[] = [];
  const log = {
    warn: (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`),
  };
  const { alerts, alertStore } = createAlerts({
    documents,
    table: records,
    cursors,
    clock,
    log,
    telling: alertEvents(outbox, random),
  });
  const called: string[] = [];
  const wire = {
    transport: overrides.transport ?? patientFor(400, createTransport({ isLocal: true, clock })),
  };
  const transport: Pick<Transport, 'send'> = { send: (request) => wire.transport.send(request) };
  const deps: PublishDeps = {
    documents,
    tables: { ledger: ledgerTable, events: table },
    outbox,
    recipients: createRecipientItems(place),
    outlets: createOutlets({
      subscription: subscriptionOutlets({ transport, clock, alerts, subscriptions }),
      channel: channelOutlets({ transport, clock, alerts, alertStore, channels, aws: overrides.aws }),
    }),
    deliveries,
    leases: createLeases(place),
    alerts,
    clock,
    random,
    log,
    seal: async () => undefined,
    startRun: async (subscription) => void called.push(subscription),
  };
  const give = (event: unknown) => runPublish(event, { deadline: { at: clock.now() + 120_000 } }, deps);
  const deadLetters: object[] = [];
  const poller = (tableName: string, wanted: (record: StreamRecord) => boolean): StreamPoller =>
    createStreamPoller({
      target: {
        endpoint: stores.config.endpoints.dynamodb!,
        region: stores.config.region,
        accessKeyId: 'local',
      },
      table: tableName,
      checkpoints: createCheckpoints(),
      clock,
      maximumRetryAttempts: 2,
      invoke: async ({ Records }) => {
        const batch = Records.filter(wanted);
        return batch.length === 0 ? undefined : give({ Records: batch });
      },
      onFailure: async (failure) => void deadLetters.push(failure),
    });
  const balances = new Map<string, string[]>();
  const ofLedger = poller(ledgerTable, ({ dynamodb }) => {
    const { pk, lastTransfer } = dynamodb.NewImage as Record<string, { S: string } | undefined>;
    const id = lastTransfer?.S.split('#')[2];
    const account = pk!.S.replace('ACCT#', '');
    if (id !== undefined) balances.set(account, [...(balances.get(account) ?? []), id]);
    return true;
  });
  const ofEvents = poller(table, ({ eventName, dynamodb }) => {
    const { S: sort } = dynamodb.Keys['sk'] as { S: string };
    return eventName === 'INSERT' && sort === 'EVENT';
  });
  const scene: Scene = {
    clock,
    subscriptions,
    channels,
    alerts,
    deliveries,
    alertStore,
    deps,
    wire,
    lines,
    called,
    give,
    deadLetters,
    ledger: openLedger(stores, { clock }),
    committed: (account) => balances.get(account) ?? [],
    tell: () => ofLedger.drain(),
    spread: () => ofEvents.drain(),
    async run() {
      while (called.length > 0) await give({ deliver: called.shift()! });
    },
    async flow() {
      await scene.tell();
      await scene.spread();
      await scene.run();
    },
    async sweep() {
      await wakeDeliveries({ ...deps, startRun: async (id) => void called.push(id) });
      await scene.run();
    },
  };
  return scene;
}

/** A subscriber that hangs is not waited for as long as in production. */
const patientFor = (timeoutMs: number, transport: Transport): Pick<Transport, 'send'> => ({
  send: (request) => transport.send({ ...request, timeoutMs }),
});

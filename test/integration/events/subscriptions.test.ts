import type { LookupFunction } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replay } from '../../../lib/events/replay.ts';
import { sendTest } from '../../../lib/events/test-event.ts';
import { eventIdOf } from '../../../lib/events/event.ts';
import { resolveSubscriptionAlerts } from '../../../lib/events/health.ts';
import { createOutlets } from '../../../lib/events/outlet.ts';
import { subscriptionOutlets } from '../../../lib/events/subscription-outlets.ts';
import { createSubscriptions } from '../../../lib/events/subscriptions.ts';
import type { NewSubscription } from '../../../lib/events/subscriptions.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { createTransport } from '../../../lib/vendors/http/undici-transport.ts';
import { createVault } from '../../../lib/vendors/secrets/vault.ts';
import { cursors } from '../../cursors.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { deposit } from '../ledger/books.ts';
import { key, openScene } from './scene.ts';
import type { Scene } from './scene.ts';
import { startSubscriber, verify } from './subscriber.ts';
import type { Subscriber } from './subscriber.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let stores: TestStores;
let scene: Scene;
let subscriber: Subscriber;

beforeEach(async () => {
  stores = await openStores();
  scene = openScene(stores);
  subscriber = await startSubscriber();
});
afterEach(async () => {
  await subscriber.stop();
  await stores.close();
});

async function subscribe(more: Partial<NewSubscription> = {}) {
  const made = await scene.subscriptions.create({
    url: subscriber.url,
    events: ['transfer.*'],
    createdBy: 'test',
    ...more,
  });
  subscriber.knows(made.secret);
  return made;
}
const pay = (id: string) => scene.ledger.post(deposit(1, '10', id));
const settled = (id: string) => eventIdOf('transfer.settled', 'URS_PROMOTION', id);
const again = async (id: string, input: Parameters<typeof replay>[1]) => {
  const subscription = await scene.subscriptions.get(id);
  const { documents, tables, deliveries, clock } = scene.deps;
  const place = { documents, table: tables.events, deliveries, clock, cursors };
  const { count } = await replay(subscription, input, { at: clock.now() + 28_000 }, place);
  await scene.sweep();
  return count;
};
const statesOf = async (id: string) =>
  (await scene.deliveries.search(id, {})).items.map(({ state }) => state);

describe('the secret', () => {
  it('is shown once, stands sealed in the table, and is in no line of the log', async () => {
    const { id, secret } = await subscribe();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const shown = [await scene.subscriptions.list(), await scene.subscriptions.get(id)];
    shown.push(await scene.subscriptions.change(id, { description: 'farm' }));
    subscriber.answer(() => 500);
    await pay('D1');
    await scene.flow();
    const { items } = await stores.documents.scan({ table: stores.names.tables.events });
    const everything = JSON.stringify([shown, items, scene.lines]);
    expect(everything).not.toContain(secret.slice(6));
    expect(everything).not.toContain(Buffer.from(secret.slice(6), 'base64').toString('hex'));
  });

  it('opens nothing in the item of another subscription', async () => {
    const [one, two] = [await subscribe(), await subscribe()];
    const subscription = (await scene.subscriptions.read(one.id))!;
    expect(await scene.subscriptions.secretsOf(subscription)).toEqual([one.secret]);
    expect(await scene.subscriptions.secretsOf({ ...subscription, id: two.id })).toBeUndefined();
  });

  it('rotates: both sign for 24 hours, then the new one alone', async () => {
    const { id, secret: former } = await subscribe();
    const { secret } = await scene.subscriptions.rotate(id);
    expect(secret).not.toBe(former);
    await pay('D1');
    await scene.flow();
    scene.clock.forward(DAY);
    await pay('D2');
    await scene.flow();
    const [both, alone] = subscriber.requests;
    expect(String(both!.headers['webhook-signature']).split(' ')).toHaveLength(2);
    expect([verify(secret, both!), verify(former, both!)]).toEqual([1, 1]);
    expect([verify(secret, alone!), verify(former, alone!)]).toEqual([1, 0]);
    expect(String(alone!.headers['webhook-signature']).split(' ')).toHaveLength(1);
  });

  it('that can no longer be opened stops deliveries, with an alert, until it is rotated', async () => {
    const { id } = await subscribe();
    await pay('D1');
    const { outlets } = scene.deps;
    scene.deps.outlets = { ...outlets, open: async () => undefined };
    await scene.flow();
    expect(subscriber.all).toEqual([]);
    expect((await scene.alertStore.list({})).items).toMatchObject([
      { kind: 'SUBSCRIPTION_SECRET_LOST', subject: id },
    ]);
    scene.deps.outlets = outlets;
    await scene.sweep();
    expect(await statesOf(id)).toEqual(['delivered']);
  });

  it('is not called lost while its key cannot be had just now: the run waits', async () => {
    const { id } = await subscribe();
    await pay('D1');
    let asked = 0;
    const keys = async () => {
      asked += 1;
      if (asked > 3) return [key] as const;
      throw new GatewayError('STORE_UNAVAILABLE', 'Secrets Manager did not answer.', {
        retryAfterSeconds: 1,
      });
    };
    const { documents, tables, clock } = scene.deps;
    const vault = createVault(keys, random, clock);
    const place = { documents, table: tables.events, clock };
    const subscriptions = createSubscriptions({ ...place, vault, random, isLocal: true });
    const { outlets, alerts } = scene.deps;
    const { transport } = scene.wire;
    const opened = subscriptionOutlets({ transport, clock, alerts, subscriptions });
    scene.deps.outlets = createOutlets({ subscription: opened, channel: outlets });
    await scene.flow();
    expect((await scene.alertStore.list({})).items).toEqual([]);
    expect(await statesOf(id)).toEqual(['delivered']);
  });
});

describe('a replay', () => {
  it('tells again everything since a time, also what happened before the subscription was made', async () => {
    await pay('EARLY');
    scene.clock.forward(2 * DAY);
    const since = new Date(scene.clock.now()).toISOString();
    await pay('D1');
    const { id } = await subscribe();
    await pay('D2');
    await scene.flow();
    expect(subscriber.transactions()).toEqual(['D2']);
    expect(await again(id, { since })).toBe(2);
    expect(subscriber.transactions().slice(1).toSorted()).toEqual(['D1', 'D2']);
    const ids = subscriber.all.map((event) => event.id);
    expect(ids.filter((event) => event === settled('D2'))).toHaveLength(2);
  });

  it('tells again what failed: dead ones, and those that wait for another try', async () => {
    const { id } = await subscribe();
    subscriber.answer(({ data }) => (data['transactionId'] === 'GOOD' ? 200 : 500));
    for (const one of ['GOOD', 'DEAD']) await pay(one);
    await scene.flow();
    for (let tries = 0; tries < 9; tries++) {
      scene.clock.forward(12 * HOUR);
      await scene.sweep();
    }
    await pay('WAITS');
    await scene.flow();
    expect((await statesOf(id)).toSorted()).toEqual(['dead', 'delivered', 'pending']);
    subscriber.answer(() => 200);
    expect(await again(id, { failed: true })).toBe(2);
    expect(await statesOf(id)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(subscriber.transactions().slice(-2).toSorted()).toEqual(['DEAD', 'WAITS']);
  });

  it('tells again those that are named, and refuses one that there is not', async () => {
    const { id } = await subscribe();
    for (const one of ['D1', 'D2', 'D3']) await pay(one);
    await scene.flow();
    expect(await again(id, { deliveries: [settled('D3'), settled('D1')] })).toBe(2);
    expect(subscriber.transactions().slice(3).toSorted()).toEqual(['D1', 'D3']);
    await expect(again(id, { deliveries: [settled('D1'), 'evt_none'] })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ field: 'deliveries.1' }],
    });
  });
});

describe('an endpoint', () => {
  it('that fails for five days without one success is disabled, with an alert; its deliveries wait', async () => {
    const { id } = await subscribe();
    subscriber.answer(() => 500);
    for (let day = 0; day < 5; day++) {
      await pay(`D${day}`);
      await scene.flow();
      expect((await scene.subscriptions.get(id)).enabled).toBe(true);
      scene.clock.forward(DAY);
    }
    await scene.sweep();
    const disabled = await scene.subscriptions.get(id);
    expect(disabled).toMatchObject({ enabled: false, disabled: { reason: 'FAILING' } });
    const [alert] = (await scene.alertStore.list({})).items;
    expect(alert).toMatchObject({ kind: 'SUBSCRIPTION_DISABLED', subject: id, severity: 'critical' });
    const asked = subscriber.all.length;
    await pay('WAITS');
    await scene.flow();
    scene.clock.forward(DAY);
    await scene.sweep();
    expect(subscriber.all).toHaveLength(asked);
    subscriber.answer(() => 200);
    const enabled = await scene.subscriptions.change(id, { enabled: true });
    await resolveSubscriptionAlerts(id, scene.deps.alerts);
    expect(enabled.failingSince).toBeUndefined();
    expect((await scene.alertStore.list({ state: 'firing' })).items).toEqual([]);
    await scene.sweep();
    expect(subscriber.transactions().slice(asked)).toContain('WAITS');
  });

  it('that succeeds once in five days is not', async () => {
    const { id } = await subscribe();
    for (let day = 0; day < 7; day++) {
      subscriber.answer(() => (day === 3 ? 200 : 500));
      await pay(`D${day}`);
      await scene.flow();
      scene.clock.forward(DAY);
    }
    expect((await scene.subscriptions.get(id)).enabled).toBe(true);
  });

  it('that is gone (410) is disabled at once', async () => {
    const { id } = await subscribe();
    subscriber.answer(() => 410);
    await pay('D1');
    await scene.flow();
    expect(await scene.subscriptions.get(id)).toMatchObject({
      enabled: false,
      disabled: { reason: 'GONE' },
    });
  });

  it('that was deleted is told nothing more', async () => {
    const { id } = await subscribe();
    await pay('D1');
    await scene.tell();
    await scene.spread();
    await scene.subscriptions.remove(id);
    await scene.run();
    await scene.sweep();
    expect(subscriber.all).toEqual([]);
    await expect(scene.subscriptions.get(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('gets a test event, and what came of it is said', async () => {
    const { id } = await subscribe();
    const deadline = { at: scene.clock.now() + 20_000 };
    expect(await sendTest(id, deadline, { ...scene.deps, subscriptions: scene.subscriptions })).toMatchObject(
      {
        delivered: true,
        status: 204,
        id: subscriber.all[0]!.id,
      },
    );
    expect(subscriber.all).toMatchObject([{ type: 'subscription.test', valid: 1 }]);
    subscriber.answer(() => 404);
    expect(await sendTest(id, deadline, { ...scene.deps, subscriptions: scene.subscriptions })).toMatchObject(
      {
        delivered: false,
        status: 404,
      },
    );
    await subscriber.stop();
    expect(await sendTest(id, deadline, { ...scene.deps, subscriptions: scene.subscriptions })).toMatchObject(
      {
        delivered: false,
        error: 'REFUSED',
      },
    );
  });
});

describe('an address', () => {
  const strict = () => {
    const { documents, tables, clock } = scene.deps;
    const vault = createVault(() => Promise.reject(new Error('unused')), random, clock);
    return createSubscriptions({ documents, table: tables.events, vault, clock, random, isLocal: false });
  };

  it.each([
    'http://example.com/hooks',
    'https://127.0.0.1/hooks',
    'https://0x7f.1/hooks',
    'https://169.254.169.254/latest',
    'https://user:password@example.com/',
    'https://printer.local/',
    'https://example.com/a/../b',
    'https://example.com/#here',
    'ftp://example.com/',
    'hooks',
  ])('%s is refused when it is given', async (url) => {
    const input = { url, events: ['*'], createdBy: 'test' };
    const refused = { code: 'VALIDATION_FAILED', fields: [{ field: 'url' }] };
    await expect(strict().create(input)).rejects.toMatchObject(refused);
    const { id } = await subscribe();
    await expect(strict().change(id, { url })).rejects.toMatchObject(refused);
  });

  it('whose name leads to a private one when a socket connects is refused there', async () => {
    const asked: string[] = [];
    const lookup: LookupFunction = (name, _options, callback) => {
      asked.push(name);
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    };
    const { clock } = scene;
    scene.wire.transport = createTransport({ isLocal: false, clock, lookup });
    const { port } = new URL(subscriber.url);
    const { id } = await subscribe({ url: `https://hooks.example.com:${port}/` });
    await pay('D1');
    await scene.flow();
    expect(asked).toContain('hooks.example.com');
    expect(subscriber.requests).toEqual([]);
    expect((await scene.deliveries.search(id, {})).items).toMatchObject([
      { state: 'pending', last: { error: 'ADDRESS_REFUSED' } },
    ]);
  });
});

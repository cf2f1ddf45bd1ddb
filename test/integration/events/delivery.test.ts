import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runPublish } from '../../../functions/publish/publish.ts';
import { eventIdOf } from '../../../lib/events/event.ts';
import { createDeadLetters } from '../../../lib/ledger/settlement/dead-letters.ts';
import { settleDue } from '../../../lib/ledger/settlement/settle-due.ts';
import { TransactionCancelled } from '../../../lib/vendors/dynamodb/documents.ts';
import { cursors } from '../../cursors.ts';
import type { NewSubscription } from '../../../lib/events/subscriptions.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { deposit, withdrawal } from '../ledger/books.ts';
import { openScene } from './scene.ts';
import type { Scene } from './scene.ts';
import { startSubscriber } from './subscriber.ts';
import type { Subscriber } from './subscriber.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;

let stores: TestStores;
let scene: Scene;
let subscriber: Subscriber;
const others: Subscriber[] = [];

beforeEach(async () => {
  stores = await openStores();
  scene = openScene(stores);
  subscriber = await startSubscriber();
});
afterEach(async () => {
  for (const one of [subscriber, ...others.splice(0)]) await one.stop();
  await stores.close();
});

async function subscribe(to: Subscriber = subscriber, more: Partial<NewSubscription> = {}) {
  const made = await scene.subscriptions.create({
    url: to.url,
    events: ['transfer.*'],
    createdBy: 'test',
    ...more,
  });
  to.knows(made.secret);
  return made;
}
async function another(): Promise<Subscriber> {
  const one = await startSubscriber();
  others.push(one);
  return one;
}
const pay = (user: number, id: string, amount = '10') => scene.ledger.post(deposit(user, amount, id));
const statesOf = async (id: string, query = {}) =>
  (await scene.deliveries.search(id, query)).items.map(({ state }) => state);

describe('a subscriber', () => {
  it('gets what was settled, as a Standard Webhook that holds, and once', async () => {
    const { id } = await subscribe();
    await pay(1, 'D1', '9007199254740993.0000000001');
    await scene.flow();
    expect(subscriber.all).toHaveLength(1);
    const [event] = subscriber.all;
    expect(event).toMatchObject({
      id: eventIdOf('transfer.settled', 'URS_PROMOTION', 'D1'),
      type: 'transfer.settled',
      valid: 1,
      data: {
        transactionId: 'D1',
        status: 'SETTLED',
        amount: '9007199254740993.0000000001',
        to: 'user:1',
      },
    });
    expect(event!.timestamp).toBe(event!.data['settledAt']);
    expect(Object.keys(JSON.parse(event!.raw) as object)).toEqual(['type', 'timestamp', 'data']);
    expect(await statesOf(id)).toEqual(['delivered']);
    await scene.sweep();
    expect(subscriber.all).toHaveLength(1);
  });

  it('gets only what it chose, by type and service, and only what happened since it was there', async () => {
    await pay(1, 'BEFORE');
    const chooser = await another();
    await subscribe(subscriber, { services: ['OTHER'] });
    await subscribe(chooser, { events: ['user.*'] });
    const all = await another();
    await subscribe(all, { events: ['*'] });
    await pay(1, 'AFTER');
    await scene.flow();
    expect([subscriber.all, chooser.all]).toEqual([[], []]);
    expect(all.transactions()).toEqual(['AFTER']);
  });

  it('that was down has every event after it is up, and is asked at the times of the schedule', async () => {
    const { id } = await subscribe();
    subscriber.answer(() => 503);
    const ids = Array.from({ length: 12 }, (_, index) => `D${index}`);
    for (const one of ids) await pay(1, one);
    await scene.flow();
    expect(await statesOf(id, { state: 'pending' })).toHaveLength(12);
    scene.clock.forward(2 * HOUR);
    await scene.sweep();
    expect(await statesOf(id, { state: 'delivered' })).toEqual([]);
    subscriber.answer(() => 200);
    scene.clock.forward(3 * HOUR);
    await scene.sweep();
    expect(await statesOf(id)).toEqual(ids.map(() => 'delivered'));
    const last = subscriber.all.slice(-12);
    expect(new Set(last.map(({ data }) => data['transactionId']))).toEqual(new Set(ids));
    expect(subscriber.all.every(({ valid }) => valid === 1)).toBe(true);
  });

  it('is tried after 5 s, 30 s, 2 min, 10 min, 1 h, 3 h, 6 h, 12 h; then the delivery is dead', async () => {
    const { id } = await subscribe();
    subscriber.answer(() => 500);
    await pay(1, 'D1');
    await scene.flow();
    const waits: number[] = [];
    for (;;) {
      const [delivery] = (await scene.deliveries.search(id, {})).items;
      if (!delivery || delivery.state !== 'pending') break;
      waits.push(Math.round((Date.parse(delivery.dueAt!) - Date.parse(delivery.last!.at)) / SECOND));
      scene.clock.forward(Date.parse(delivery.dueAt!) - scene.clock.now() - 1);
      await scene.give({ deliver: id });
    }
    // The first runs wait for the first two retries by themselves.
    expect(waits.slice(-6)).toEqual([120, 600, 3_600, 10_800, 21_600, 43_200]);
    expect(await statesOf(id)).toEqual(['dead']);
    expect(subscriber.all).toHaveLength(9);
  });

  it('that hangs delays nobody else', async () => {
    const slow = subscriber;
    slow.answer(() => 'hang');
    const quick = await another();
    const { id: slowId } = await subscribe(slow);
    await subscribe(quick);
    for (let n = 0; n < 20; n++) await pay(n + 100, `D${n}`);
    await scene.tell();
    await scene.spread();
    const runs = scene.called.splice(0);
    expect(runs).toHaveLength(2);
    const hanging = scene.give({ deliver: slowId });
    await scene.give({ deliver: runs.find((id) => id !== slowId)! });
    expect(new Set(quick.transactions()).size).toBe(20);
    // Its streams go on meanwhile.
    await pay(1, 'LATER');
    await scene.flow();
    expect(quick.transactions()).toContain('LATER');
    await hanging;
  });

  it('is asked later where it says so, within an hour', async () => {
    const { id } = await subscribe();
    subscriber.answer(() => ({ status: 429, headers: { 'retry-after': '900' } }));
    await pay(1, 'D1');
    await scene.flow();
    const [delivery] = (await scene.deliveries.search(id, {})).items;
    expect(Date.parse(delivery!.dueAt!) - Date.parse(delivery!.last!.at)).toBeGreaterThan(890 * SECOND);
    await scene.sweep();
    expect(subscriber.all).toHaveLength(1);
  });

  it('is not followed elsewhere, and what it says is not read to its end', async () => {
    const elsewhere = await another();
    const { id } = await subscribe();
    subscriber.answer(() => ({ status: 302, headers: { location: elsewhere.url } }));
    await pay(1, 'D1');
    await scene.flow();
    expect(elsewhere.all).toEqual([]);
    expect((await scene.deliveries.search(id, {})).items[0]).toMatchObject({
      state: 'pending',
      last: { status: 302 },
    });
  });
});

describe('of a transfer', () => {
  it('that is reversed, both are told: the one that was, and the one that takes it back', async () => {
    await subscribe();
    await pay(1, 'D1');
    await scene.flow();
    const { service, transactionId } = (await scene.ledger.find('D1', ['URS_PROMOTION']))!;
    const order = { service, transactionId, reason: 'paid twice', requestedBy: 'key:ops', houseShards: 16 };
    const reversal = await scene.ledger.reverse(order);
    await scene.flow();
    const told = subscriber.all.slice(1).toSorted((a, b) => a.type.localeCompare(b.type));
    expect(told).toMatchObject([
      { type: 'transfer.reversed', data: { transactionId: 'D1', reversedBy: reversal.transactionId } },
      { type: 'transfer.settled', data: { transactionId: reversal.transactionId, reverses: 'D1' } },
    ]);
    expect(told[0]!.timestamp).toBe(reversal.settledAt);
  });

  it('that is queued nothing is told until it is settled, or dead, each time that it dies', async () => {
    await subscribe();
    const queued = (id: string) =>
      scene.ledger.post({ ...deposit(1, '10', id), settlement: 'QUEUED', house: 'from' });
    const deps = {
      ...scene.deps,
      table: stores.names.tables.ledger,
      log: { error: () => undefined },
    };
    const cancelled = new TransactionCancelled([{ code: 'ValidationError', item: undefined }]);
    const broken = { ...stores.documents, transact: () => Promise.reject(cancelled) };
    const settle = (documents: typeof stores.documents) => {
      scene.clock.forward(HOUR);
      return settleDue(scene.clock.now() + 30_000, { ...deps, documents });
    };
    await queued('D1');
    await scene.flow();
    expect(subscriber.all).toEqual([]);
    for (let tries = 0; tries < 9; tries++) await settle(broken);
    await scene.flow();
    expect(subscriber.all).toMatchObject([
      { type: 'transfer.dead', data: { transactionId: 'D1', status: 'DEAD' }, valid: 1 },
    ]);
    const dead = createDeadLetters({ ...deps, documents: stores.documents, cursors });
    await dead.redrive({ deadlineAt: scene.clock.now() + HOUR });
    await settle(stores.documents);
    await scene.flow();
    expect(subscriber.all.map(({ type }) => type)).toEqual(['transfer.dead', 'transfer.settled']);
  });
});

describe('a stream', () => {
  it('that gives a record twice makes one event and one delivery', async () => {
    const { id } = await subscribe();
    await pay(1, 'D1');
    const again = openScene(stores);
    await Promise.all([scene.tell(), again.tell()]);
    await scene.spread();
    await again.spread();
    expect((await scene.deliveries.search(id, {})).items).toHaveLength(1);
    await scene.run();
    expect(subscriber.all).toHaveLength(1);
  });

  it('goes on where the process was killed between event and delivery', async () => {
    const { id } = await subscribe();
    await pay(1, 'D1');
    await scene.tell();
    const successor = openScene(stores);
    await successor.flow();
    expect(await statesOf(id)).toEqual(['delivered']);
    expect(subscriber.all).toMatchObject([{ valid: 1 }]);
  });

  it('goes on where the run was killed between the request and writing down what came of it', async () => {
    const { id } = await subscribe();
    await pay(1, 'D1');
    await scene.tell();
    await scene.spread();
    scene.deps.deliveries = { ...scene.deliveries, succeeded: () => Promise.reject(new Error('killed')) };
    await expect(scene.run()).rejects.toThrow('killed');
    scene.deps.deliveries = scene.deliveries;
    scene.clock.forward(60 * SECOND);
    await scene.sweep();
    expect(await statesOf(id)).toEqual(['delivered']);
    expect(new Set(subscriber.all.map(({ id: event }) => event)).size).toBe(1);
  });

  it('has what a run could not finish in its time sent by the next one, whoever rang meanwhile', async () => {
    const { id } = await subscribe();
    for (let n = 0; n < 30; n++) await pay(n + 100, `D${n}`);
    await scene.tell();
    await scene.spread();
    scene.called.splice(0);
    subscriber.answer(() => {
      void scene.deps.leases.ring(id);
      // A slow endpoint: its answers use up the run's time.
      scene.clock.forward(200);
      return 200;
    });
    const deadline = { at: scene.clock.now() + 19_000 };
    expect(await runPublish({ deliver: id }, { deadline }, scene.deps)).toEqual({ delivered: 'more' });
    expect(new Set(subscriber.transactions()).size).toBeLessThan(30);
    expect(scene.called).toEqual([id]);
    subscriber.answer(() => 200);
    await scene.run();
    expect(new Set(subscriber.transactions()).size).toBe(30);
    expect(subscriber.all).toHaveLength(30);
  });

  const firing = async () =>
    (await scene.alertStore.list({ state: 'firing' })).items.map(({ kind, subject }) => [kind, subject]);
  const write = (key: { pk: string; sk: string }, field: string, value: unknown) =>
    stores.documents.update(stores.names.tables.ledger, key, 'SET #field = :value', {
      names: { '#field': field },
      values: { ':value': value },
    });
  const account = { pk: 'ACCT#user:7', sk: 'BALANCE' };

  it('passes over a row that cannot be read at once, with an alert that ends when it is mended', async () => {
    await subscribe(subscriber, { ordered: true });
    await pay(7, 'D1');
    await scene.flow();
    await write(account, 'balance', 'abc');
    await pay(1, 'D2');
    await scene.flow();
    expect(subscriber.transactions()).toEqual(['D1', 'D2']);
    expect(await firing()).toEqual([['EVENT_UNREADABLE', 'ACCT#user:7']]);
    const passedOver = scene.lines.filter((line) => line.includes('passed over'));
    expect(passedOver).toHaveLength(1);
    expect(scene.deadLetters).toEqual([]);
    await write(account, 'balance', 10);
    await pay(7, 'D3');
    await scene.flow();
    expect(await firing()).toEqual([]);
    expect(subscriber.transactions()).toEqual(['D1', 'D2', 'D3']);
    expect(scene.deadLetters).toEqual([]);
  });

  it('goes on with an account behind a transfer that cannot be read, and tells of that when it is mended', async () => {
    await subscribe(subscriber, { ordered: true });
    for (const id of ['D1', 'D2', 'D3']) await pay(7, id);
    const second = { pk: 'TX#URS_PROMOTION#D2', sk: 'TRANSFER' };
    await write(second, 'from', 'nobody');
    await scene.flow();
    expect(await firing()).toEqual([['EVENT_UNREADABLE', second.pk]]);
    for (let minute = 0; minute < 6; minute++) {
      scene.clock.forward(60 * SECOND);
      await scene.sweep();
    }
    expect(subscriber.transactions()).toEqual(['D1', 'D3']);
    await write(second, 'from', 'house:15');
    await scene.flow();
    expect(subscriber.transactions()).toEqual(['D1', 'D3', 'D2']);
    expect(await firing()).toEqual([]);
    // Once, though its row is damaged and mended again; nothing, where events are no longer kept.
    await write(second, 'from', 'nobody');
    await write(second, 'from', 'house:15');
    await scene.flow();
    expect(subscriber.all).toHaveLength(3);
    expect(scene.deadLetters).toEqual([]);
  });

  it('repeats what failed otherwise: it is reported, and nothing of its account overtakes it', async () => {
    await subscribe();
    await pay(7, 'D1');
    await pay(7, 'D2');
    const { outbox } = scene.deps;
    let failures = 1;
    scene.deps.outbox = {
      record: (event) => (failures-- > 0 ? Promise.reject(new Error('unexpected')) : outbox.record(event)),
    };
    await scene.flow();
    expect(await firing()).toEqual([['EVENT_UNREADABLE', 'ACCT#user:7']]);
    expect(new Set(subscriber.transactions())).toEqual(new Set(['D1', 'D2']));
    expect(scene.lines.filter((line) => line.startsWith('A record of a stream failed.'))).toHaveLength(1);
  });
});

describe('an ordered subscription', () => {
  it('gets the transfers of an account one after the other, under parallel settlement and a first try that fails', async () => {
    await subscribe(subscriber, { ordered: true });
    const accounts = [1, 2, 3];
    await Promise.all(
      accounts.flatMap((user) => Array.from({ length: 8 }, (_, n) => pay(user, `U${user}-${n}`))),
    );
    const failedOnce = new Set<string>();
    subscriber.answer(({ data }) => {
      const id = String(data['transactionId']);
      if (!id.startsWith('U2') || failedOnce.has(id)) return 200;
      failedOnce.add(id);
      return 500;
    });
    await scene.flow();
    for (let minute = 0; minute < 10; minute++) {
      scene.clock.forward(60 * SECOND);
      await scene.sweep();
    }
    for (const user of accounts) {
      const settled = scene.committed(`user:${user}`);
      expect(settled).toHaveLength(8);
      const got = subscriber.transactions().filter((id) => id.startsWith(`U${user}-`));
      // Nobody overtakes: the next one is sent only when the one before has been taken.
      expect(got).toEqual(user === 2 ? settled.flatMap((id) => [id, id]) : settled);
    }
  });

  it('has the events of an account recorded one after the other, those of others beside them', async () => {
    for (const id of ['D1', 'D2', 'D3']) await pay(1, id);
    await pay(2, 'E1');
    const { outbox } = scene.deps;
    const began: string[] = [];
    const recorded: string[] = [];
    let letFirst = () => {};
    const first = new Promise<void>((resolve) => (letFirst = resolve));
    scene.deps.outbox = {
      async record(event) {
        const { transactionId: id } = JSON.parse(event.dataText) as { transactionId: string };
        began.push(id);
        // The first one's write takes until that of another account is through.
        if (id === 'D1') await first;
        const isNew = await outbox.record(event);
        recorded.push(id);
        if (id === 'E1') letFirst();
        return isNew;
      },
    };
    await scene.tell();
    expect(began.slice(0, 2).toSorted()).toEqual(['D1', 'E1']);
    expect(recorded).toEqual(['E1', 'D1', 'D2', 'D3']);
  });

  it('holds a transfer back while the one before has no delivery yet', async () => {
    const { id } = await subscribe(subscriber, { ordered: true });
    await pay(1, 'D1');
    await pay(1, 'D2');
    await scene.tell();
    const second = eventIdOf('transfer.settled', 'URS_PROMOTION', 'D2');
    const [event] = await scene.deliveries.events([second]);
    await scene.deliveries.add(id, event!);
    await scene.give({ deliver: id });
    expect(subscriber.all).toEqual([]);
    await scene.spread();
    await scene.run();
    expect(subscriber.transactions()).toEqual(['D1', 'D2']);
  });

  it('goes on behind a delivery that is dead', async () => {
    const { id } = await subscribe(subscriber, { ordered: true });
    subscriber.answer(({ data }) => (data['transactionId'] === 'D1' ? 500 : 200));
    await pay(1, 'D1');
    await scene.ledger.post(withdrawal(1, '3', 'D2'));
    await scene.flow();
    for (let tries = 0; tries < 12; tries++) {
      scene.clock.forward(12 * HOUR);
      await scene.sweep();
    }
    expect(await statesOf(id)).toEqual(['delivered', 'dead']);
  });
});

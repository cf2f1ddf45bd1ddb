import pMap from 'p-map';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDeliveries } from '../../../lib/events/deliveries.ts';
import { createOutbox } from '../../../lib/events/outbox.ts';
import { replay } from '../../../lib/events/replay.ts';
import type { ReplayInput } from '../../../lib/events/replay.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { cursors } from '../../cursors.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { deposit } from '../ledger/books.ts';
import { openScene } from './scene.ts';
import type { Scene } from './scene.ts';
import { startSubscriber } from './subscriber.ts';
import type { Subscriber } from './subscriber.ts';

const SINCE = { since: '2026-11-01T00:00:00Z' };
const HOUR = 3_600_000;
/** No more is begun in a request's last four seconds. */
const LAST_MS = 4_000;

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

const subscribe = async (ordered = false) => {
  const input = { url: subscriber.url, events: ['user.*', 'transfer.*'], ordered, createdBy: 'test' };
  const { id, secret } = await scene.subscriptions.create(input);
  subscriber.knows(secret);
  return id;
};
/** Told on two days. */
async function happened(count: number): Promise<void> {
  const outbox = createOutbox({ documents: stores.documents, table: stores.names.tables.events });
  const first = scene.clock.now() - 24 * HOUR;
  await pMap(
    Array.from({ length: count }, (_, n) => n),
    (n) => {
      const at = new Date(first + n * 60_000).toISOString();
      const what = { type: 'user.registered', service: 'URS', dataText: `{"uid":${n}}` } as const;
      return outbox.record({ id: `evt_${n}`, at, ...what });
    },
    { concurrency: 16 },
  );
}
/** One request, with so many milliseconds in which something may be begun: the clock goes on by one at each look. */
async function ask(id: string, input: ReplayInput, ms = 28_000, documents: Documents = stores.documents) {
  const { clock } = scene;
  const table = stores.names.tables.events;
  const deliveries = createDeliveries({ documents, table, cursors, clock });
  const place = { documents, table, deliveries, clock, cursors };
  return replay(await scene.subscriptions.get(id), input, { at: clock.now() + LAST_MS + ms }, place);
}
/** As often as it takes. */
async function askAll(id: string, selection: ReplayInput, ms: number, between = async () => {}) {
  const answers = [await ask(id, selection, ms)];
  for (let { cursor } = answers[0]!; cursor !== undefined; cursor = answers.at(-1)!.cursor) {
    if (answers.length > 60) throw new Error('It does not come to an end.');
    await between();
    answers.push(await ask(id, { ...selection, cursor }, ms));
  }
  return answers;
}
async function versionsOf(id: string): Promise<number[]> {
  const versions: number[] = [];
  for await (const { version } of scene.deliveries.all(id, '')) versions.push(version);
  return versions;
}
const total = (answers: { count: number }[]) => answers.reduce((sum, { count }) => sum + count, 0);
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

describe('a replay whose time is up', () => {
  it('says so with a cursor, and goes on exactly behind what it has told', async () => {
    await happened(450);
    const id = await subscribe();
    // What nobody was told yet, and then what everybody was.
    for (const version of [1, 2]) {
      const answers = await askAll(id, SINCE, 300);
      expect(answers.length).toBeGreaterThan(2);
      expect(answers.slice(0, -1).every(({ more, cursor }) => more === true && cursor !== undefined)).toBe(
        true,
      );
      expect(answers.at(-1)).toEqual({ count: expect.any(Number) as number });
      expect(total(answers)).toBe(450);
      expect(await versionsOf(id)).toEqual(times(450, version));
    }
  });

  it('repeats nothing when a cursor is used again, its answer lost', async () => {
    await happened(450);
    const id = await subscribe();
    const { count, cursor } = await ask(id, SINCE, 500);
    const next = await ask(id, { ...SINCE, cursor: cursor! });
    expect(count + next.count).toBe(450);
    expect(await ask(id, { ...SINCE, cursor: cursor! })).toEqual(next);
    expect(await versionsOf(id)).toEqual(times(450, 1));
  });

  it('refuses a cursor of another replay', async () => {
    await happened(300);
    const [id, other] = [await subscribe(), await subscribe()];
    const { cursor } = await ask(id, SINCE, 300);
    const refused = { code: 'VALIDATION_FAILED', fields: [{ field: 'cursor' }] };
    await expect(ask(other, { ...SINCE, cursor: cursor! })).rejects.toMatchObject(refused);
    await expect(ask(id, { failed: true, cursor: cursor! })).rejects.toMatchObject(refused);
    await expect(ask(id, { since: '2026-11-02T00:00:00Z', cursor: cursor! })).rejects.toMatchObject(refused);
  });

  it('tells of one account in its order, whatever is sent in between', async () => {
    for (let n = 0; n < 24; n++) await scene.ledger.post(deposit(1, '1', `D${n}`));
    await scene.flow();
    const id = await subscribe(true);
    const answers = await askAll(id, SINCE, 40, () => scene.sweep());
    await scene.sweep();
    expect(answers.length).toBeGreaterThan(1);
    expect(subscriber.transactions()).toEqual(scene.committed('user:1'));
  });

  it('of what failed tells each once more, though it fails again meanwhile', async () => {
    const id = await subscribe();
    subscriber.answer(() => 500);
    for (let n = 0; n < 20; n++) await scene.ledger.post(deposit(n + 100, '1', `D${n}`));
    await scene.flow();
    for (let tries = 0; tries < 9; tries++) {
      scene.clock.forward(12 * HOUR);
      await scene.sweep();
    }
    await scene.ledger.post(deposit(200, '1', 'WAITS'));
    await scene.flow();
    const answers = await askAll(id, { failed: true }, 30, () => scene.sweep());
    expect(answers.length).toBeGreaterThan(1);
    expect(total(answers)).toBe(21);
    subscriber.answer(() => 200);
    expect(await ask(id, { failed: true })).toEqual({ count: 21 });
    await scene.sweep();
    expect(await ask(id, { failed: true })).toEqual({ count: 0 });
  });
});

describe('a replay whose store', () => {
  /** What it makes of the writes behind the first ones. */
  const behind = (writes: number, what: () => Promise<never>): Documents => ({
    ...stores.documents,
    put: (...args) => (writes-- > 0 ? stores.documents.put(...args) : what()),
  });

  it('is away in the middle says how far it came, and goes on there', async () => {
    await happened(300);
    const id = await subscribe();
    const away = behind(250, () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'It is away.')));
    const broken = await ask(id, SINCE, 28_000, away);
    expect(broken).toEqual({ count: 200, more: true, cursor: expect.any(String) as string });
    expect(await ask(id, { ...SINCE, cursor: broken.cursor! })).toEqual({ count: 100 });
    expect(await versionsOf(id)).toEqual(times(300, 1));
  });

  it('does not answer at all still answers by its deadline', async () => {
    await happened(220);
    const id = await subscribe();
    const hanging = behind(210, () => new Promise(() => {}));
    const broken = await ask(id, SINCE, 100, hanging).catch((error: unknown) => error);
    expect(broken).toMatchObject({ more: true });
    const { count, cursor } = broken as { count: number; cursor: string };
    expect(count + (await ask(id, { ...SINCE, cursor })).count).toBe(220);
    expect(await versionsOf(id)).toEqual(times(220, 1));
  });
});

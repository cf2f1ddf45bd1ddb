import { describe, expect, it } from 'vitest';
import { seal } from '../../urs-partner.ts';
import { KEY, partner, useScenes } from './scene.ts';
import type { Scene } from './scene.ts';

const NOW = Math.floor(Date.now() / 1_000);
const MISMATCH = { status: 409, json: { success: false, code: 'IDEMPOTENCY_MISMATCH' } };

let scene: Scene;
useScenes((opened) => (scene = opened));

const balance = async (accountId: string) => (await scene.ledger.account(accountId))?.balance ?? 0n;

describe('an envelope settles under one action (H11)', () => {
  it.each([
    ['deposit', 'withdraw'],
    ['withdraw', 'deposit'],
  ])('one of %s that is delivered again to %s is refused, and moves nothing', async (own, other) => {
    const userId = own === 'deposit' ? 11 : 12;
    await scene.send('deposit', { userId, usdtAmount: 10, transactionId: `funds of ${own}` });
    const envelope = seal({ userId, usdtAmount: 1, transactionId: `once, as ${own}` }, KEY);
    const first = await scene.deliver(own, envelope);
    const held = await balance(`user:${userId}`);
    expect(await scene.deliver(other, envelope)).toMatchObject(MISMATCH);
    expect(await scene.deliver(own, envelope)).toMatchObject({ status: 200, json: { replayed: true } });
    expect((await scene.deliver(own, envelope)).json.data).toEqual(first.json.data);
    expect(await balance(`user:${userId}`)).toBe(held);
    expect(scene.alerts).toMatchObject([{ kind: 'WEBHOOK_MISMATCH' }]);
  });

  it('nor does a withdrawal that was refused become a deposit', async () => {
    const envelope = seal({ userId: 13, usdtAmount: 1, transactionId: 'refused, then minted' }, KEY);
    expect(await scene.deliver('withdraw', envelope)).toMatchObject({ status: 422 });
    expect(await scene.deliver('deposit', envelope)).toMatchObject(MISMATCH);
    expect(await balance('user:13')).toBe(0n);
  });

  it('however many actions it is delivered to at once', async () => {
    await scene.send('deposit', { userId: 14, usdtAmount: 10, transactionId: 'funds of many' });
    const envelope = seal({ userId: 14, usdtAmount: 1, transactionId: 'many at once' }, KEY);
    const actions = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'deposit' : 'withdraw'));
    const answers = await Promise.all(actions.map((action) => scene.deliver(action, envelope)));
    const settled = new Set(actions.filter((_, index) => answers[index]!.status === 200));
    expect(settled.size).toBe(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(10);
    const moved = settled.has('deposit') ? 11n : 9n;
    expect(await balance('user:14')).toBe(moved * 300n * 10n ** 10n);
  });

  it('neither an order at register, nor a registration at an order', async () => {
    const order = seal({ userId: 18, usdtAmount: 1, transactionId: 'registers' }, KEY);
    expect(await scene.deliver('register', order)).toMatchObject({ status: 422, json: { field: 'uid' } });
    const registration = seal({ uid: 18, superiors: [] }, KEY);
    expect(await scene.deliver('deposit', registration)).toMatchObject({
      status: 422,
      json: { field: 'userId' },
    });
  });

  it('a payload that names another action than the path is refused; its own, or none, is fine', async () => {
    const order = { userId: 17, usdtAmount: 1, transactionId: 'named' };
    for (const action of ['deposit', 'check', 'constructor', '', 1, {}, ['withdraw']]) {
      const { status, json } = await scene.send('withdraw', { ...order, action });
      expect([status, json.code, json.field]).toEqual([422, 'VALIDATION_FAILED', 'action']);
    }
    expect(await scene.send('register', { uid: 17, action: 'deposit' })).toMatchObject({
      json: { field: 'action' },
    });
    expect(await scene.ledger.transfer({ service: 'URS_PROMOTION', transactionId: 'named' })).toBeUndefined();
    expect(await scene.send('deposit', { ...order, action: 'deposit' })).toMatchObject({ status: 200 });
    expect(await scene.send('deposit', { ...order, action: null })).toMatchObject({
      json: { replayed: true },
    });
  });
});

describe('a registration that comes again after a newer one (M7)', () => {
  it('changes nothing, and is answered with what stands', async () => {
    const older = seal({ uid: 101, superiors: [102] }, KEY, { timestamp: NOW - 60 });
    expect(await scene.deliver('register', older)).toMatchObject({ json: { data: { created: true } } });
    const newer = seal({ uid: 101, superiors: [103] }, KEY, { timestamp: NOW - 30 });
    expect((await scene.deliver('register', newer)).json.data).toMatchObject({ superiors: [103] });

    for (const timestamp of [NOW - 60, NOW - 31]) {
      const again = seal({ uid: 101, superiors: [102, 104] }, KEY, { timestamp });
      expect(await scene.deliver('register', again)).toEqual({
        status: 200,
        json: { success: true, data: { uid: 101, superiors: [103], created: false } },
      });
    }
    // Not even by its mention: 104 is nobody.
    const { documents, names } = scene.stores;
    const person = { pk: 'USER#URS_PROMOTION#104', sk: 'PERSON' };
    expect(await documents.get(names.tables.users, person)).toBeUndefined();
    // Of the same second, or later: as it comes.
    expect(
      (await scene.send('register', { uid: 101, superiors: [] }, { timestamp: NOW - 30 })).json.data,
    ).toMatchObject({
      superiors: [],
    });
  });

  it('nor after a newer one that said the same as the one before', async () => {
    const say = (superior: number, timestamp: number) =>
      scene.send('register', { uid: 111, superiors: [superior] }, { timestamp });
    await say(112, NOW - 60);
    await say(112, NOW - 20);
    expect((await say(113, NOW - 40)).json.data).toMatchObject({ superiors: [112] });
  });

  it('nor what was said since about one of its superiors', async () => {
    await scene.send('register', { uid: 121, superiors: [122, 123] }, { timestamp: NOW - 60 });
    await scene.send('register', { uid: 122, superiors: [124] }, { timestamp: NOW - 30 });
    const again = await scene.send('register', { uid: 121, superiors: [122, 123] }, { timestamp: NOW - 60 });
    expect(again.json.data).toMatchObject({ superiors: [122, 124] });
    const late = await scene.send('register', { uid: 125, superiors: [122, 123] }, { timestamp: NOW - 40 });
    expect(late.json.data).toEqual({ uid: 125, superiors: [122, 124], created: true });
  });

  it('but a user that others have only named has registered', async () => {
    await scene.send('register', { uid: 131, superiors: [132, 133] }, { timestamp: NOW - 30 });
    const late = await scene.send('register', { uid: 132, superiors: [134] }, { timestamp: NOW - 60 });
    expect(late.json.data).toEqual({ uid: 132, superiors: [133], created: true });
  });
});

describe('two partners (M5)', () => {
  it('meet in no id, no user and no account, whether they share a book or not', async () => {
    scene.definitions = [
      partner('URS_PROMOTION', 'urs'),
      partner('URS_SISTER', 'sister', { diamondRatio: 2 }),
      partner('URS_EMERALD', 'emerald', { diamondRatio: 7, book: 'emerald', currencyType: 'EMERALD' }),
    ];
    const order = { userId: 21, usdtAmount: 1, transactionId: 'everybody uses it' };
    const paths = ['urs', 'sister', 'emerald'];
    const amounts: unknown[] = [];
    for (const path of paths) {
      const { status, json } = await scene.send('deposit', order, { path });
      expect([status, json.replayed]).toEqual([200, undefined]);
      amounts.push(json.data!['diamondAmount']);
      const again = await scene.send('deposit', order, { path });
      expect(again.json).toEqual({ ...json, replayed: true });
    }
    expect(amounts).toEqual(['300', '2', '7']);
    expect([await balance('user:21'), await balance('emerald:user:21')]).toEqual([
      302n * 10n ** 10n,
      7n * 10n ** 10n,
    ]);
    // What another has settled is no order of this one: neither to be repeated nor in the way.
    expect(await scene.send('withdraw', order, { path: 'sister' })).toMatchObject(MISMATCH);
    expect(
      await scene.ledger.transfer({ service: 'URS_EMERALD', transactionId: order.transactionId }),
    ).toMatchObject({
      book: 'emerald',
      currency: 'EMERALD',
    });
    for (const path of paths)
      await scene.send('register', { uid: 21, superiors: [path.length + 21] }, { path });
    const again = await Promise.all(
      paths.map(
        async (path) =>
          (await scene.send('register', { uid: 21, superiors: [path.length + 21] }, { path })).json,
      ),
    );
    expect(again.map(({ data }) => data!['superiors'])).toEqual([[24], [27], [28]]);
    for (const book of ['main', 'emerald']) {
      expect(await scene.ledger.trialBalance({ book, deep: true })).toMatchObject({ balanced: true });
    }
  });
});

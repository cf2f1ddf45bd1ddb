import { describe, expect, it } from 'vitest';
import { houseAccount } from '../../../lib/ledger/account-id.ts';
import { adjustBalance } from '../../../lib/partners/adjustment.ts';
import type { Adjustment } from '../../../lib/partners/adjustment.ts';
import type { PartnerDefinition } from '../../../lib/partners/definition.ts';
import { partner, useScenes } from './scene.ts';
import type { Scene } from './scene.ts';

let scene: Scene;
useScenes((opened) => (scene = opened));

/** What may have become of a definition since an order of user 7 was carried out. */
const CHANGES: [string, () => PartnerDefinition[]][] = [
  ['a ratio that makes too many decimals of it', () => [urs({ diamondRatio: '0.0000000001' })]],
  ['a ratio that makes too much of it', () => [urs({ diamondRatio: '9e17' })]],
  ['a ratio that is none', () => [urs({ diamondRatio: 'many' })]],
  ['another fund account', () => [urs({ fundUserId: 99 })]],
  ['the user as the fund account', () => [urs({ fundUserId: 7 })]],
  ['fund and control account alike', () => [urs({ fundUserId: 16 })]],
  ['fewer shards', () => [urs({ houseShards: 1 })]],
  ['more shards than there can be', () => [urs({ houseShards: 33 })]],
  ['another book', () => [urs({ book: 'emerald' })]],
  [
    'a currency that another partner of the book does not have',
    () => [urs({ currencyType: 'GOLD' }), shop()],
  ],
];
const urs = (settings: object) => partner('URS_PROMOTION', 'urs', settings);
const shop = () => partner('SHOP', 'shop');

describe('the first answer stands for ever (M4)', () => {
  it.each(CHANGES)('of a deposit and a withdrawal, after: %s', async (change, definitions) => {
    const deposit = { userId: 7, usdtAmount: '2.5', transactionId: `in: ${change}` };
    const withdrawal = { userId: 7, usdtAmount: 1, transactionId: `out: ${change}` };
    const first = [await scene.send('deposit', deposit), await scene.send('withdraw', withdrawal)];
    expect(first.map(({ status }) => status)).toEqual([200, 200]);
    const before = await scene.ledger.account('user:7');

    scene.definitions = definitions();

    for (const [index, [action, payload]] of [
      ['deposit', deposit] as const,
      ['withdraw', withdrawal] as const,
    ].entries()) {
      const again = await scene.send(action, payload);
      expect(again).toEqual({ status: 200, json: { ...first[index]!.json, replayed: true } });
    }
    // Another order under one of these ids is still another order, and nothing has moved.
    const other = await scene.send('deposit', { ...deposit, usdtAmount: '2.6' });
    expect([other.status, other.json.code]).toEqual([409, 'IDEMPOTENCY_MISMATCH']);
    expect(scene.alerts).toMatchObject([{ kind: 'WEBHOOK_MISMATCH' }]);
    expect(await scene.ledger.account('user:7')).toEqual(before);
  });

  it('but an order that was never carried out meets the settings as they are', async () => {
    const order = { userId: 8, usdtAmount: '5.5', transactionId: 'refused before' };
    expect((await scene.send('withdraw', order)).json.code).toBe('INSUFFICIENT_FUNDS');
    scene.definitions = [urs({ diamondRatio: '0.0000000001' })];
    for (const payload of [order, { ...order, transactionId: 'new' }]) {
      const { status, json } = await scene.send('withdraw', payload);
      expect([status, json.code, json.field]).toEqual([422, 'VALIDATION_FAILED', 'usdtAmount']);
    }
    scene.definitions = [urs({ diamondRatio: 'many' })];
    expect((await scene.send('withdraw', order)).status).toBe(500);
  });

  it('of an adjustment, after the control account, the book or the webhook are gone', async () => {
    const { deps } = scene;
    const adjustment: Adjustment = {
      service: 'URS_PROMOTION',
      userId: '9',
      amount: 30_000_000_000n,
      reason: 'goodwill',
      requestedBy: 'key:ops',
      transactionId: 'adjusted',
      deadlineAt: Date.now() + 20_000,
    };
    const { transfer } = await adjustBalance(adjustment, deps);
    expect(transfer.from).toBe(houseAccount('main', '16'));
    for (const definitions of [
      [urs({ controlUserId: 9 })],
      [urs({ controlUserId: 17 })],
      [urs({ book: 'emerald', currencyType: 'EMERALD' })],
      [urs({ houseShards: 0 })],
      [],
    ]) {
      scene.definitions = definitions;
      expect(await adjustBalance(adjustment, deps)).toEqual({ transfer, replayed: true });
      const other = adjustBalance({ ...adjustment, amount: -adjustment.amount }, deps);
      await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    }
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ledger, ReverseInput } from '../../../lib/ledger/ledger.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import {
  adjustment,
  balanceOf,
  deposit,
  expectBalanced,
  openLedger,
  tickingClock,
  withdrawal,
} from './books.ts';
import { troubled } from './troubled-documents.ts';
import type { Trouble } from './troubled-documents.ts';

describe('a reversal', () => {
  let stores: TestStores;
  let ledger: Ledger;
  beforeAll(async () => {
    stores = await openStores();
    ledger = openLedger(stores);
  });
  afterAll(() => stores.close());

  const back = (id: { service: string; transactionId: string }): ReverseInput => ({
    service: id.service,
    transactionId: id.transactionId,
    reason: 'paid twice',
    requestedBy: 'key:ops',
    houseShards: 16,
  });

  it('gives back what a withdrawal took, and takes back what a deposit gave', async () => {
    const [gave, took] = [deposit(1, '10'), withdrawal(1, '4')];
    await ledger.post(gave);
    await ledger.post(took);
    await ledger.reverse(back(took));
    expect(await balanceOf(ledger, 'user:1')).toBe('10');
    await ledger.reverse(back(gave));
    expect(await balanceOf(ledger, 'user:1')).toBe('0');
    await expectBalanced(ledger);
    expect((await ledger.entries('user:1')).items.map(({ type }) => type)).toEqual([
      'reversal',
      'reversal',
      'withdraw',
      'deposit',
    ]);
  });

  it('goes through the house that the transfer went through', async () => {
    const { transfer } = await ledger.adjust(adjustment('2', '5', 'by hand'));
    const reversal = await ledger.reverse(back(transfer));
    expect(reversal).toMatchObject({ from: 'user:2', to: 'house:16', reverses: 'by hand' });
    await expectBalanced(ledger);
  });

  it('happens once, however many ask at the same time (L7)', async () => {
    const order = deposit(3, '10');
    await ledger.post(order);
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => ledger.reverse(back(order))));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const reasons = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    const { reversedBy } = (await ledger.transfer(order))!;
    const refused = {
      code: 'ALREADY_REVERSED',
      message: `It was reversed before, by ${reversedBy}.`,
      members: { reversedBy },
    };
    expect(reasons).toMatchObject(Array.from({ length: 11 }, () => refused));
    expect(await balanceOf(ledger, 'user:3')).toBe('0');
    await expectBalanced(ledger);
  });

  it.each<Trouble>(['error-after', 'error-before', 'balance-conflict', 'row-conflict'])(
    'happens once and says so, through: %s',
    async (trouble) => {
      const order = deposit(4, '10');
      await ledger.post(order);
      const meets = [trouble, trouble];
      const documents = troubled(stores.documents, () => meets.shift());
      const reversal = await openLedger(stores, { documents, clock: tickingClock() }).reverse(back(order));
      expect(reversal.reverses).toBe(order.transactionId);
      expect(await ledger.transfer(order)).toMatchObject({
        status: 'SETTLED',
        reversedBy: reversal.transactionId,
      });
      expect(await ledger.transfer(reversal)).toEqual(reversal);
      expect(await balanceOf(ledger, 'user:4')).toBe('0');
    },
  );

  it('is refused where the user has spent it, and can be asked for again', async () => {
    const order = deposit(5, '10');
    await ledger.post(order);
    const spent = withdrawal(5, '1');
    await ledger.post(spent);
    await expect(ledger.reverse(back(order))).rejects.toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
      message: 'The balance does not cover what would be taken back.',
    });
    expect(await ledger.transfer(order)).not.toHaveProperty('reversedBy');
    await ledger.reverse(back(spent));
    await ledger.reverse(back(order));
    expect(await balanceOf(ledger, 'user:5')).toBe('0');
  });

  it('is of what has settled, and not of a reversal', async () => {
    await expect(ledger.reverse(back({ service: 'URS', transactionId: 'none' }))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const refused = withdrawal(6, '1');
    await ledger.post(refused).catch(() => undefined);
    await expect(ledger.reverse(back(refused))).rejects.toMatchObject({ code: 'NOT_REVERSIBLE' });
    const waiting = deposit(6, '1');
    await ledger.post({ ...waiting, settlement: 'QUEUED' });
    await expect(ledger.reverse(back(waiting))).rejects.toMatchObject({ code: 'NOT_REVERSIBLE' });
    const settled = deposit(6, '1');
    await ledger.post(settled);
    const reversal = await ledger.reverse(back(settled));
    await expect(ledger.reverse(back(reversal))).rejects.toMatchObject({ code: 'NOT_REVERSIBLE' });
  });

  it('is given up at its own deadline while the store is busy, and then nothing has moved', async () => {
    const order = deposit(8, '10');
    await ledger.post(order);
    const clock = tickingClock();
    const documents = troubled(stores.documents, () => 'balance-conflict');
    const busy = openLedger(stores, { documents, clock });
    const deadlineAt = clock.now() + 1_000;
    await expect(busy.reverse({ ...back(order), deadlineAt })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(clock.now()).toBeLessThanOrEqual(deadlineAt);
    expect(await balanceOf(ledger, 'user:8')).toBe('10');
    expect(await ledger.transfer(order)).not.toHaveProperty('reversedBy');
  });

  it('that another one has overtaken says so, not that the user has spent it', async () => {
    const order = deposit(9, '10');
    await ledger.post(order);
    let first = true;
    const documents = {
      ...stores.documents,
      transact: async (...args: Parameters<typeof stores.documents.transact>) => {
        if (first) {
          first = false;
          await ledger.reverse(back(order));
        }
        return stores.documents.transact(...args);
      },
    };
    await expect(openLedger(stores, { documents }).reverse(back(order))).rejects.toMatchObject({
      code: 'ALREADY_REVERSED',
    });
    expect(await balanceOf(ledger, 'user:9')).toBe('0');
  });

  it('leaves the first answer of an order as it was', async () => {
    const order = deposit(7, '1');
    const { transfer } = await ledger.post(order);
    const { transactionId } = await ledger.reverse(back(order));
    expect(await ledger.post(order)).toEqual({
      transfer: { ...transfer, reversedBy: transactionId },
      replayed: true,
    });
    expect(await balanceOf(ledger, 'user:7')).toBe('0');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransactionCancelled } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { formatDecimal } from '../../../lib/ledger/decimal.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import {
  BOOK,
  SERVICE,
  adjustment,
  balanceOf,
  deposit,
  expectBalanced,
  openLedger,
  tickingClock,
  units,
  withdrawal,
} from './books.ts';
import { reticent } from './troubled-documents.ts';

describe('ledger', () => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());

  it('settles a deposit and a withdrawal, and knows them again', async () => {
    const ledger = openLedger(stores);
    const order = {
      ...deposit(10_002, '12.5', 'order-1'),
      asked: { amount: units('1.25'), currency: 'USDT' },
    };

    const first = await ledger.post(order);

    expect(first).toEqual({
      replayed: false,
      transfer: {
        service: SERVICE,
        transactionId: 'order-1',
        book: 'main',
        type: 'deposit',
        status: 'SETTLED',
        from: 'house:15',
        to: 'user:10002',
        amount: units('12.5'),
        currency: 'DIAMOND',
        asked: { amount: units('1.25'), currency: 'USDT' },
        requestedBy: 'URS_PROMOTION',
        createdAt: '2026-11-21T04:00:00.001Z',
        settledAt: '2026-11-21T04:00:00.002Z',
        attempts: 1,
        history: [{ status: 'SETTLED', at: '2026-11-21T04:00:00.002Z' }],
      },
    });
    expect(await openLedger(stores).post(order)).toEqual({ transfer: first.transfer, replayed: true });
    expect(await ledger.transfer({ service: SERVICE, transactionId: 'order-1' })).toEqual(first.transfer);
    expect(await ledger.transfer({ service: SERVICE, transactionId: 'order-2' })).toBeUndefined();
    // Of an order that could not be posted as settings are now, what it was answered with then.
    const content = { type: order.type, house: order.house, userId: '10002', wanted: order.asked };
    expect(await ledger.firstAnswer(order, content)).toEqual({ transfer: first.transfer, replayed: true });
    expect(await ledger.firstAnswer({ ...order, transactionId: 'order-2' }, content)).toBeUndefined();
    await expect(ledger.firstAnswer(order, { ...content, userId: '7' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });

    await ledger.post(withdrawal(10_002, '2.5'));
    expect(await balanceOf(ledger, 'user:10002')).toBe('10');
    expect(await balanceOf(ledger, 'house:15')).toBe('-10');
    expect(await balanceOf(ledger, 'house:16')).toBeUndefined();
    expect(await ledger.account('user:404')).toBeUndefined();
    await expectBalanced(ledger);
  });

  it('E13: keeps every digit of the largest and the smallest amount', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(1_001, '123456789012345678.0123456789'));
    await ledger.post(deposit(1_001, '0.0000000001'));
    await ledger.post(deposit(1_001, '9007199254740993'));
    await ledger.post(withdrawal(1_001, '1.0e-10'));
    expect(await balanceOf(ledger, 'user:1001')).toBe('132463988267086671.0123456789');

    await ledger.post(deposit(1_002, '1.0000000001'));
    await expect(ledger.post(withdrawal(1_002, '1.0000000002'))).rejects.toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
    });
    await ledger.post(withdrawal(1_002, '1.0000000001'));
    expect(await balanceOf(ledger, 'user:1002')).toBe('0');
    await expectBalanced(ledger);
  });

  it('refuses an order that is none, naming what is wrong, and writes nothing', async () => {
    const ledger = openLedger(stores);
    const wrong = async (change: object) => {
      const attempt = ledger.post({ ...deposit(7, '1', 'never'), ...change });
      return attempt.then(
        () => 'settled',
        (error: { fields?: { field: string }[] }) => error.fields?.map(({ field }) => field).join(),
      );
    };
    expect(await wrong({ amount: 0n })).toBe('amount');
    expect(await wrong({ amount: -1n })).toBe('amount');
    expect(await wrong({ amount: 10n ** 28n })).toBe('amount');
    expect(await wrong({ asked: { amount: 0n, currency: 'USDT' } })).toBe('asked.amount');
    expect(await wrong({ to: 'user:15' })).toBe('userId');
    expect(await wrong({ to: 'user:16' })).toBe('userId');
    expect(await wrong({ to: 'user:0' })).toBe('userId');
    expect(await wrong({ to: 'user:-1' })).toBe('userId');
    expect(await wrong({ to: 'user:1#2' })).toBe('userId');
    expect(await wrong({ to: 'house:16' })).toBe('userId');
    expect(await wrong({ to: 'emerald:user:7' })).toBe('userId');
    expect(await wrong({ from: 'user:8' })).toBe('from');
    expect(await wrong({ from: 'house:17' })).toBe('from');
    expect(await wrong({ from: 'emerald:house:15' })).toBe('from');
    expect(await wrong({ service: '' })).toBe('service');
    expect(await wrong({ service: 'A#B' })).toBe('service');
    expect(await wrong({ transactionId: '' })).toBe('transactionId');
    expect(await wrong({ transactionId: 'x'.repeat(129) })).toBe('transactionId');
    expect(await wrong({ transactionId: 'a\nb' })).toBe('transactionId');
    expect(await wrong({ transactionId: '\ud800' })).toBe('transactionId');
    expect(await wrong({ reason: 'x'.repeat(201) })).toBe('reason');
    expect(await ledger.transfer({ service: SERVICE, transactionId: 'never' })).toBeUndefined();
  });

  it('H8: half a character anywhere is the input’s fault, not the store’s', async () => {
    const ledger = openLedger(stores);
    const half = '\ud800';
    const refused = (field: string) => ({
      code: 'VALIDATION_FAILED',
      fields: expect.arrayContaining([expect.objectContaining({ field })]) as unknown,
    });
    const order = { type: 'deposit' as const, house: 'from' as const, userId: '7', wanted: { amount: 1n } };
    for (const [work, field] of [
      [() => ledger.transfer({ service: SERVICE, transactionId: half }), 'transactionId'],
      [() => ledger.transfer({ service: `A${half}`, transactionId: 'x' }), 'service'],
      [() => ledger.find(`x${half}y`, [SERVICE]), 'transactionId'],
      [() => ledger.find('x', [SERVICE, half]), 'service'],
      [() => ledger.firstAnswer({ service: SERVICE, transactionId: half }, order), 'transactionId'],
      [() => ledger.account(`user:${half}`), 'accountId'],
      [() => ledger.account(half), 'accountId'],
      [() => ledger.entries(`${half}:user:7`), 'accountId'],
      [() => ledger.entries('user:7', { cursor: half }), 'cursor'],
      [() => ledger.entries('house:15', { cursor: half }), 'cursor'],
      [() => ledger.entries('user:7', { from: half }), 'from'],
      [() => ledger.entries('user:7', { to: half }), 'to'],
      [() => ledger.trialBalance({ book: half }), 'book'],
      [() => ledger.currencyOf(half), 'book'],
      [() => ledger.post(deposit(7, '1', half)), 'transactionId'],
      [() => ledger.post(deposit(7, '1', 'x', { service: half })), 'service'],
      [() => ledger.adjust({ ...adjustment('7', '1', 'x'), reason: half }), 'reason'],
      [() => ledger.adjust(adjustment(half, '1', 'x')), 'userId'],
      [() => ledger.adjust({ ...adjustment('7', '1', 'x'), requestedBy: half }), 'requestedBy'],
    ] as const) {
      await expect(work()).rejects.toMatchObject(refused(field));
    }
  });

  it('E9: the same id with another amount, user or action is refused and moves nothing', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(1_101, '5', 'taken'));
    const before = await balanceOf(ledger, 'house:15');
    for (const other of [
      deposit(1_101, '5.0000000001', 'taken'),
      deposit(1_102, '5', 'taken'),
      withdrawal(1_101, '5', 'taken'),
      // Not even "balance short" is said about an order that is not this one.
      withdrawal(1_101, '500', 'taken'),
    ]) {
      await expect(ledger.post(other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    }
    expect(await balanceOf(ledger, 'user:1101')).toBe('5');
    expect(await balanceOf(ledger, 'house:15')).toBe(before);
    // Another kind of the same amount for the same user is another order, too.
    await expect(ledger.adjust(adjustment('1101', '5', 'taken'))).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });
  });

  it('knows an order again after the conversion ratio has changed', async () => {
    const ledger = openLedger(stores);
    const asked = { amount: units('1'), currency: 'USDT' };
    const order = { ...deposit(1_151, '10', 'ratio'), asked };
    const first = await ledger.post(order);
    const retry = { ...order, amount: units('12') };
    expect(await ledger.post(retry)).toEqual({ transfer: first.transfer, replayed: true });
    for (const other of [
      { ...asked, amount: units('1.2') },
      { ...asked, currency: 'USDC' },
    ]) {
      await expect(ledger.post({ ...order, asked: other })).rejects.toMatchObject({
        code: 'IDEMPOTENCY_MISMATCH',
      });
    }
  });

  it('L8: a withdrawal before the deposit that funds it is refused, then right', async () => {
    const clock = tickingClock();
    const ledger = openLedger(stores, { clock });
    const early = withdrawal(1_201, '30', 'early');

    await expect(ledger.post(early)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS', retryable: false });
    const refused = await ledger.transfer({ service: SERVICE, transactionId: 'early' });
    expect(refused).toMatchObject({ status: 'REJECTED', attempts: 1 });
    expect(refused).not.toHaveProperty('settledAt');
    await expect(ledger.post(early)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    expect(await ledger.transfer({ service: SERVICE, transactionId: 'early' })).toMatchObject({
      attempts: 2,
      createdAt: refused!.createdAt,
    });
    // A refused id still stands for its order.
    await expect(ledger.post(withdrawal(1_201, '31', 'early'))).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });

    await ledger.post(deposit(1_201, '40'));
    const settled = await ledger.post(early);
    expect(settled).toMatchObject({ replayed: false, transfer: { status: 'SETTLED' } });
    expect(await ledger.post(early)).toEqual({ ...settled, replayed: true });
    expect(await balanceOf(ledger, 'user:1201')).toBe('10');
    await expectBalanced(ledger);
  });

  it('keeps when it was first asked for, every try and what it has been, through refusals (M9)', async () => {
    const ledger = openLedger(stores);
    const order = withdrawal(1_251, '30', 'history');
    for (const _ of [1, 2])
      await expect(ledger.post(order)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    const refused = (await ledger.transfer(order))!;
    expect(refused).toMatchObject({
      attempts: 2,
      history: [{ status: 'REJECTED', at: expect.any(String) as string, cause: 'INSUFFICIENT_FUNDS' }],
    });
    await ledger.post(deposit(1_251, '30'));

    const { transfer } = await ledger.post(order);
    expect(transfer).toMatchObject({ status: 'SETTLED', createdAt: refused.createdAt, attempts: 3 });
    expect(transfer.history).toEqual([...refused.history, { status: 'SETTLED', at: transfer.settledAt }]);
    expect(await ledger.transfer(order)).toEqual(transfer);
    expect(await ledger.post(order)).toEqual({ transfer, replayed: true });
  });

  it('adjusts through the control account, both ways, with a reason', async () => {
    const ledger = openLedger(stores);
    const gift = { ...adjustment('1301', '3', 'adj-1'), reason: '补偿 for the outage of 2026-11-20' };
    const { transfer } = await ledger.adjust(gift);
    expect(transfer).toMatchObject({
      type: 'adjustment',
      from: 'house:16',
      to: 'user:1301',
      amount: units('3'),
    });
    expect(await ledger.adjust(gift)).toEqual({ transfer, replayed: true });
    await expect(ledger.adjust({ ...gift, amount: units('-3') })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });
    await ledger.adjust({ ...gift, amount: units('-1'), transactionId: 'adj-2' });
    await expect(
      ledger.adjust({ ...gift, amount: units('-2.1'), transactionId: 'adj-3' }),
    ).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await expect(ledger.adjust({ ...gift, amount: 0n })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
    expect(await balanceOf(ledger, 'house:16')).toBe('-2');
    await expectBalanced(ledger);
  });

  it('still counts what stands on shards that are no longer written to', async () => {
    const fresh = await openStores();
    try {
      const ledger = openLedger(fresh);
      const split = (houseShards: number) => deposit(1, '1', undefined, { book: { ...BOOK, houseShards } });
      for (let i = 0; i < 40; i++) await ledger.post(split(32));
      await ledger.post(split(2));
      expect(await ledger.account('house:15')).toMatchObject({ balance: units('-41'), entries: 41 });
      await expectBalanced(ledger);
      for (const shards of [0, 1.5, 33]) {
        await expect(ledger.post(split(shards))).rejects.toMatchObject({ code: 'CONFIGURATION_ERROR' });
      }
    } finally {
      await fresh.close();
    }
  });

  it('refuses what would take a balance past 38 digits, and moves nothing', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(1_401, '1'));
    // A billion of the largest transfers, in one stroke.
    await stores.documents.update(
      stores.names.tables.ledger,
      { pk: 'ACCT#user:1401', sk: 'BALANCE' },
      'SET balance = :balance',
      { values: { ':balance': 10n ** 27n + 1n } },
    );
    await expect(ledger.post(deposit(1_401, '1'))).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(await balanceOf(ledger, 'user:1401')).toBe(formatDecimal((10n ** 27n + 1n) * 10n ** 10n));
    await ledger.post(withdrawal(1_401, '1'));
    expect(await balanceOf(ledger, 'user:1401')).toBe(formatDecimal(10n ** 37n));
  });

  it("likewise a house's, at either end", async () => {
    const book = { ...BOOK, name: 'edge', houseShards: 1 };
    const ledger = openLedger(stores);
    await ledger.post(deposit(1_501, '10', undefined, { book }));
    const key = { pk: 'ACCT#edge:house:15#00', sk: 'BALANCE' };
    const set = (balance: bigint) =>
      stores.documents.update(stores.names.tables.ledger, key, 'SET balance = :balance', {
        values: { ':balance': balance },
      });
    const full = { code: 'VALIDATION_FAILED', fields: [expect.objectContaining({ field: 'amount' })] };
    await set(-(10n ** 27n) - 1n);
    await expect(ledger.post(deposit(1_501, '1', undefined, { book }))).rejects.toMatchObject(full);
    await ledger.post(withdrawal(1_501, '1', undefined, { book }));
    await set(10n ** 27n + 1n);
    await expect(ledger.post(withdrawal(1_501, '1', undefined, { book }))).rejects.toMatchObject(full);
    await ledger.post(deposit(1_501, '1', undefined, { book }));
    expect(await balanceOf(ledger, 'edge:user:1501')).toBe('10');
  });

  it('reads what has been written, where it must not read what was there before', async () => {
    const { documents } = stores;
    /** The worst that a read without `consistent` may do: it has seen none of it yet. */
    const behind: Documents = {
      ...documents,
      get: async (table, key, options) =>
        options?.consistent ? documents.get(table, key, options) : undefined,
      batchGet: async (table, keys, options) =>
        options?.consistent ? documents.batchGet(table, keys, options) : [],
      scan: async (input) => (input.consistent ? documents.scan(input) : { items: [] }),
    };
    const ledger = openLedger(stores, { documents: reticent(behind) });
    const book = { ...BOOK, name: 'strong' };
    const order = deposit(1_601, '3', 'strong', { book });
    await ledger.post(order);
    expect(await ledger.post(order)).toMatchObject({ replayed: true });
    expect(await ledger.transfer(order)).toMatchObject({ status: 'SETTLED' });
    expect(await ledger.find('strong', [SERVICE])).toMatchObject({ status: 'SETTLED' });
    expect(await balanceOf(ledger, 'strong:user:1601')).toBe('3');
    expect(await balanceOf(ledger, 'strong:house:15')).toBe('-3');
    expect(await ledger.currencyOf('strong')).toBe('DIAMOND');
    for (const account of ['strong:user:1601', 'strong:house:15'])
      expect((await ledger.entries(account)).items).toHaveLength(1);
    expect(await ledger.trialBalance({ book: 'strong', deep: true })).toMatchObject({
      balanced: true,
      transfers: 1,
      users: 1,
    });
    // A house's shards and many accounts are read otherwise where no snapshot is to be had.
    const noSnapshot = openLedger(stores, {
      documents: {
        ...behind,
        transactGet: () =>
          Promise.reject(new TransactionCancelled([{ code: 'TransactionConflict', item: undefined }])),
      },
    });
    expect(await balanceOf(noSnapshot, 'strong:house:15')).toBe('-3');
    expect(await noSnapshot.trialBalance({ book: 'strong' })).toMatchObject({ balanced: true, users: 1 });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Book } from '../../../lib/ledger/book.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { BOOK, balanceOf, deposit, expectBalanced, openLedger, units, withdrawal } from './books.ts';
import { counted } from './troubled-documents.ts';

const EMERALD: Book = { name: 'emerald', currency: 'EMERALD', houses: ['15', '16', '25'], houseShards: 4 };

describe('a transfer belongs to the service that ordered it (M5)', () => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());

  it('two services may use one id: each has its own transfer, and its own first answer', async () => {
    const ledger = openLedger(stores);
    const ours = deposit(1, '1', 'shared', { service: 'PARTNER_A' });
    const theirs = withdrawal(1, '1', 'shared', { service: 'PARTNER_B' });
    const first = await ledger.post(ours);
    expect(await ledger.post(theirs)).toMatchObject({ replayed: false, transfer: { service: 'PARTNER_B' } });
    expect(await ledger.post(ours)).toEqual({ ...first, replayed: true });
    expect(await ledger.transfer(ours)).toEqual(first.transfer);
    expect(await ledger.transfer(theirs)).toMatchObject({ type: 'withdraw', service: 'PARTNER_B' });
    expect(await ledger.transfer({ ...ours, service: 'PARTNER_C' })).toBeUndefined();
    expect(await balanceOf(ledger, 'user:1')).toBe('0');
    const { items } = await ledger.entries('user:1');
    expect(items.map(({ service }) => service)).toEqual(['PARTNER_B', 'PARTNER_A']);
  });

  it('keeps apart what two services settle for one user in one millisecond', async () => {
    const stopped = { now: () => Date.parse('2026-11-21T04:00:00Z'), sleep: () => Promise.resolve() };
    const ledger = openLedger(stores, { clock: stopped });
    const services = ['PARTNER_A', 'PARTNER_B', 'PARTNER_C'];
    for (const service of services) await ledger.post(deposit(2, '1', 'at once', { service }));
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await ledger.entries('user:2', { limit: 1, ...(cursor ? { cursor } : {}) });
      found.push(...page.items.map(({ service }) => service));
      cursor = page.cursor;
    } while (cursor);
    expect(found.toSorted()).toEqual(services);
  });

  it('an id that holds the border between the two is no other id', async () => {
    const ledger = openLedger(stores);
    const { transfer } = await ledger.post(deposit(3, '1', 'x#y', { service: 'A' }));
    expect(await ledger.transfer({ service: 'A', transactionId: 'x#y' })).toEqual(transfer);
    expect(await ledger.transfer({ service: 'A#x', transactionId: 'y' })).toBeUndefined();
  });

  it('is found by its id alone, with one request, unless several services know the id', async () => {
    const { documents, counts } = counted(stores.documents);
    const ledger = openLedger(stores, { documents });
    const all = ['PARTNER_A', 'PARTNER_B', 'PARTNER_C'];
    const { transfer } = await ledger.post(deposit(4, '1', 'mine', { service: 'PARTNER_B' }));
    expect(await ledger.find('mine', all)).toEqual(transfer);
    expect(counts).toEqual({ transact: 1, batchGet: 1 });
    expect(await ledger.find('nobody knows', all)).toBeUndefined();
    expect(await ledger.find('mine', [])).toBeUndefined();
    expect(await ledger.find('x'.repeat(3_000), all)).toBeUndefined();
    await ledger.post(deposit(5, '2', 'mine', { service: 'PARTNER_A' }));
    expect(await ledger.find('mine', ['PARTNER_A'])).toMatchObject({ to: 'user:5' });
    await expect(ledger.find('mine', all)).rejects.toMatchObject({
      code: 'AMBIGUOUS_TRANSFER',
      message: 'Known to PARTNER_A, PARTNER_B: say whose with ?service=.',
      fields: [{ field: 'service', message: 'must be one of PARTNER_A, PARTNER_B' }],
    });
    expect(await ledger.find('mine', ['PARTNER_B', 'PARTNER_C'])).toEqual(transfer);
  });
});

describe('books', () => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());

  it('have accounts, a currency, house accounts and a trial balance of their own', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(7, '10'));
    const { transfer } = await ledger.post(deposit(7, '3', 'emerald', { service: 'GEMS', book: EMERALD }));
    expect(transfer).toMatchObject({
      book: 'emerald',
      currency: 'EMERALD',
      from: 'emerald:house:15',
      to: 'emerald:user:7',
    });
    // 25 is a house there, and a user here.
    await ledger.post(deposit(25, '1'));
    await expect(
      ledger.post(deposit(25, '1', undefined, { service: 'GEMS', book: EMERALD })),
    ).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });

    expect(await ledger.account('user:7')).toMatchObject({ book: 'main', currency: 'DIAMOND' });
    expect(await ledger.account('emerald:user:7')).toEqual({
      accountId: 'emerald:user:7',
      book: 'emerald',
      currency: 'EMERALD',
      balance: units('3'),
      entries: 1,
    });
    expect(await balanceOf(ledger, 'emerald:house:15')).toBe('-3');
    expect(await balanceOf(ledger, 'house:15')).toBe('-11');
    expect((await ledger.entries('emerald:user:7')).items).toHaveLength(1);
    expect((await ledger.entries('emerald:house:15')).items).toMatchObject([{ service: 'GEMS' }]);
    await expect(ledger.account('main:user:7')).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await expect(ledger.account('Emerald:user:7')).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });

    expect(await ledger.trialBalance({ book: 'emerald', deep: true })).toMatchObject({
      book: 'emerald',
      currency: 'EMERALD',
      total: 0n,
      users: 1,
      userTotal: units('3'),
      houses: [{ accountId: 'emerald:house:15', balance: units('-3') }],
      transfers: 1,
      balanced: true,
    });
    expect(await ledger.trialBalance({ deep: true })).toMatchObject({ userTotal: units('11'), transfers: 2 });
    const nowhere = await ledger.trialBalance({ book: 'ruby', deep: true });
    expect(nowhere).toMatchObject({ accounts: 0, transfers: 0, balanced: true });
    expect(nowhere).not.toHaveProperty('currency');
  });

  it('may be called as what is in them', async () => {
    const ledger = openLedger(stores);
    const book = { ...EMERALD, name: 'house' };
    await ledger.post(deposit(8, '1', undefined, { service: 'GEMS', book }));
    await ledger.post(withdrawal(8, '1', undefined, { service: 'GEMS', book }));
    expect(await balanceOf(ledger, 'house:user:8')).toBe('0');
    await expectBalanced(ledger, 'house');
  });

  it('knows an order again after its service has moved to another book', async () => {
    const ledger = openLedger(stores);
    const asked = { amount: units('1'), currency: 'USDT' };
    const first = await ledger.post({ ...deposit(9, '5', 'moved'), asked });
    const again = { ...deposit(9, '5', 'moved', { book: EMERALD }), asked };
    expect(await ledger.post(again)).toEqual({ ...first, replayed: true });
    expect(await ledger.account('emerald:user:9')).toBeUndefined();
  });

  it('keep to the currency they began with, whatever the settings say later', async () => {
    const ledger = openLedger(stores);
    const oneShard = { ...BOOK, houseShards: 1 };
    const renamed = { book: { ...oneShard, currency: 'GOLD' } };
    await ledger.post(deposit(10, '5', undefined, { book: oneShard }));
    const before = await ledger.trialBalance({ deep: true });
    for (const order of [
      deposit(10, '1', 'gold in', renamed),
      withdrawal(10, '1', 'gold out', renamed),
      withdrawal(10, '100', 'too much gold out', renamed),
    ]) {
      await expect(ledger.post(order)).rejects.toMatchObject({ code: 'CONFIGURATION_ERROR' });
      // Not even a refusal is kept: once the setting is mended, the order is as new.
      expect(await ledger.transfer(order)).toBeUndefined();
    }
    // Nobody has paid this user yet: it is the house's shard that holds diamonds.
    await expect(ledger.post(deposit(12, '1', 'gold for the new', renamed))).rejects.toMatchObject({
      code: 'CONFIGURATION_ERROR',
    });
    expect(await ledger.trialBalance({ deep: true })).toMatchObject({
      userTotal: before.userTotal,
      balanced: true,
    });
  });

  it('the trial balance names an account that holds something else', async () => {
    const fresh = await openStores();
    try {
      const ledger = openLedger(fresh);
      await ledger.post(deposit(1, '1'));
      await fresh.documents.update(
        fresh.names.tables.ledger,
        { pk: 'ACCT#user:1', sk: 'BALANCE' },
        'SET currency = :gold',
        { values: { ':gold': 'GOLD' } },
      );
      expect(await ledger.trialBalance()).toMatchObject({
        balanced: false,
        violations: [{ accountId: 'user:1', problem: 'holds GOLD' }],
      });
    } finally {
      await fresh.close();
    }
  });

  it.each([
    ['Main', 'DIAMOND'],
    ['', 'DIAMOND'],
    ['a b', 'DIAMOND'],
    ['emerald', ''],
    ['emerald', 'x y'],
  ])('refuses a book called %j that counts %j', async (name, currency) => {
    const order = deposit(1, '1', undefined, { book: { ...BOOK, name, currency } });
    await expect(openLedger(stores).post(order)).rejects.toMatchObject({ code: 'CONFIGURATION_ERROR' });
  });
});

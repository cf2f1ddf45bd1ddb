import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Documents, Item } from '../../../lib/vendors/dynamodb/documents.ts';
import { houseAccount, userAccount } from '../../../lib/ledger/account-id.ts';
import type { Book } from '../../../lib/ledger/book.ts';
import { balanceKey, shardId, shardOf, transferKey } from '../../../lib/ledger/keys.ts';
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
import { meteredDocuments } from './metered-documents.ts';

describe('trial balance', () => {
  let stores: TestStores;
  beforeEach(async () => {
    stores = await openStores();
  });
  afterEach(() => stores.close());

  const edit = (key: string, sort: string, update: string, values: Record<string, unknown>) =>
    stores.documents.update(stores.names.tables.ledger, { pk: key, sk: sort }, update, { values });

  it('is zero for books nobody has written in', async () => {
    expect(await openLedger(stores).trialBalance({ deep: true })).toMatchObject({
      total: 0n,
      accounts: 0,
      transfers: 0,
      balanced: true,
    });
  });

  it('sums up accounts, users and houses', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(1, '10'));
    await ledger.post(deposit(2, '5.5'));
    await ledger.post(withdrawal(1, '3'));
    await ledger.adjust(adjustment('2', '1', 'a'));
    expect(await ledger.trialBalance({ deep: true })).toEqual({
      book: 'main',
      currency: 'DIAMOND',
      total: 0n,
      accounts: 4,
      users: 2,
      userTotal: units('13.5'),
      houses: [
        { accountId: 'house:15', balance: units('-12.5') },
        { accountId: 'house:16', balance: units('-1') },
      ],
      consistent: true,
      violations: [],
      transfers: 4,
      balanced: true,
      checkedAt: expect.stringMatching(/^2026-11-21T04:00:\d\d\.\d{3}Z$/) as string,
    });
  });

  it('waits for the index to list a new account', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(1, '10'));
    let lag = 3;
    const behind: Documents = {
      ...stores.documents,
      query: async (input) => {
        const page = await stores.documents.query(input);
        return lag-- > 0
          ? { ...page, items: page.items.filter((item) => item['gsi1sk'] !== 'user:1') }
          : page;
      },
    };
    expect(await openLedger(stores, { documents: behind }).trialBalance()).toMatchObject({
      total: 0n,
      balanced: true,
    });
  });

  const shard = (transactionId: string) => shardOf({ service: SERVICE, transactionId }, BOOK.houseShards);
  const someId = (fits: (id: string) => boolean): string =>
    Array.from({ length: 1_000 }, (_, n) => `other-${n}`).find(fits)!;

  /** The index lacks these, for as long as it takes. */
  const lacking = (...names: string[]): Documents => ({
    ...stores.documents,
    query: async (input) => {
      const page = await stores.documents.query(input);
      return { ...page, items: page.items.filter((item) => !names.includes(String(item['gsi1sk']))) };
    },
  });

  it('an account and a shard that the index both lacks, and that counted as often, are no imbalance (M6)', async () => {
    const ledger = openLedger(stores);
    const other = someId((id) => shard(id) !== shard('one'));
    await ledger.post(deposit(1, '10', 'one'));
    await ledger.post(deposit(2, '3', other));
    const documents = lacking('user:1', shardId(houseAccount('main', '15'), shard(other)));
    expect(await openLedger(stores, { documents }).trialBalance()).toMatchObject({
      total: 0n,
      accounts: 3,
      balanced: true,
    });
  });

  it('an account that is new since all were listed is no imbalance (M6)', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(1, '10', 'one'));
    const beside = someId((id) => shard(id) === shard('one'));
    let isNew = true;
    const documents: Documents = {
      ...lacking('user:1'),
      scan: async (input) => {
        const page = await stores.documents.scan(input);
        if (isNew) await ledger.post(deposit(2, '3', beside));
        isNew = false;
        return page;
      },
    };
    expect(await openLedger(stores, { documents }).trialBalance()).toMatchObject({
      total: 0n,
      accounts: 3,
      balanced: true,
    });
  });

  it('names a balance edited by hand', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(1, '10', 'one'));
    await ledger.post(deposit(2, '10', 'two'));
    await edit('ACCT#user:1', 'BALANCE', 'SET balance = :b', { ':b': 11 });
    await edit('ACCT#user:2', 'BALANCE', 'SET balance = :b', { ':b': 9 });
    // Two faults that cancel out: the sum is zero all the same.
    expect(await ledger.trialBalance()).toMatchObject({ total: 0n, balanced: true });
    expect(await ledger.trialBalance({ deep: true })).toMatchObject({
      total: 0n,
      balanced: false,
      violations: [
        { accountId: 'user:1', problem: 'its balance is not the sum of its transfers' },
        { accountId: 'user:2', problem: 'its balance is not the sum of its transfers' },
      ],
    });
    await edit('ACCT#user:1', 'BALANCE', 'SET balance = :b', { ':b': -1 });
    expect(await ledger.trialBalance()).toMatchObject({
      total: units('-12'),
      violations: [{ accountId: 'user:1', problem: 'is below zero' }],
    });
  });

  it('names the accounts of a movement that is gone, or was made up', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(1, '10', 'one'));
    await ledger.post(deposit(2, '10', 'two'));
    const { ledger: table } = stores.names.tables;
    const key = { pk: `TX#${SERVICE}#one`, sk: 'TRANSFER' };
    const row = (await stores.documents.get(table, key))!;
    const wrong = (...accounts: string[]) =>
      accounts.flatMap((accountId) => [
        { accountId, problem: 'its balance is not the sum of its transfers' },
        { accountId, problem: 'it has not as many transfers as it counted' },
      ]);
    await stores.documents.delete(table, key);
    const gone = await ledger.trialBalance({ deep: true });
    expect(gone).toMatchObject({ balanced: false, total: 0n, transfers: 1 });
    expect(gone.violations).toHaveLength(4);
    expect(gone.violations).toEqual(expect.arrayContaining(wrong('user:1', 'house:15')));
    await stores.documents.put(table, row);
    await expectBalanced(ledger);
    // Settled long ago, and counted by nobody.
    const old = {
      pk: `TX#${SERVICE}#old`,
      settledAt: '2020-01-01T00:00:00.000Z',
      from: 'user:2',
      to: 'house:15',
    };
    await stores.documents.put(table, { ...row, ...old, type: 'withdraw' });
    const made = await ledger.trialBalance({ deep: true });
    expect(made).toMatchObject({ balanced: false, total: 0n, transfers: 3 });
    expect(made.violations).toEqual(expect.arrayContaining(wrong('user:2', 'house:15')));
    await stores.documents.put(table, { ...row, ...old, to: 'user:3', from: 'house:15' });
    expect((await ledger.trialBalance({ deep: true })).violations).toEqual(
      expect.arrayContaining([{ accountId: 'user:3', problem: 'has transfers, but no balance' }]),
    );
  });

  it('names counts that were changed by hand, also where they cancel out', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(1, '10', 'one', { book: { ...BOOK, houseShards: 1 } }));
    await edit('ACCT#user:1', 'BALANCE', 'ADD entries :n', { ':n': 1 });
    expect(await ledger.trialBalance()).toMatchObject({
      total: 0n,
      consistent: true,
      balanced: false,
      violations: [
        { accountId: 'main', problem: 'its users and its houses have not counted the same transfers' },
      ],
    });
    await edit('ACCT#house:15#00', 'BALANCE', 'ADD entries :n', { ':n': 1 });
    expect(await ledger.trialBalance()).toMatchObject({ balanced: true });
    expect(await ledger.trialBalance({ deep: true })).toMatchObject({
      balanced: false,
      violations: [
        { accountId: 'house:15', problem: 'it has not as many transfers as it counted' },
        { accountId: 'user:1', problem: 'it has not as many transfers as it counted' },
      ],
    });
  });

  it('finds an account that the index has lost', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(1, '10', 'one'));
    await ledger.post(deposit(2, '10', 'two'));
    await edit('ACCT#user:1', 'BALANCE', 'SET gsi1sk = :other, gsi1pk = :other', { ':other': 'nowhere' });
    expect(await ledger.trialBalance({ deep: true })).toMatchObject({ balanced: true, users: 2, total: 0n });
    await stores.documents.delete(stores.names.tables.ledger, { pk: 'ACCT#user:1', sk: 'BALANCE' });
    const books = await ledger.trialBalance();
    expect(books).toMatchObject({ balanced: false, total: units('-10'), consistent: true });
  });

  it('names rows that cannot be read, and goes on', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(1, '10', 'one'));
    await ledger.post(deposit(2, '10', 'two'));
    await edit(`TX#${SERVICE}#one`, 'TRANSFER', 'SET amount = :a', { ':a': 'ten' });
    await edit('ACCT#user:2', 'BALANCE', 'SET balance = :b', { ':b': 'lots' });
    const books = await ledger.trialBalance({ deep: true });
    expect(books.balanced).toBe(false);
    expect(books.violations.map(({ accountId }) => accountId)).toEqual(
      expect.arrayContaining(['user:2', `${SERVICE}#one`, 'user:1']),
    );
    await expect(ledger.transfer({ service: SERVICE, transactionId: 'one' })).rejects.toMatchObject({
      code: 'INTERNAL',
      internal: { row: `TX#${SERVICE}#one`, field: 'amount' },
    });
    await expect(ledger.post(deposit(1, '10', 'one'))).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(ledger.account('user:2')).rejects.toMatchObject({ internal: { row: 'ACCT#user:2' } });
    expect(await balanceOf(ledger, 'user:1')).toBe('10');
  });
});

describe('what a movement costs', () => {
  let stores: TestStores;
  beforeEach(async () => {
    stores = await openStores();
  });
  afterEach(() => stores.close());

  it('three items of at most one kilobyte, with the longest names, and 8 units with the indexes', async () => {
    const metered = meteredDocuments(stores);
    const { documents } = metered;
    const clock = tickingClock(Date.parse('9999-12-31T00:00:00Z'));
    const book: Book = { ...BOOK, name: 'b'.repeat(32), currency: 'C'.repeat(16), houseShards: 1 };
    const amount = units('123456789012345678.0123456789');
    const order = {
      ...deposit(1, '1', 'x'.repeat(128), { service: 'S'.repeat(64), book }),
      to: userAccount(book.name, '9223372036854775807'),
      amount,
      asked: { amount, currency: 'C'.repeat(16) },
    };
    const ledger = openLedger(stores, { documents, clock });
    await ledger.post({ ...order, transactionId: 'y'.repeat(128) });
    // The first transfer also enters each account into the index: one more, once, for the user's and for the house's.
    expect(metered.takeUnits()).toBe(10);
    await ledger.post(order);
    expect(metered.sent()).toHaveLength(3);

    const keys = [
      transferKey(order),
      balanceKey(order.to),
      balanceKey(shardId(houseAccount(book.name, '15'), 0)),
    ];
    const items = await stores.documents.transactGet(stores.names.tables.ledger, keys);
    expect(items.map((item) => sizeOf(item!)).filter((bytes) => bytes > 1_024)).toEqual([]);
    expect(metered.takeUnits()).toBe(8);
    await expectBalanced(openLedger(stores), book.name);
    metered.close();
  });
});

/** As DynamoDB counts: names and text in UTF-8, a number by two digits a byte, a map with 3 bytes and 1 for each member. */
function sizeOf(item: Item): number {
  return Object.entries(item).reduce(
    (total, [name, value]) => total + Buffer.byteLength(name) + bytesOf(value),
    0,
  );
}

function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  const number = (value as { value?: unknown }).value;
  if (typeof number === 'string') return Math.ceil(number.replace(/\D/g, '').length / 2) + 1;
  return 3 + Object.keys(value as Item).length + sizeOf(value as Item);
}

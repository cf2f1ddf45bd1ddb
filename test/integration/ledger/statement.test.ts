import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Entry, Ledger } from '../../../lib/ledger/ledger.ts';
import { formatDecimal } from '../../../lib/ledger/decimal.ts';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { altered } from '../../cursors.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import {
  BOOK,
  SERVICE,
  adjustment,
  deposit,
  inParallel,
  openLedger,
  tickingClock,
  units,
  withdrawal,
} from './books.ts';
import { counted } from './troubled-documents.ts';

const HOUR = 3_600_000;
const shown = (entries: Entry[]) =>
  entries.map(({ amount, balance }) => [formatDecimal(amount), formatDecimal(balance)]);

describe('statement', () => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());

  async function everyPage(ledger: Ledger, accountId: string, limit: number, bounds: object = {}) {
    const pages: Entry[][] = [];
    let cursor: string | undefined;
    do {
      const page = await ledger.entries(accountId, { ...bounds, limit, ...(cursor ? { cursor } : {}) });
      pages.push(page.items);
      cursor = page.cursor;
    } while (cursor);
    return pages;
  }

  it('shows what moved, newest first, with the balance after each line', async () => {
    const ledger = openLedger(stores);
    await ledger.post({
      ...deposit(1, '12.5', 's-1'),
      asked: { amount: units('1.25'), currency: 'USDT' },
    });
    await ledger.post(withdrawal(1, '0.0000000001', 's-2'));
    await ledger.adjust(adjustment('1', '2', 's-3'));
    // A refusal is no line.
    await expect(ledger.post(withdrawal(1, '1000'))).rejects.toThrow('does not cover');

    const { items, cursor } = await ledger.entries('user:1');

    expect(cursor).toBeUndefined();
    expect(shown(items)).toEqual([
      ['2', '14.4999999999'],
      ['-0.0000000001', '12.4999999999'],
      ['12.5', '12.5'],
    ]);
    expect(items[0]).toMatchObject({ type: 'adjustment', counterparty: 'house:16', reason: 'goodwill' });
    expect(items[2]).toEqual({
      service: SERVICE,
      transactionId: 's-1',
      type: 'deposit',
      counterparty: 'house:15',
      amount: units('12.5'),
      asked: { amount: units('1.25'), currency: 'USDT' },
      settledAt: '2026-11-21T04:00:00.002Z',
      balance: units('12.5'),
    });
    expect(await ledger.entries('user:404')).toEqual({ items: [] });
  });

  it('goes on page by page, each line once, the balances unbroken', async () => {
    const ledger = openLedger(stores);
    for (let i = 1; i <= 23; i++) await ledger.post(deposit(2, String(i)));
    const pages = await everyPage(ledger, 'user:2', 5);
    expect(pages.map((page) => page.length)).toEqual([5, 5, 5, 5, 3]);
    const expected = Array.from({ length: 23 }, (_, i) => 23 - i).map((n) => [
      `${n}`,
      `${(n * (n + 1)) / 2}`,
    ]);
    expect(shown(pages.flat())).toEqual(expected);
    expect(shown((await everyPage(ledger, 'user:2', 23)).flat())).toEqual(expected);
  });

  it.each(['user:7', 'house:15'])(
    'refuses an altered cursor of %s, and that of another account',
    async (id) => {
      const ledger = openLedger(stores);
      for (const amount of ['1', '2']) await ledger.post(deposit(7, amount));
      await ledger.post(deposit(8, '1'));
      const { cursor } = await ledger.entries(id, { limit: 1 });
      const refusal = { code: 'VALIDATION_FAILED', fields: [{ field: 'cursor' }] };
      for (const wrong of altered(cursor!))
        await expect(ledger.entries(id, { cursor: wrong })).rejects.toMatchObject(refusal);
      for (const other of ['user:8', 'house:16', `emerald:${id}`])
        await expect(ledger.entries(other, { cursor: cursor! })).rejects.toMatchObject(refusal);
      expect((await ledger.entries(id, { cursor: cursor! })).items.length).toBeGreaterThan(0);
    },
  );

  it('keeps to its time: from inclusive, to exclusive', async () => {
    const clock = tickingClock();
    const ledger = openLedger(stores, { clock });
    const at: string[] = [];
    for (let i = 1; i <= 6; i++) {
      clock.at += HOUR;
      at.push((await ledger.post(deposit(3, String(i)))).transfer.settledAt!);
    }
    const bounds = { from: at[1]!, to: at[4]! };
    const expected = [
      ['4', '10'],
      ['3', '6'],
      ['2', '3'],
    ];
    expect(shown((await ledger.entries('user:3', bounds)).items)).toEqual(expected);
    expect(shown((await everyPage(ledger, 'user:3', 1, bounds)).flat())).toEqual(expected);
    expect((await ledger.entries('user:3', { from: at[4]!, to: at[1]! })).items).toEqual([]);
    expect((await ledger.entries('user:3', { from: '2030-01-01T00:00:00Z' })).items).toEqual([]);
    for (const wrong of [{ from: 'yesterday' }, { to: '' }, { cursor: 'xx' }, { cursor: '' }]) {
      await expect(ledger.entries('user:3', wrong)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    }
    for (const wrong of ['user:x', '3', 'user:', 'house:', 'user:3#1', '']) {
      await expect(ledger.entries(wrong)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    }
  });

  it("shows a house's side of everything", async () => {
    const fresh = await openStores();
    try {
      const ledger = openLedger(fresh);
      for (let i = 1; i <= 7; i++) await ledger.post(deposit(i, String(i)));
      await ledger.post(withdrawal(7, '2'));
      const pages = await everyPage(ledger, 'house:15', 3);
      expect(pages.map((page) => page.length)).toEqual([3, 3, 2]);
      expect(shown(pages.flat()).slice(0, 3)).toEqual([
        ['2', '-26'],
        ['-7', '-28'],
        ['-6', '-21'],
      ]);
      expect(shown(pages.flat()).at(-1)).toEqual(['-1', '-1']);
      const { settledAt } = pages.flat()[5]!;
      expect((await ledger.entries('house:15', { to: settledAt })).items).toHaveLength(2);
      expect((await ledger.entries('house:15', { from: settledAt })).items).toHaveLength(6);
      expect((await ledger.entries('house:16')).items).toEqual([]);
    } finally {
      await fresh.close();
    }
  });

  it("reads of a house's journal what a page shows, and little more, however long it is (M12)", async () => {
    const fresh = await openStores();
    try {
      const writer = openLedger(fresh);
      const users = Array.from({ length: 240 }, (_, user) => user + 101);
      await inParallel(16, users, (user) => writer.post(deposit(user, '1')));
      const { documents, counts } = counted(fresh.documents);
      let lines = 0;
      const ledger = openLedger(fresh, {
        documents: {
          ...documents,
          query: async (input) => {
            const page = await documents.query(input);
            lines += page.items.length;
            return page;
          },
        },
      });
      const first = await ledger.entries('house:15', { limit: 10 });
      expect(shown(first.items).at(-1)).toEqual(['-1', '-231']);
      // One read of all shards before and one after, and one query for each of the 16 that there are; where a shard has more
      // than its part, a second one.
      expect(counts).toEqual({ batchGet: 2, query: expect.any(Number) as number });
      expect(counts['query']).toBeLessThanOrEqual(2 * 16);
      expect(lines).toBeLessThanOrEqual(10 + 16 * 4);
      lines = 0;
      await ledger.entries('house:15', { limit: 10, cursor: first.cursor! });
      expect(counts['scan']).toBeUndefined();
      expect(lines).toBeLessThanOrEqual(10 + 16 * 4);
    } finally {
      await fresh.close();
    }
  });

  it.each(['user:90', 'house:15'])('goes back in time by bounded steps: %s (M12)', async (account) => {
    const fresh = await openStores();
    try {
      const clock = tickingClock();
      const writer = openLedger(fresh, { clock });
      const order = { book: { ...BOOK, houseShards: 2 } };
      const { transfer } = await writer.post(deposit(90, '1', 'the first', order));
      clock.at += HOUR;
      const to = new Date(clock.at).toISOString();
      await writer.post(deposit(90, '1', 'pattern', order));
      await multiply(fresh, 2_100);
      let lines = 0;
      const ledger = openLedger(fresh, {
        documents: {
          ...fresh.documents,
          query: async (input) => {
            const page = await fresh.documents.query(input);
            lines += page.items.length;
            return page;
          },
        },
      });
      const pages: Entry[][] = [];
      let cursor: string | undefined;
      do {
        lines = 0;
        const page = await ledger.entries(account, { to, limit: 5, ...(cursor ? { cursor } : {}) });
        expect(lines).toBeLessThan(2_300);
        pages.push(page.items);
        cursor = page.cursor;
      } while (cursor);
      expect(pages.map(({ length }) => length)).toEqual([0, 1]);
      const sign = account === 'user:90' ? '' : '-';
      expect(shown(pages.flat())).toEqual([[`${sign}1`, `${sign}1`]]);
      expect(pages.flat()[0]).toMatchObject({ settledAt: transfer.settledAt });
    } finally {
      await fresh.close();
    }
  });

  /** As if the last deposit had come so many times more, for the time of a test. */
  async function multiply({ documents, names }: TestStores, times: number): Promise<void> {
    const { ledger: table } = names.tables;
    const key = { pk: `TX#${SERVICE}#pattern`, sk: 'TRANSFER' };
    const pattern = (await documents.get(table, key))!;
    const copies = Array.from({ length: times }, (_, index) => String(index).padStart(5, '0'));
    await inParallel(16, copies, (copy) =>
      documents.put(table, {
        ...pattern,
        pk: `${key.pk}-${copy}`,
        gsi1sk: `${String(pattern['settledAt'])}#${SERVICE}#pattern-${copy}`,
      }),
    );
    const shard = String(pattern['gsi2pk']);
    for (const [balanceId, gain] of [['user:90', times] as const, [shard, -times] as const]) {
      const balance = { pk: `ACCT#${balanceId}`, sk: 'BALANCE' };
      const expression = { values: { ':gain': gain, ':count': times } };
      await documents.update(table, balance, 'ADD balance :gain, entries :count', expression);
    }
  }

  it('waits for an index that is behind, and says so when it stays behind', async () => {
    const clock = tickingClock();
    let lag = 2;
    // The newest lines are missing from the index for a while.
    const documents: Documents = {
      ...stores.documents,
      query: async (input) => {
        const page = await stores.documents.query(input);
        return input.index && lag > 0
          ? { ...page, items: page.items.filter((item) => item['pk'] !== `TX#${SERVICE}#l-2`) }
          : page;
      },
    };
    const waiting: Clock = {
      now: () => clock.now(),
      sleep: (ms) => {
        lag -= 1;
        return clock.sleep(ms);
      },
    };
    const ledger = openLedger(stores, { clock: waiting, documents });
    await ledger.post(deposit(5, '1', 'l-1'));
    await ledger.post(deposit(5, '2', 'l-2'));
    await ledger.post(deposit(5, '4', 'l-3'));
    expect(shown((await ledger.entries('user:5')).items)).toEqual([
      ['4', '7'],
      ['2', '3'],
      ['1', '1'],
    ]);
    expect(clock.sleeps).toHaveLength(2);
    lag = Number.POSITIVE_INFINITY;
    await expect(ledger.entries('user:5')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
    });
  });

  it('is of one moment, while the account moves', async () => {
    const clock = tickingClock();
    const other = openLedger(stores, { clock });
    let isBusy = true;
    const documents: Documents = {
      ...stores.documents,
      query: async (input) => {
        const page = await stores.documents.query(input);
        // Between the lines and the second look at the balance.
        if (isBusy) await other.post(deposit(6, '1'));
        isBusy = false;
        return page;
      },
    };
    await other.post(deposit(6, '10'));
    const { items } = await openLedger(stores, { clock, documents }).entries('user:6');
    expect(shown(items)).toEqual([
      ['1', '11'],
      ['10', '10'],
    ]);
  });
});

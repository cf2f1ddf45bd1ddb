import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransactionCancelled } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { formatDecimal } from '../../../lib/ledger/decimal.ts';
import type { Ledger, TrialBalance } from '../../../lib/ledger/ledger.ts';
import { watchedLedger } from '../../../lib/ledger/watched-ledger.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { balanceOf, deposit, inParallel, openLedger, withdrawal } from './books.ts';
import { seeded } from '../../../dev/seeded.ts';
import { counted } from './troubled-documents.ts';

const ACCOUNTS = 1_000;
/** Of the requests of one look at all accounts: ten of a hundred, and one for the houses. */
const PER_PASS = ACCOUNTS / 100;

describe('the trial balance of 1,000 accounts, while transfers go on (M6)', () => {
  let stores: TestStores;
  let ledger: Ledger;
  let alerts: string[] = [];
  beforeAll(async () => {
    stores = await openStores();
    ledger = openLedger(stores);
    const users = Array.from({ length: ACCOUNTS }, (_, index) => index + 100);
    await inParallel(16, users, (user) => ledger.post(deposit(user, '10')));
  });
  afterAll(() => stores.close());

  /**
   * What reads goes on in time as in life: while it is on its way, others write. `perPass` of them while all accounts are
   * read once; a pass takes some 150 ms on a laptop, so 8 a second are 1.2.
   */
  function busyLedger(perPass: number, seed: number): Ledger {
    const random = seeded(seed);
    const { documents } = stores;
    async function whileOthersWrite<T>(answer: Promise<T>): Promise<T> {
      const found = await answer;
      for (let chance = perPass / PER_PASS; chance > 0; chance--) {
        if (random() >= chance) continue;
        const user = 100 + Math.floor(random() * ACCOUNTS);
        await ledger.post(random() < 0.5 ? deposit(user, '0.01') : withdrawal(user, '0.01'));
      }
      return found;
    }
    const busy: Documents = {
      ...documents,
      batchGet: (...args) => whileOthersWrite(documents.batchGet(...args)),
      transactGet: (...args) => whileOthersWrite(documents.transactGet(...args)),
      scan: (...args) => whileOthersWrite(documents.scan(...args)),
    };
    alerts = [];
    return watchedLedger(openLedger(stores, { documents: busy }), {
      raise: async ({ kind }) => void alerts.push(kind),
      resolve: async () => undefined,
    });
  }

  /** All of it, as it is when nobody writes. */
  const inPeace = (deep: boolean) => openLedger(stores).trialBalance({ deep });

  it.each([1, 2, 3, 4, 5])('is known, and true, with 8 writes a second (%s)', async (seed) => {
    for (const deep of [false, true]) {
      const books = await busyLedger(1.2, seed).trialBalance({ deep });
      expect(books).toMatchObject({ total: 0n, balanced: true, consistent: true, violations: [] });
      expect(books.users).toBe(ACCOUNTS);
    }
    expect(await inPeace(true)).toMatchObject({ balanced: true });
    expect(alerts).toEqual([]);
  });

  it('is never called unbalanced for what could not be seen, however much is written', async () => {
    const verdicts: TrialBalance[] = [];
    for (const deep of [false, true]) verdicts.push(await busyLedger(6, 1).trialBalance({ deep }));
    expect(verdicts.map(({ violations }) => violations)).toEqual([[], []]);
    expect(verdicts.filter(({ balanced }) => balanced === false)).toEqual([]);
    expect(verdicts.filter(({ consistent, balanced }) => !consistent && balanced !== null)).toEqual([]);
    expect(alerts).toEqual([]);
  });

  it('and what is wrong is found all the same, told apart from what only moves', async () => {
    const key = { pk: 'ACCT#user:500', sk: 'BALANCE' };
    const add = (gain: number) =>
      stores.documents.update(stores.names.tables.ledger, key, 'ADD balance :gain', {
        values: { ':gain': gain },
      });
    await add(0.5);
    const books = await busyLedger(1.2, 7).trialBalance();
    expect(books).toMatchObject({ balanced: false, consistent: true });
    expect(formatDecimal(books.total)).toBe('0.5');
    expect(alerts).toEqual(['LEDGER_UNBALANCED']);
    expect(await busyLedger(1.2, 8).trialBalance({ deep: true })).toMatchObject({
      balanced: false,
      violations: [{ accountId: 'user:500', problem: 'its balance is not the sum of its transfers' }],
    });
    await add(-0.5);
    expect(await busyLedger(1.2, 9).trialBalance({ deep: true })).toMatchObject({ balanced: true });
  });

  it('trusts no count that somebody has changed: it takes no torn reading for a moment', async () => {
    const key = { pk: 'ACCT#user:600', sk: 'BALANCE' };
    const count = (by: number) =>
      stores.documents.update(stores.names.tables.ledger, key, 'ADD entries :by', { values: { ':by': by } });
    await count(-1);
    let isFirst = true;
    const { documents } = stores;
    // One transfer between the houses and the users: by the changed count it looks as if there had been none.
    const torn: Documents = {
      ...documents,
      transactGet: async (...args) => {
        const items = await documents.transactGet(...args);
        if (isFirst) await ledger.post(deposit(601, '1'));
        isFirst = false;
        return items;
      },
    };
    expect(await openLedger(stores, { documents: torn }).trialBalance()).toMatchObject({
      total: 0n,
      consistent: true,
      violations: [
        { accountId: 'main', problem: 'its users and its houses have not counted the same transfers' },
      ],
    });
    await count(1);
  });

  it('takes no more requests for that than there is patience', async () => {
    const { documents, counts } = counted(stores.documents);
    await openLedger(stores, { documents }).trialBalance();
    // Twice all accounts, the houses in between.
    expect(counts).toEqual({ query: 1, batchGet: 2 * PER_PASS, transactGet: 1 });
    const restless = counted({
      ...stores.documents,
      batchGet: async (...args) => {
        const items = await stores.documents.batchGet(...args);
        // Every answer of another moment.
        return items.map((item, index) =>
          index === 0 ? { ...item, entries: { value: String(++moves) } } : item,
        );
      },
    });
    let moves = 1_000;
    expect(await openLedger(stores, { documents: restless.documents }).trialBalance()).toMatchObject({
      balanced: null,
      consistent: false,
    });
    expect(restless.counts['batchGet']).toBeLessThan(50 * PER_PASS);
  });
});

describe('a snapshot that transactions are always in the way of (M14)', () => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());

  const conflicts = (documents: Documents): Documents => ({
    ...documents,
    transactGet: () =>
      Promise.reject(new TransactionCancelled([{ code: 'TransactionConflict', item: undefined }])),
  });

  it('is replaced by readings that agree: a house, a trial balance', async () => {
    const ledger = openLedger(stores, { documents: conflicts(stores.documents) });
    for (const user of [1, 2, 3]) await ledger.post(deposit(user, '1'));
    expect(await balanceOf(ledger, 'house:15')).toBe('-3');
    expect(await ledger.trialBalance({ deep: true })).toMatchObject({
      balanced: true,
      consistent: true,
      total: 0n,
    });
    expect((await ledger.entries('house:15')).items).toHaveLength(3);
  });

  it('a house that never stands still is answered with all the same', async () => {
    const quiet = openLedger(stores);
    const { documents } = stores;
    const restless: Documents = {
      ...conflicts(documents),
      batchGet: async (...args) => {
        await quiet.post(deposit(4, '1'));
        return documents.batchGet(...args);
      },
    };
    const ledger = openLedger(stores, { documents: restless });
    const house = await balanceOf(ledger, 'house:15');
    expect(house).toBe(await balanceOf(quiet, 'house:15'));
    // Of the book nothing is claimed that was not seen.
    expect((await ledger.trialBalance()).balanced).not.toBe(false);
  });

  it('is a snapshot otherwise: a house is never seen between two of its transfers', async () => {
    const quiet = openLedger(stores);
    const { documents } = stores;
    const seen = new Set([await balanceOf(quiet, 'house:15')]);
    /** Reads one by one, with a transfer after each: what is no snapshot is of many moments. */
    const slowly: Documents = {
      ...documents,
      batchGet: async (table, keys, options) => {
        const items = [];
        for (const key of keys) {
          const item = await documents.get(table, key, options);
          if (item) items.push(item);
          await quiet.post(deposit(5, '1'));
          seen.add(await balanceOf(quiet, 'house:15'));
        }
        return items;
      },
    };
    const ledger = openLedger(stores, { documents: slowly });
    expect(seen).toContain(await balanceOf(ledger, 'house:15'));
    expect(await ledger.trialBalance()).toMatchObject({ balanced: true, consistent: true });
    expect(seen.size).toBe(1);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { seal } from '../../../lib/ledger/journal/seal.ts';
import { sealBehind } from '../../../lib/ledger/journal/seal-behind.ts';
import { newestPages, readHead } from '../../../lib/ledger/journal/page.ts';
import type { JournalStore } from '../../../lib/ledger/journal/page.ts';
import { REQUEST_TIMEOUT_MS } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Documents, TransactItem } from '../../../lib/vendors/dynamodb/documents.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { BOOK, SERVICE, deposit, inParallel, withdrawal } from './books.ts';
import { openJournal } from './journal.ts';
import type { JournalBench } from './journal.ts';

const MINUTE = 60_000;
const numbers = (length: number) => Array.from({ length }, (_, index) => index);

describe('the sealer', () => {
  let stores: TestStores;
  beforeEach(async () => {
    stores = await openStores();
  });
  afterEach(() => stores.close());

  const idsOf = async (store: JournalStore, book = 'main') =>
    (await newestPages(store, book, 1_000)).flatMap(({ entries }) => entries.map(({ id }) => id));

  it('seals what settled, from the stream, in a chain of pages', async () => {
    const { ledger, deps, sealStream, verifyAll } = openJournal(stores);
    await ledger.post(deposit(1, '10', 'one'));
    await ledger.post(withdrawal(1, '99', 'short')).catch(() => {});
    expect(await sealStream()).toBe(1);
    await ledger.post(withdrawal(1, '4', 'two'));
    expect(await sealStream()).toBe(1);
    const [second, first] = await newestPages(deps, 'main', 10);
    expect(first).toMatchObject({ n: 1, previous: '', entries: [{ id: `${SERVICE}#one` }] });
    expect(second).toMatchObject({ n: 2, previous: first!.hash, entries: [{ id: `${SERVICE}#two` }] });
    expect(await readHead(deps, 'main')).toMatchObject({ n: 2, hash: second!.hash, entries: 2 });
    expect(await verifyAll()).toMatchObject({ ok: true, checked: 2, violations: [], head: { page: 2 } });
  });

  it('keeps a chain for each book, with pages of at most a hundred entries', async () => {
    const { ledger, deps, sealStream, verifyAll, clock } = openJournal(stores);
    const emerald = { ...BOOK, name: 'emerald', currency: 'EMERALD' };
    await inParallel(8, numbers(205), () => ledger.post(deposit(1, '1')));
    clock.at += 11 * MINUTE;
    await ledger.post(deposit(1, '1', 'later'));
    await ledger.post(deposit(1, '1', 'other', { book: emerald }));
    expect(await sealStream()).toBe(207);
    const pages = await newestPages(deps, 'main', 10);
    // Of another ten minutes, of another page.
    expect(pages.map(({ entries }) => entries.length)).toEqual([1, 5, 100, 100]);
    expect(await idsOf(deps, 'emerald')).toEqual([`${SERVICE}#other`]);
    expect(await verifyAll()).toMatchObject({ ok: true, checked: 206 });
    expect(await verifyAll('emerald')).toMatchObject({ ok: true, checked: 1 });
  });

  it('seals each once, however often, in which order and to how many at once the records come', async () => {
    const { ledger, deps, stream, verifyAll } = openJournal(stores);
    await inParallel(8, numbers(60), () => ledger.post(deposit(1, '1')));
    const changes = await stream();
    const batches = Array.from({ length: 12 }, (_, index) =>
      changes.slice(index * 5, index * 5 + 70).toReversed(),
    );
    await Promise.all([...batches, changes].map((batch) => seal(batch, deps)));
    const ids = await idsOf(deps);
    expect(ids.length).toBe(60);
    expect(new Set(ids).size).toBe(60);
    expect(await verifyAll()).toMatchObject({ ok: true, checked: 60, violations: [] });
  });

  it('finds its page again when the answer to its write was lost', async () => {
    let isLost = false;
    const documents: Documents = {
      ...stores.documents,
      transact: async (items: TransactItem[]) => {
        await stores.documents.transact(items);
        if (isLost) {
          isLost = false;
          throw new GatewayError('STORE_UNAVAILABLE', 'lost');
        }
      },
    };
    const { ledger, deps, sealStream, verifyAll } = openJournal(stores, { documents });
    await ledger.post(deposit(1, '1', 'one'));
    isLost = true;
    await sealStream();
    expect(await idsOf(deps)).toEqual([`${SERVICE}#one`]);
    expect(await verifyAll()).toMatchObject({ ok: true });
  });

  it('does not mind entries that are there twice', async () => {
    const { ledger, deps, stream, verifyAll } = openJournal(stores);
    await ledger.post(deposit(1, '1', 'one'));
    const first = await stream();
    await seal(first, deps);
    for (let page = 0; page < 11; page++) {
      await ledger.post(deposit(1, '1'));
      await seal(await stream(), deps);
    }
    await seal(first, deps);
    expect((await idsOf(deps)).filter((id) => id === `${SERVICE}#one`)).toHaveLength(2);
    expect(await verifyAll()).toMatchObject({ ok: true, checked: 13 });
  });

  it('does not seal a settled row that somebody has changed', async () => {
    const { ledger, deps, sealStream } = openJournal(stores);
    await ledger.post(deposit(1, '10', 'one'));
    await sealStream();
    // Long enough ago not to be known as sealed.
    for (let page = 0; page < 11; page++) {
      await ledger.post(deposit(1, '1'));
      await sealStream();
    }
    const key = { pk: `TX#${SERVICE}#one`, sk: 'TRANSFER' };
    await stores.documents.update(deps.table, key, 'SET amount = :a', { values: { ':a': 11 } });
    expect(await sealStream()).toBe(0);
  });

  it('catches up with what the stream has lost, and says up to when all is sealed', async () => {
    const { ledger, deps, stream, sealStream, verifyAll, clock } = openJournal(stores);
    await inParallel(8, numbers(30), () => ledger.post(deposit(1, '1')));
    await stream();
    clock.at += 20 * MINUTE;
    await ledger.post(deposit(2, '1', 'sealed'));
    await sealStream();
    expect(await verifyAll()).toMatchObject({ ok: false, sealedUpTo: null });
    const caught = await sealBehind(deps, 'main');
    expect(caught.sealed).toBe(30);
    expect(Date.parse(caught.closedUpTo!)).toBeGreaterThan(clock.at - 2 * MINUTE);
    const { ok, checked, sealedUpTo } = await verifyAll();
    expect([ok, checked, sealedUpTo! >= caught.closedUpTo!]).toEqual([true, 31, true]);
    expect(await sealBehind(deps, 'main')).toMatchObject({ sealed: 0 });
    expect(await sealBehind(deps, 'empty')).toEqual({ sealed: 0 });
  });

  it('catches up in parts when its time is short, without closing what it has not reached', async () => {
    const { ledger, deps, verifyAll, clock } = openJournal(stores);
    for (let hour = 0; hour < 5; hour++) {
      await ledger.post(deposit(1, '1', `hour-${hour}`));
      clock.at += 60 * MINUTE;
    }
    let sealed = 0;
    const tooFar: number[] = [];
    for (let call = 0; call < 20 && sealed < 5; call++) {
      const caught = await sealBehind(deps, 'main', clock.at + 20);
      sealed += caught.sealed;
      const oldestLeft = clock.at - (5 - sealed) * 60 * MINUTE;
      if (sealed < 5 && Date.parse(caught.closedUpTo!) > oldestLeft) tooFar.push(call);
    }
    expect(tooFar).toEqual([]);
    expect(sealed).toBe(5);
    expect(await verifyAll()).toMatchObject({ ok: true, checked: 5 });
  });

  it('does not go on where head and pages contradict each other, and tells', async () => {
    const { ledger, deps, sealStream, alerts } = openJournal(stores);
    await ledger.post(deposit(1, '10', 'one'));
    await sealStream();
    const key = { pk: 'SEAL#main', sk: 'HEAD' };
    await stores.documents.update(deps.table, key, 'SET #h = :h', {
      names: { '#h': 'hash' },
      values: { ':h': 'x' },
    });
    await ledger.post(deposit(1, '10', 'two'));
    expect(await sealStream()).toBe(0);
    expect(alerts).toEqual(['raise LEDGER_TAMPERED main']);
    const before = await readHead(deps, 'main');
    expect(await sealBehind(deps, 'main')).toEqual({ sealed: 0 });
    expect(await readHead(deps, 'main')).toEqual(before);
    await stores.documents.update(deps.table, key, 'REMOVE entries');
    alerts.length = 0;
    expect(await sealBehind(deps, 'main')).toEqual({ sealed: 0 });
    expect(alerts).toEqual(['raise LEDGER_TAMPERED main']);
  });

  describe('is at most a minute behind', () => {
    /** The most that an answer of verify was behind the clock, over three minutes of asking. */
    async function worstAge(
      { clock, deps, verify }: JournalBench,
      during: (second: number) => Promise<unknown>,
    ) {
      await sealBehind(deps, 'main');
      const begin = clock.at;
      const ages: number[] = [];
      for (let second = 0; second < 180; second += 10) {
        clock.at = Math.max(clock.at, begin + second * 1_000);
        if (second % 60 === 0) await sealBehind(deps, 'main');
        await during(second);
        clock.at = Math.max(clock.at, begin + second * 1_000 + 9_900);
        const { ok, sealedUpTo } = await verify();
        ages.push(ok === true ? clock.at - Date.parse(sealedUpTo!) : Infinity);
      }
      return Math.max(...ages);
    }

    it('where nothing happens, and the sweep comes once a minute', async () => {
      const bench = openJournal(stores);
      await bench.ledger.post(deposit(1, '10', 'one'));
      await bench.sealStream();
      bench.clock.at += 5 * MINUTE;
      expect(await worstAge(bench, async () => undefined)).toBeLessThan(MINUTE);
    });

    it('where something settles all the time, and the stream brings it', async () => {
      const bench = openJournal(stores);
      await bench.ledger.post(deposit(1, '10', 'one'));
      await bench.sealStream();
      const busy = async () => {
        await inParallel(2, numbers(3), () => bench.ledger.post(deposit(1, '1')));
        await bench.sealStream();
      };
      expect(await worstAge(bench, busy)).toBeLessThan(MINUTE);
    });

    it('and does not say that what waits to be sealed is', async () => {
      const bench = openJournal(stores);
      const { ledger, clock, deps, verify } = bench;
      await ledger.post(deposit(1, '10', 'one'));
      await bench.sealStream();
      clock.at += MINUTE;
      await sealBehind(deps, 'main');
      await ledger.post(deposit(1, '1', 'lost'));
      const { transfer } = await ledger.post(deposit(1, '1', 'lost-too'));
      const lost = (await ledger.transfer({ service: SERVICE, transactionId: 'lost' }))!;
      await bench.stream();
      clock.at += MINUTE;
      expect(await verify()).toMatchObject({ ok: true, sealedUpTo: lost.settledAt });
      await sealBehind(deps, 'main');
      expect((await verify()).sealedUpTo! > transfer.settledAt!).toBe(true);
    });

    it('closes no time in which a post may still be on its way', async () => {
      const { ledger, deps, clock } = openJournal(stores);
      await ledger.post(deposit(1, '10', 'one'));
      clock.at += 20 * MINUTE;
      const { closedUpTo } = await sealBehind(deps, 'main');
      // A request is given up at its timeout; then what was sent has to be carried out, and listed.
      const behind = clock.at - Date.parse(closedUpTo!);
      expect(behind).toBeGreaterThan(REQUEST_TIMEOUT_MS + 5_000);
      expect(behind).toBeLessThan(20_000);
    });

    it('does not hide that the sweep has stopped', async () => {
      const bench = openJournal(stores);
      await bench.ledger.post(deposit(1, '10', 'one'));
      await bench.sealStream();
      const { closedUpTo } = await sealBehind(bench.deps, 'main');
      bench.clock.at += 30 * MINUTE;
      expect(await bench.verify()).toMatchObject({ ok: true, sealedUpTo: closedUpTo });
    });
  });
});

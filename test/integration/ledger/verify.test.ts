import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newestPages, pageHash, readHead } from '../../../lib/ledger/journal/page.ts';
import { nightlyCheck } from '../../../lib/ledger/journal/nightly.ts';
import { seal } from '../../../lib/ledger/journal/seal.ts';
import { sealBehind } from '../../../lib/ledger/journal/seal-behind.ts';
import { settleDue } from '../../../lib/ledger/settlement/settle-due.ts';
import { watchedLedger } from '../../../lib/ledger/watched-ledger.ts';
import type { LogFields } from '../../../lib/vendors/log/log.ts';
import type { Documents, Item } from '../../../lib/vendors/dynamodb/documents.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { BOOK, SERVICE, adjustment, deposit, inParallel, units, withdrawal } from './books.ts';
import { openJournal } from './journal.ts';
import type { JournalBench } from './journal.ts';

const MINUTE = 60_000;
const numbers = (length: number) => Array.from({ length }, (_, index) => index);

let stores: TestStores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

const row = (id: string) => ({ pk: `TX#${SERVICE}#${id}`, sk: 'TRANSFER' });
const page = (n: number) => ({ pk: 'SEAL#main', sk: `PAGE#${String(n).padStart(12, '0')}` });
const HEAD = { pk: 'SEAL#main', sk: 'HEAD' };
const table = () => stores.names.tables.ledger;
const edit = (
  key: { pk: string; sk: string },
  update: string,
  values: Record<string, unknown>,
  names?: Record<string, string>,
) => stores.documents.update(table(), key, update, { values, ...(names && { names }) });
const read = async (key: { pk: string; sk: string }): Promise<Item> =>
  (await stores.documents.get(table(), key, { consistent: true }))!;
const of = (transactionId: string, what: unknown) => ({ service: SERVICE, transactionId, what });

/** Three pages of one transfer each: `one` and `two` to user 1, `three` from them. */
async function sealed(): Promise<JournalBench> {
  const bench = openJournal(stores);
  const book = { ...BOOK, houseShards: 1 };
  await bench.ledger.post(deposit(1, '10', 'one', { book }));
  await bench.sealStream();
  await bench.ledger.post(deposit(1, '5', 'two', { book }));
  await bench.sealStream();
  await bench.ledger.post(withdrawal(1, '3', 'three', { book }));
  await bench.sealStream();
  bench.clock.at += 30 * MINUTE;
  await sealBehind(bench.deps, 'main');
  expect(await bench.verifyAll()).toMatchObject({ ok: true, checked: 3, violations: [] });
  bench.alerts.length = 0;
  return bench;
}

describe('a row edited by hand is named (L9)', () => {
  it('the amount of a transfer', async () => {
    const { verifyAll, alerts } = await sealed();
    await edit(row('two'), 'SET amount = :a', { ':a': 500 });
    const { ok, violations } = await verifyAll();
    expect(ok).toBe(false);
    expect(violations).toContainEqual(of('two', 'was changed after it was sealed in page 2'));
    expect(violations).toContainEqual({
      accountId: 'user:1',
      what: 'its balance is not the sum of its transfers',
    });
    expect(alerts).toContain('raise LEDGER_TAMPERED main');
    expect(alerts).toContain('raise LEDGER_UNBALANCED main');
  });

  it.each([
    ['who asked', 'SET requestedBy = :v', 'somebody'],
    ['the reason', 'SET reason = :v', 'because'],
    ['what was asked for', 'SET asked = :v', { amount: 9, currency: 'USDT' }],
    ['when', 'SET settledAt = :v', '2020-01-01T00:00:00.000Z'],
  ])('what moves no sum: %s', async (_what, update, value) => {
    const { verifyAll, alerts } = await sealed();
    await edit(row('two'), update, { ':v': value });
    expect(await verifyAll()).toMatchObject({
      ok: false,
      violations: [of('two', 'was changed after it was sealed in page 2')],
    });
    expect(alerts).toContain('raise LEDGER_TAMPERED main');
    expect(alerts).not.toContain('raise LEDGER_UNBALANCED main');
  });

  it.each<[string, string, unknown, string]>([
    ['how often it was tried', 'SET attempts = :v', 4, ''],
    ['its history', 'SET history = :v', [], ': nothing writes its history like that'],
    ['whose order it is', 'SET fingerprint = :v', 'another', ''],
    ['an attribute that nothing writes', 'SET note = :v', 'x', ': note is nothing that a transfer has'],
    ['the shard that lists it', 'SET gsi2pk = :v', 'house:15#07', ''],
  ])('what no answer of the API shows changed: %s', async (_what, update, value, why) => {
    const { verifyAll } = await sealed();
    await edit(row('two'), update, { ':v': value });
    expect((await verifyAll()).violations).toContainEqual(
      of('two', `was changed after it was sealed in page 2${why}`),
    );
  });

  it('one that was refused before it settled, of its history', async () => {
    const { ledger, sealStream, verifyAll } = openJournal(stores);
    const order = withdrawal(1, '3', 'late');
    await ledger.post(order).catch(() => undefined);
    await ledger.post(deposit(1, '10.50', 'one'));
    await ledger.post(order);
    await sealStream();
    expect(await verifyAll()).toMatchObject({ ok: true, checked: 2, violations: [] });
    await edit(row('late'), 'SET history[0].#at = :v', { ':v': '2020-01-01T00:00:00.000Z' }, { '#at': 'at' });
    expect((await verifyAll()).violations).toEqual([of('late', 'was changed after it was sealed in page 1')]);
  });

  it('one that is in no page yet', async () => {
    const { ledger, verifyAll } = openJournal(stores);
    await ledger.post(deposit(1, '10', 'one'));
    await ledger.post(deposit(1, '10', 'two'));
    expect(await verifyAll()).toMatchObject({ ok: true });
    await edit(row('one'), 'SET note = :v', { ':v': 'x' });
    await edit(row('two'), 'SET history = :v', { ':v': [] });
    expect((await verifyAll()).violations).toEqual([
      of('one', 'was changed by hand: note is nothing that a transfer has'),
      of('two', 'was changed by hand: nothing writes its history like that'),
    ]);
  });

  /** As code before `2:` sealed it. */
  async function sealedEarlier(): Promise<JournalBench> {
    const bench = openJournal(stores);
    const asked = { amount: units('2.5'), currency: 'USDT' };
    await bench.ledger.post({ ...deposit(1, '10', 'one'), asked });
    await bench.sealStream();
    const { createdAt, settledAt } = await read(row('one'));
    const content = [SERVICE, 'one', 'deposit', 'house:15', 'user:1', '10', 'DIAMOND', ['2.5', 'USDT']];
    const text = JSON.stringify([...content, null, SERVICE, createdAt, settledAt, null]);
    const [first] = await newestPages(bench.deps, 'main', 1);
    const entries = [{ ...first!.entries[0]!, hash: createHash('sha256').update(text).digest('base64url') }];
    const hash = pageHash({ ...first!, entries });
    await edit(page(1), 'SET entries = :e, #h = :h', { ':e': entries, ':h': hash }, { '#h': 'hash' });
    await edit(HEAD, 'SET #h = :h', { ':h': hash }, { '#h': 'hash' });
    return bench;
  }

  it('what earlier code sealed is compared with what it sealed, and with what code writes', async () => {
    const { verifyAll } = await sealedEarlier();
    expect(await verifyAll()).toMatchObject({ ok: true, checked: 1, violations: [] });
    const asItWas = await read(row('one'));
    const saidOf = async (update: string, value: unknown) => {
      await stores.documents.put(table(), asItWas);
      await edit(row('one'), update, { ':v': value });
      return (await verifyAll()).violations;
    };
    expect(await saidOf('SET reason = :v', 'edited')).toEqual([
      of('one', 'was changed after it was sealed in page 1'),
    ]);
    expect(await saidOf('SET note = :v', 'x')).toEqual([
      of('one', 'was changed by hand: note is nothing that a transfer has'),
    ]);
    expect(await saidOf('SET history = :v', [])).toEqual([
      of('one', 'was changed by hand: nothing writes its history like that'),
    ]);
    const [at, since] = ['2020-01-01T00:00:00.000Z', asItWas['settledAt']];
    const refused = [
      { status: 'REJECTED', at },
      { status: 'SETTLED', at },
    ];
    expect(await saidOf('SET history = :v', refused)).toEqual([
      of('one', 'was changed by hand: its history does not end with its settlement'),
    ]);
    expect(await saidOf('SET history = :v', [refused[0], { status: 'SETTLED', at: since }])).toEqual([]);
  });

  it('two amounts and both balances, so that everything adds up', async () => {
    const { verifyAll } = await sealed();
    await edit(row('one'), 'SET amount = :a', { ':a': 12 });
    await edit({ pk: 'ACCT#user:1', sk: 'BALANCE' }, 'ADD balance :a', { ':a': 2 });
    await edit({ pk: 'ACCT#house:15#00', sk: 'BALANCE' }, 'ADD balance :a', { ':a': -2 });
    expect(await verifyAll()).toMatchObject({
      ok: false,
      violations: [of('one', 'was changed after it was sealed in page 1')],
    });
  });

  it('a balance', async () => {
    const { verifyAll } = await sealed();
    await edit({ pk: 'ACCT#user:1', sk: 'BALANCE' }, 'SET balance = :b', { ':b': 1_000 });
    const { ok, violations } = await verifyAll();
    expect(ok).toBe(false);
    expect(violations).toEqual([
      { accountId: 'user:1', what: 'its balance is not the sum of its transfers' },
      { what: 'The balances add up to 988, not to 0.' },
    ]);
  });

  it('a transfer that is gone, with its effect on the balances too', async () => {
    const { verifyAll } = await sealed();
    await stores.documents.delete(table(), row('three'));
    await edit({ pk: 'ACCT#user:1', sk: 'BALANCE' }, 'ADD balance :a, entries :n', { ':a': 3, ':n': -1 });
    await edit({ pk: 'ACCT#house:15#00', sk: 'BALANCE' }, 'ADD balance :a, entries :n', {
      ':a': -3,
      ':n': -1,
    });
    expect(await verifyAll()).toMatchObject({
      ok: false,
      violations: [of('three', 'was sealed in page 3, and its row is gone')],
    });
  });

  it('a transfer that cannot be read', async () => {
    const { verifyAll } = await sealed();
    await edit(row('two'), 'SET amount = :a', { ':a': 'much' });
    const { violations } = await verifyAll();
    expect(violations).toContainEqual(
      of('two', 'was changed after it was sealed in page 2: its row cannot be read'),
    );
    expect(violations).toContainEqual(of('two', 'the row of this transfer cannot be read'));
  });

  it('a transfer hidden from statements', async () => {
    const { verifyAll } = await sealed();
    await edit(row('two'), 'SET gsi1pk = :v', { ':v': 'user:666' });
    expect((await verifyAll()).violations).toEqual([
      of('two', 'is not listed in the statements of its accounts as it was written'),
    ]);
  });

  /** Posts nothing: writes what a post would have written. */
  async function forge(id: string, settledAt: string, { balances }: { balances: 'user' | 'both' }) {
    const like = await read(row('one'));
    const item = {
      ...like,
      ...row(id),
      settledAt,
      createdAt: settledAt,
      gsi1sk: `${settledAt}#${SERVICE}#${id}`,
    };
    await stores.documents.put(table(), item);
    await edit({ pk: 'ACCT#user:1', sk: 'BALANCE' }, 'ADD balance :a, entries :n', { ':a': 10, ':n': 1 });
    if (balances === 'both')
      await edit({ pk: 'ACCT#house:15#00', sk: 'BALANCE' }, 'ADD balance :a, entries :n', {
        ':a': -10,
        ':n': 1,
      });
  }

  it('a transfer made up, with a balance to match', async () => {
    const { verifyAll, sealStream, clock } = await sealed();
    await forge('fake', new Date(clock.at).toISOString(), { balances: 'user' });
    // The sealer cannot know.
    await sealStream();
    const { ok, violations } = await verifyAll();
    expect(ok).toBe(false);
    expect(violations).toContainEqual({
      accountId: 'house:15',
      what: 'its balance is not the sum of its transfers',
    });
  });

  it('one made up in the past, though all balances match', async () => {
    const { verifyAll, sealStream, clock } = await sealed();
    const past = new Date(clock.at - 15 * MINUTE).toISOString();
    await forge('fake', past, { balances: 'both' });
    await sealStream();
    expect(await verifyAll()).toMatchObject({
      ok: false,
      violations: [
        of('fake', `says that it settled at ${past}, but turned up when that time had long been sealed`),
      ],
    });
  });

  it('one made up in the future', async () => {
    const { verifyAll, sealStream, clock } = await sealed();
    await forge('fake', new Date(clock.at + 90 * MINUTE).toISOString(), { balances: 'both' });
    await sealStream();
    expect((await verifyAll()).violations).toMatchObject([
      of('fake', expect.stringContaining('was sealed before')),
    ]);
  });

  it('one made up while nothing was sealed', async () => {
    const { verifyAll, stream, clock } = await sealed();
    const past = new Date(clock.at - 2 * MINUTE).toISOString();
    await forge('fake', past, { balances: 'both' });
    await stream();
    expect(await verifyAll()).toMatchObject({ ok: true });
    clock.at += 10 * MINUTE;
    expect(await verifyAll()).toMatchObject({
      ok: false,
      violations: [of('fake', `settled at ${past}, and was never sealed`)],
    });
  });

  it.each<[string, (item: Item) => Item, string]>([
    [
      'an entry',
      (item) => ({ ...item, entries: [{ ...(item['entries'] as Item[])[0], hash: 'x' }] }),
      'Page 2 of the journal was changed: its hash is not that of its content.',
    ],
    ['its place', (item) => ({ ...item, previous: 'x' }), 'Page 2 of the journal does not continue page 1.'],
    ['what is no page', (item) => ({ ...item, entries: 'none' }), 'Page 2 of the journal cannot be read.'],
  ])('a page of the journal: %s', async (_what, change, expected) => {
    const { verifyAll } = await sealed();
    await stores.documents.put(table(), change(await read(page(2))));
    const { ok, violations } = await verifyAll();
    expect(ok).toBe(false);
    expect(violations).toContainEqual({ what: expected });
  });

  it('a page written anew with a right hash, and the row to match', async () => {
    const { verifyAll, deps } = await sealed();
    await edit(row('two'), 'SET requestedBy = :v', { ':v': 'somebody' });
    const [, second] = await newestPages(deps, 'main', 2);
    const entries = second!.entries.map((entry) => ({ ...entry, hash: 'whatever fits' }));
    const hash = pageHash({ ...second!, entries });
    await edit(page(2), 'SET entries = :e, #h = :h', { ':e': entries, ':h': hash }, { '#h': 'hash' });
    expect((await verifyAll()).violations).toContainEqual({
      what: 'Page 3 of the journal does not continue page 2.',
    });
  });

  it('a page that is gone', async () => {
    const { verifyAll } = await sealed();
    await stores.documents.delete(table(), page(2));
    const { violations } = await verifyAll();
    expect(violations).toContainEqual({ what: 'Page 2 of the journal is missing.' });
    expect(violations).toContainEqual(of('two', expect.stringContaining('was never sealed')));
  });

  it('a head that is gone, or elsewhere', async () => {
    const { verifyAll } = await sealed();
    const head = await read(HEAD);
    const said = async () => (await verifyAll()).violations;
    await stores.documents.delete(table(), HEAD);
    expect(await said()).toContainEqual({ what: 'The head of the journal is gone.' });
    await stores.documents.put(table(), { ...head, n: 2 });
    expect(await said()).toContainEqual({
      what: 'The head of the journal is at page 2, and there is a page 3.',
    });
    await stores.documents.put(table(), { ...head, n: 7 });
    expect(await said()).toContainEqual({
      what: 'The head of the journal is at page 7, the last page is 3.',
    });
    await stores.documents.put(table(), { ...head, hash: 'x' });
    expect(await said()).toContainEqual({
      what: 'The head of the journal was changed: its hash is not that of page 3.',
    });
    await stores.documents.put(table(), { ...head, entries: 4 });
    expect(await said()).toContainEqual({
      what: 'The head of the journal was changed: it counts 4 entries, the pages have 3.',
    });
    const future = '2099-01-01T00:00:00.000Z';
    await stores.documents.put(table(), { ...head, closedUpTo: future });
    expect(await said()).toContainEqual({
      what: `The head of the journal was changed: it says that all is sealed up to ${future}.`,
    });
    await stores.documents.put(table(), { ...head, closedUpTo: 'never' });
    expect(await said()).toContainEqual({ what: 'The head of the journal cannot be read.' });
    await stores.documents.put(table(), head);
    expect(await verifyAll()).toMatchObject({ ok: true });
  });

  it('a journal rewound by a page, with a head to match', async () => {
    const { verifyAll, deps } = await sealed();
    const [, second] = await newestPages(deps, 'main', 2);
    await stores.documents.delete(table(), page(3));
    await edit(HEAD, 'SET n = :n, #h = :h, entries = :n', { ':n': 2, ':h': second!.hash }, { '#h': 'hash' });
    expect((await verifyAll()).violations).toEqual([
      of('three', expect.stringContaining('was never sealed')),
    ]);
  });
});

describe('a transfer and its reversal name each other', () => {
  const reverse = ({ ledger }: JournalBench, transactionId: string) =>
    ledger.reverse({
      service: SERVICE,
      transactionId,
      reason: 'paid twice',
      requestedBy: 'key:ops',
      houseShards: 1,
    });
  const unmark = (id: string) =>
    stores.documents.update(table(), row(id), 'REMOVE reversedBy', { condition: 'attribute_exists(pk)' });

  describe.each([
    ['sealed', true],
    ['in no page yet', false],
  ])('%s', (_when, isSealed) => {
    /** `one`, reversed. */
    async function reversed(): Promise<{
      bench: JournalBench;
      reversal: string;
      settle: () => Promise<void>;
    }> {
      const bench = isSealed ? await sealed() : openJournal(stores);
      if (!isSealed) await bench.ledger.post(deposit(1, '10', 'one'));
      const settle = async () => {
        if (isSealed) await bench.sealStream();
      };
      await bench.ledger.post(deposit(1, '50', 'more'));
      const { transactionId } = await reverse(bench, 'one');
      await settle();
      expect(await bench.verifyAll()).toMatchObject({ ok: true, violations: [] });
      return { bench, reversal: transactionId, settle };
    }

    it('unless the mark was taken off, and though it was then reversed again', async () => {
      const { bench, reversal, settle } = await reversed();
      await unmark('one');
      expect(await bench.verifyAll()).toMatchObject({
        ok: false,
        violations: [of('one', `was reversed by ${reversal}, and its row names none`)],
      });
      const again = await reverse(bench, 'one');
      await settle();
      expect(await bench.verifyAll()).toMatchObject({
        ok: false,
        violations: [of('one', `was reversed by ${reversal}, and its row names ${again.transactionId}`)],
      });
    });

    it('unless one was marked that nothing reversed', async () => {
      const { bench, reversal } = await reversed();
      await edit(row('more'), 'SET reversedBy = :v', { ':v': 'nothing' });
      const said = (id: string) =>
        of('more', `says that it was reversed by ${id}, which is no reversal of it`);
      expect((await bench.verifyAll()).violations).toEqual([said('nothing')]);
      // That of another transfer is none of this one.
      await edit(row('more'), 'SET reversedBy = :v', { ':v': reversal });
      expect((await bench.verifyAll()).violations).toEqual([said(reversal)]);
    });

    it('unless the transfer is gone', async () => {
      const { bench, reversal } = await reversed();
      await stores.documents.delete(table(), row('one'));
      expect((await bench.verifyAll()).violations).toContainEqual(
        of(reversal, 'reverses one, which is no settled transfer'),
      );
    });

    it('and one that is under way is not taken for half of one', async () => {
      const { bench } = await reversed();
      let halves = 0;
      // Read one by one, of the two rows of a transaction one may be there before the other.
      const documents: Documents = {
        ...stores.documents,
        batchGet: async (...args) =>
          (await stores.documents.batchGet(...args)).map(({ reversedBy, ...item }) => {
            if (reversedBy !== undefined) halves += 1;
            return item;
          }),
      };
      const other = openJournal(stores, { documents });
      other.clock.at = bench.clock.at;
      expect(await other.verifyAll()).toMatchObject({ ok: true, violations: [] });
      expect(halves).toBeGreaterThan(0);
    });
  });
});

describe('verify', () => {
  it('is of nothing where nothing ever settled', async () => {
    const { verify } = openJournal(stores);
    expect(await verify()).toMatchObject({
      ok: true,
      checked: 0,
      sealedUpTo: null,
      head: null,
      violations: [],
    });
  });

  it.each([
    ['sealed', true],
    ['in no page yet', false],
  ])('has nothing against a row of any writer: %s', async (_when, isSealed) => {
    const { ledger, deps, sealStream, verifyAll, clock } = openJournal(stores);
    const short = withdrawal(1, '2', 'short');
    await ledger.post(short).catch(() => undefined);
    await ledger.post({ ...deposit(1, '10', 'queued'), settlement: 'QUEUED' });
    const asked = { amount: units('2.5'), currency: 'USDT' };
    await ledger.post({ ...deposit(1, '10.50', 'asked'), asked, reason: 'a gift', settlement: 'QUEUED' });
    await ledger.post({ ...short, settlement: 'QUEUED' });
    const log = { error: () => {} };
    for (let minute = 0; minute < 3; minute++) {
      clock.at += MINUTE;
      await settleDue(clock.at + 30_000, { ...deps, log });
    }
    await ledger.adjust(adjustment('1', '0.0000000001', 'by hand'));
    await ledger.reverse({ ...short, reason: 'undone', houseShards: 16 });
    if (isSealed) await sealStream();
    const settled = isSealed ? 5 : 0;
    expect(await verifyAll()).toMatchObject({ ok: true, checked: settled, violations: [] });
    expect((await ledger.transfer({ service: SERVICE, transactionId: 'short' }))?.history).toHaveLength(3);
    expect((await ledger.trialBalance({ book: 'main', deep: true })).transfers).toBe(5);
  });

  it('goes on by its cursor, finds the same, and takes no other book’s', async () => {
    const { ledger, deps, stream, verify, verifyAll, clock } = openJournal(stores);
    for (const number of numbers(25)) {
      await ledger.post(deposit(number + 101, '1', `t${number}`));
      await seal(await stream(), deps);
      clock.at += 11 * MINUTE;
    }
    await stores.documents.delete(table(), row('t3'));
    await edit(row('t20'), 'SET requestedBy = :v', { ':v': 'x' });
    const whole = await verifyAll();
    // Out of time before it begins: one step an answer.
    const parts = await verifyAll('main', 0);
    expect(whole.answers).toBe(1);
    expect(parts.answers).toBeGreaterThan(20);
    expect(parts.violations).toEqual(whole.violations);
    expect(parts.violations).toContainEqual(of('t3', expect.stringContaining('its row is gone')));
    expect(parts.violations).toContainEqual(of('t20', expect.stringContaining('was changed')));
    expect([parts.ok, parts.checked]).toEqual([false, whole.checked]);
    const { cursor } = await verify({ patienceMs: 0 });
    await expect(verify({ book: 'other', cursor: cursor! })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  });

  it('calls nothing a violation that merely moves', async () => {
    const { ledger, deps, stream, verifyAll, alerts } = openJournal(stores);
    const load = { isOver: false };
    const post = async () => {
      for (let number = 0; !load.isOver; number++) {
        const user = 1 + (number % 7);
        const order = number % 3 === 2 ? withdrawal(user, '0.1') : deposit(user, '1');
        await ledger.post(order).catch(() => {});
        const undo = { ...order, reason: 'undone', houseShards: 16 };
        if (number % 4 === 0) await ledger.reverse(undo).catch(() => {});
      }
    };
    const sealing = async () => {
      while (!load.isOver) {
        const changes = await stream();
        await Promise.all([seal(changes, deps), seal(changes.slice(0, 30), deps)]);
        await sealBehind(deps, 'main');
      }
    };
    const work = Promise.all([post(), post(), sealing()]);
    for (let round = 0; round < 6; round++)
      expect((await verifyAll('main', round % 2 === 0 ? undefined : 0)).violations).toEqual([]);
    load.isOver = true;
    await work;
    await seal(await stream(), deps);
    expect(await verifyAll()).toMatchObject({ ok: true, violations: [] });
    expect(alerts.filter((alert) => alert.startsWith('raise'))).toEqual([]);
  });

  it('follows a head that moves between the pages and itself', async () => {
    const { ledger, sealStream } = openJournal(stores);
    await ledger.post(deposit(1, '1'));
    await sealStream();
    let moves = 3;
    const documents: Documents = {
      ...stores.documents,
      get: async (of, key, options) => {
        if (key['sk'] === 'HEAD' && moves-- > 0) {
          await ledger.post(deposit(1, '1'));
          await sealStream();
        }
        return stores.documents.get(of, key, options);
      },
    };
    expect(await openJournal(stores, { documents }).verifyAll()).toMatchObject({ ok: true, checked: 4 });
  });

  it('waits for an index that lists a page late', async () => {
    const { ledger, deps, stream, clock } = openJournal(stores);
    for (const number of numbers(25)) {
      await ledger.post(deposit(1, '1', `t${number}`));
      await seal(await stream(), deps);
    }
    clock.at += 30 * MINUTE;
    let lag = 2;
    const documents: Documents = {
      ...stores.documents,
      query: async (input) => {
        const late = String(input.values[':pages']).startsWith('SEALED#') && lag-- > 0;
        return late ? { items: [] } : stores.documents.query(input);
      },
    };
    expect(await openJournal(stores, { documents }).verifyAll()).toMatchObject({ violations: [] });
  });
});

describe('the nightly check', () => {
  function nightly(bench: JournalBench, books: string[]) {
    const lines: [string, LogFields | undefined][] = [];
    const write = (message: string, fields?: LogFields) => void lines.push([message, fields]);
    const log = { debug: write, info: write, warn: write, error: write, with: () => log };
    const alerts = bench.deps.alerts;
    const deps = {
      ...bench.deps,
      ledger: watchedLedger(bench.ledger, alerts),
      books: () => Promise.resolve(books),
      log,
    };
    return { lines, run: (patienceMs = 1_000_000) => nightlyCheck(deps, bench.clock.at + patienceMs) };
  }

  it('looks at every book once a night, tells the head’s hash, and resolves what is well again', async () => {
    const bench = await sealed();
    const { lines, run } = nightly(bench, ['main', 'emerald']);
    expect((await run()).map(({ book, ok }) => [book, ok])).toEqual([
      ['emerald', true],
      ['main', true],
    ]);
    const { hash } = (await readHead(bench.deps, 'main'))!;
    expect(lines).toContainEqual([
      'journal head',
      expect.objectContaining({ book: 'main', ok: true, page: 3, hash, checked: 3 }),
    ]);
    expect(bench.alerts).toContain('resolve LEDGER_TAMPERED main');
    expect(bench.alerts).toContain('resolve LEDGER_UNBALANCED main');
    expect(await run()).toEqual([]);
    // 04:30 UTC is 12:30 in Shanghai; the next night begins there at 19:00 UTC.
    bench.clock.at = Date.parse('2026-11-21T18:59:00Z');
    expect(await run()).toEqual([]);
    bench.clock.at = Date.parse('2026-11-21T19:01:00Z');
    await edit(row('one'), 'SET requestedBy = :v', { ':v': 'x' });
    bench.alerts.length = 0;
    expect((await run()).map(({ ok }) => ok)).toEqual([true, false]);
    expect(bench.alerts).toContain('raise LEDGER_TAMPERED main');
  });

  it('goes on where its time was over, one at a time', async () => {
    const bench = openJournal(stores);
    for (const number of numbers(12)) {
      await bench.ledger.post(deposit(number + 1, '1'));
      await bench.sealStream();
      bench.clock.at += 11 * MINUTE;
    }
    const { lines, run } = nightly(bench, ['main']);
    const [first, second] = await Promise.all([run(0), run(0)]);
    expect(first.length + second.length).toBe(1);
    let calls = 0;
    while ((await run(0)).length > 0) calls += 1;
    expect(calls).toBeGreaterThan(10);
    expect(lines.filter(([message]) => message === 'journal head')).toHaveLength(1);
  });

  it('is asked about the sums where a request cannot make them', async () => {
    const bench = await sealed();
    const { run } = nightly(bench, ['main']);
    await edit({ pk: 'ACCT#user:1', sk: 'BALANCE' }, 'ADD balance :a', { ':a': 2 });
    await run();
    await edit(HEAD, 'SET entries = :n', { ':n': 200_001 });
    expect((await bench.verifyAll()).violations).toContainEqual({
      accountId: 'user:1',
      what: expect.stringMatching(
        /^its balance is not the sum of its transfers \(as the nightly check saw it at /,
      ),
    });
  });
});

it('two houses of a book are both looked through', async () => {
  const bench = openJournal(stores);
  await bench.ledger.post(deposit(1, '10', 'one'));
  const control = { ...deposit(2, '10', 'control'), from: 'house:16' as const };
  await bench.ledger.post(control);
  await bench.stream();
  bench.clock.at += 10 * MINUTE;
  await inParallel(1, ['one', 'control'], async (id) =>
    expect((await bench.verifyAll()).violations).toContainEqual(
      of(id, expect.stringContaining('never sealed')),
    ),
  );
});

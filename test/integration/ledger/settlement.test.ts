import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDeadLetters } from '../../../lib/ledger/settlement/dead-letters.ts';
import type { DeadLetters } from '../../../lib/ledger/settlement/dead-letters.ts';
import { givenUp, isPending, putOff, replaceRow } from '../../../lib/ledger/settlement/pending.ts';
import type { PendingRow } from '../../../lib/ledger/settlement/pending.ts';
import { settleBatch } from '../../../lib/ledger/settlement/settle-batch.ts';
import { settleDue } from '../../../lib/ledger/settlement/settle-due.ts';
import { settleOne } from '../../../lib/ledger/settlement/settle-one.ts';
import type { SettlementDeps } from '../../../lib/ledger/settlement/settle-one.ts';
import { readTransfer } from '../../../lib/ledger/items.ts';
import { balanceKey, transferKey } from '../../../lib/ledger/keys.ts';
import type { Ledger, PostInput } from '../../../lib/ledger/ledger.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { connectDocuments, exactNumber } from '../../../lib/vendors/dynamodb/documents.ts';
import type { AlertInput } from '../../../lib/watch/alerts/alerts.ts';
import type { Fault } from '../../faults/faults.ts';
import { startDynamoDbWire } from '../../faults/dynamodb-wire.ts';
import type { DynamoDbWire } from '../../faults/dynamodb-wire.ts';
import { cursors } from '../../cursors.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { balanceOf, deposit, expectBalanced, openLedger, tickingClock, withdrawal } from './books.ts';
import { meteredDocuments } from './metered-documents.ts';
import { counted, troubled } from './troubled-documents.ts';

/** Everything on a wire of its own, with a clock that stands still unless somebody sleeps. */
describe('queued settlement', () => {
  let stores: TestStores;
  let wire: DynamoDbWire;
  let ledger: Ledger;
  let clock: ReturnType<typeof tickingClock>;
  let deps: SettlementDeps;
  let dead: DeadLetters;
  let raised: AlertInput[];
  let table: string;
  beforeAll(async () => {
    stores = await openStores();
    table = stores.names.tables.ledger;
  });
  afterAll(() => stores.close());
  beforeEach(async () => {
    wire = await startDynamoDbWire({ upstream: stores.config.endpoints.dynamodb!, stage: stores.stage });
    clock = tickingClock();
    raised = [];
    const documents = connectDocuments({ region: 'us-east-1', endpoint: wire.endpoint, maxAttempts: 1 });
    ledger = openLedger(stores, { documents, clock });
    deps = {
      documents,
      table,
      clock,
      random: systemRandom,
      alerts: { raise: async (alert) => void raised.push(alert), resolve: async () => undefined },
      log: { error: () => undefined },
    };
    dead = createDeadLetters({ ...deps, cursors });
  });
  afterEach(() => wire.stop());

  const queued = (order: PostInput): PostInput => ({ ...order, settlement: 'QUEUED' });
  const rowOf = async (order: PostInput) =>
    readTransfer((await stores.documents.get(table, transferKey(order), { consistent: true }))!);
  async function pendingOf(order: PostInput): Promise<PendingRow> {
    const row = await rowOf(order);
    if (!isPending(row)) throw new Error(`It is ${row.transfer.status}.`);
    return row;
  }
  /** What other tests have left. */
  async function nothingIsPending(): Promise<void> {
    const later = { ...tickingClock(), now: () => clock.at + 3_600_000 };
    await settleDue(later.now() + 1, { ...deps, clock: { ...later, sleep: () => Promise.resolve() } });
  }
  /** Has it accepted. */
  async function accepted(order: PostInput): Promise<PendingRow> {
    await ledger.post(queued(order));
    return pendingOf(order);
  }

  it('accepts in one write, moves nothing yet, and answers a duplicate with the same', async () => {
    const order = deposit(1, '7');
    const first = await ledger.post(queued(order));
    expect(first).toMatchObject({ replayed: false, transfer: { status: 'PENDING', attempts: 0 } });
    expect(first.transfer).not.toHaveProperty('settledAt');
    expect(wire.requests.map(({ action }) => action)).toEqual(['PutItem']);
    expect(await balanceOf(ledger, 'user:1')).toBeUndefined();
    expect(await ledger.post(queued(order))).toEqual({ transfer: first.transfer, replayed: true });
    await expect(ledger.post(queued(deposit(1, '8', order.transactionId)))).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });
  });

  it('settles in one transaction, keeps the course of states, and the duplicate gets the settled transfer', async () => {
    const order = deposit(2, '7');
    const row = await accepted(order);
    wire.requests.length = 0;
    expect(await settleOne(row, deps)).toBe('SETTLED');
    expect(wire.requests.map(({ action }) => action)).toEqual(['TransactWriteItems']);
    const { transfer, replayed } = await ledger.post(queued(order));
    expect(replayed).toBe(true);
    expect(transfer).toMatchObject({ status: 'SETTLED', attempts: 1 });
    expect(transfer.history.map(({ status }) => status)).toEqual(['PENDING', 'SETTLED']);
    expect(transfer.createdAt).toBe(row.transfer.createdAt);
    expect(await balanceOf(ledger, 'user:2')).toBe('7');
    expect((await ledger.entries('user:2')).items).toHaveLength(1);
    await expectBalanced(ledger);
  });

  it('settles once, whoever else does it at the same time or later (L7)', async () => {
    const row = await accepted(deposit(3, '7'));
    const outcomes = await Promise.all([1, 2, 3, 4, 5].map(() => settleOne(row, deps)));
    expect(outcomes.toSorted()).toEqual(['SETTLED', 'gone', 'gone', 'gone', 'gone']);
    expect(await settleOne(row, deps)).toBe('gone');
    expect(await balanceOf(ledger, 'user:3')).toBe('7');
  });

  it('finds what it has settled when the answer was lost', async () => {
    const row = await accepted(deposit(4, '7'));
    wire.meet('lost-reply');
    expect(await settleOne(row, deps)).toBe('gone');
    expect(await balanceOf(ledger, 'user:4')).toBe('7');
  });

  it('refuses what is not funded; a later delivery tries again, and only that (M3)', async () => {
    const order = withdrawal(5, '7');
    const row = await accepted(order);
    expect(await settleOne(row, deps)).toBe('REJECTED');
    const refused = (await ledger.transfer(order))!;
    expect(refused).toMatchObject({ status: 'REJECTED', attempts: 1 });
    expect(refused.history.at(-1)).toMatchObject({ status: 'REJECTED', cause: 'INSUFFICIENT_FUNDS' });
    await ledger.post(deposit(5, '10'));
    // What was on its way, and what a sweep has read before.
    expect(await settleOne(row, deps)).toBe('gone');
    expect(await balanceOf(ledger, 'user:5')).toBe('10');
    expect(await ledger.post(queued(order))).toMatchObject({
      replayed: false,
      transfer: { status: 'PENDING' },
    });
    expect(await settleOne(row, deps)).toBe('gone');
    expect(await settleOne(await pendingOf(order), deps)).toBe('SETTLED');
    const { transfer } = await rowOf(order);
    expect(transfer.createdAt).toBe(refused.createdAt);
    expect(transfer.history.map(({ status }) => status)).toEqual([
      'PENDING',
      'REJECTED',
      'PENDING',
      'SETTLED',
    ]);
    expect(await balanceOf(ledger, 'user:5')).toBe('3');
  });

  it('refuses an amount past what a balance can hold', async () => {
    await ledger.post(deposit(6, '1'));
    const key = balanceKey('user:6');
    const balance = (await stores.documents.get(table, key))!;
    const order = deposit(6, '2');
    await ledger.post(queued(order));
    const row = await pendingOf(order);
    await stores.documents.put(table, { ...balance, balance: exactNumber(`2${'0'.repeat(27)}`) });
    expect(await settleOne(row, deps)).toBe('REJECTED');
    expect((await ledger.transfer(order))?.history.at(-1)).toMatchObject({ cause: 'VALIDATION_FAILED' });
    await stores.documents.put(table, balance);
  });

  it('tries our own faults again after 1, 2, 4, 8, 15, 30, 60 s, then gives up, tells, and moves nothing', async () => {
    const order = deposit(7, '7');
    await accepted(order);
    const waits: number[] = [];
    for (let round = 1; round <= 7; round++) {
      const row = await pendingOf(order);
      // The transaction in each of its tries; what is written about it goes through.
      wire.meet(...Array<'invalid'>(1).fill('invalid'));
      expect(await settleOne(row, deps)).toBe('putOff');
      const { queued: later } = await pendingOf(order);
      waits.push(Math.round((Date.parse(later.dueAt) - clock.at) / 1_000));
    }
    expect(waits).toEqual([1, 2, 4, 8, 15, 30, 60]);
    wire.meet('invalid');
    expect(await settleOne(await pendingOf(order), deps)).toBe('DEAD');
    expect(await ledger.transfer(order)).toMatchObject({ status: 'DEAD', attempts: 8 });
    expect(raised.filter(({ kind }) => kind === 'TRANSFER_DEAD')).toMatchObject([
      { subject: order.service, severity: 'critical' },
    ]);
    expect(await balanceOf(ledger, 'user:7')).toBeUndefined();
    // The partner is still owed it.
    expect(await ledger.post(queued(order))).toMatchObject({ replayed: true, transfer: { status: 'DEAD' } });
    expect(await ledger.post(order)).toMatchObject({ replayed: true, transfer: { status: 'DEAD' } });

    const [letter] = (await dead.list({ service: order.service, cause: 'OURS' })).items;
    expect(letter).toMatchObject({
      service: order.service,
      transactionId: order.transactionId,
      cause: 'OURS',
      code: 'INTERNAL',
      attempts: 8,
    });
    const far = clock.at + 60_000;
    const { service, transactionId } = order;
    const transfers = [{ service, transactionId }];
    expect(await dead.redrive({ transfers, dryRun: true, deadlineAt: far })).toMatchObject({
      count: 1,
      redriven: 0,
    });
    expect(await dead.redrive({ transfers, deadlineAt: far })).toEqual({
      count: 1,
      redriven: 1,
      more: false,
    });
    expect(await dead.redrive({ transfers, deadlineAt: far })).toMatchObject({ count: 0, redriven: 0 });
    const again = await pendingOf(order);
    expect(again.queued.failures).toBe(0);
    expect(await settleOne(again, deps)).toBe('SETTLED');
    expect(await balanceOf(ledger, 'user:7')).toBe('7');
    expect((await dead.list({})).items).toEqual([]);
  });

  it('says that a post which reached DynamoDB late has no effect on what was given up', async () => {
    const order = deposit(8, '7');
    const row = await accepted(order);
    for (let round = 1; round <= 8; round++) {
      wire.meet('invalid');
      await settleOne(await pendingOf(order), deps);
    }
    expect(await settleOne(row, deps)).toBe('gone');
    expect(await ledger.transfer(order)).toMatchObject({ status: 'DEAD' });
    expect(await balanceOf(ledger, 'user:8')).toBeUndefined();
  });

  it('posts a batch in one transaction a shard, users in their order, and lets none hold up another', async () => {
    const one = { ...deposit(0, '1').book, houseShards: 1 };
    const of = (user: number, amount: string) => ({ ...deposit(user, amount), book: one });
    const orders: PostInput[] = [
      ...Array.from({ length: 9 }, (_, n) => of(20 + n, '5')),
      { ...withdrawal(20, '5'), book: one },
      { ...withdrawal(29, '1'), book: one },
      of(21, '1'),
    ];
    const rows: PendingRow[] = [];
    for (const order of orders) rows.push(await accepted(order));
    wire.requests.length = 0;
    const done = await settleBatch(rows, deps);
    expect(done.map(({ outcome }) => String(outcome)).toSorted()).toEqual([
      'REJECTED',
      ...Array<string>(11).fill('SETTLED'),
    ]);
    expect(done.find(({ outcome }) => outcome === 'REJECTED')?.row.transfer.from).toBe('user:29');
    expect(await balanceOf(ledger, 'user:20')).toBe('0');
    expect(await balanceOf(ledger, 'user:21')).toBe('6');
    await expectBalanced(ledger);
  });

  it('posts a batch of one shard in one transaction', async () => {
    const book = { ...deposit(0, '1').book, houseShards: 1 };
    const orders = Array.from({ length: 10 }, (_, n) => ({ ...deposit(40 + n, '5'), book }));
    const rows: PendingRow[] = [];
    for (const order of orders) rows.push(await accepted(order));
    wire.requests.length = 0;
    await settleBatch(rows, deps);
    expect(wire.requests.map(({ action }) => action)).toEqual(['TransactWriteItems']);
    for (let user = 40; user < 50; user++) expect(await balanceOf(ledger, `user:${user}`)).toBe('5');
    expect((await ledger.entries('house:15', { limit: 100 })).items.length).toBeGreaterThanOrEqual(10);
    await expectBalanced(ledger);
  });

  it('finds what is due, of the stream or of a worker that died, and leaves what is not', async () => {
    await nothingIsPending();
    const order = deposit(60, '5');
    await accepted(order);
    expect(await settleDue(clock.at + 1_000, deps)).toEqual({});
    clock.at += 16_000;
    expect(await settleDue(clock.at + 1_000, deps)).toEqual({ SETTLED: 1 });
    expect(await balanceOf(ledger, 'user:60')).toBe('5');
  });

  it('waits for what becomes due while it has time', async () => {
    await nothingIsPending();
    const order = deposit(61, '5');
    await accepted(order);
    expect(await settleDue(clock.at + 60_000, deps)).toEqual({ SETTLED: 1 });
    expect(await balanceOf(ledger, 'user:61')).toBe('5');
  });

  it('waits for a store that is away: one lost answer leaves nothing to the next sweep', async () => {
    await nothingIsPending();
    const order = deposit(64, '5');
    await accepted(order);
    clock.at += 16_000;
    // One of the eight listings, what they name, and the claim: each is lost once.
    const listings = (first: Fault): Fault[] => [first, ...Array<Fault>(7).fill('none')];
    wire.meet(...listings('internal-error'), ...listings('none'), 'throttled');
    wire.meet(...listings('none'), 'none', 'throttled');
    expect(await settleDue(clock.at + 60_000, deps)).toEqual({ SETTLED: 1 });
    expect(await balanceOf(ledger, 'user:64')).toBe('5');
  });

  it('asks each partition once where nothing is due', async () => {
    await nothingIsPending();
    wire.requests.length = 0;
    expect(await settleDue(clock.at + 60_000, deps)).toEqual({});
    expect(wire.requests.map(({ action }) => action)).toEqual(Array<string>(8).fill('Query'));
  });

  it('passes over a row that cannot be read, and tells (M8)', async () => {
    await nothingIsPending();
    const bad = deposit(62, '5');
    const good = deposit(63, '5');
    await accepted(bad);
    await accepted(good);
    const item = (await stores.documents.get(table, transferKey(bad)))!;
    await stores.documents.put(table, { ...item, amount: 'five' });
    clock.at += 16_000;
    expect(await settleDue(clock.at + 60_000, deps)).toEqual({ SETTLED: 1 });
    expect(raised.map(({ kind }) => kind)).toContain('LEDGER_CORRUPT');
    await stores.documents.put(table, item);
    expect(await settleOne(await pendingOf(bad), deps)).toBe('SETTLED');
  });

  it('costs the write units that docs/builders/settlement.md names', async () => {
    const metered = meteredDocuments(stores);
    const meteredDeps = { ...deps, documents: metered.documents };
    const meteredLedger = openLedger(stores, { documents: metered.documents, clock });
    const book = { ...deposit(0, '1').book, houseShards: 1 };
    const of = (user: number) => ({ ...deposit(user, '5'), book });
    const accept = async (order: PostInput) => {
      await meteredLedger.post(queued(order));
      return pendingOf(order);
    };
    // Their first transfers, each with an entry for the account that no later one has.
    for (let user = 80; user < 90; user++) await ledger.post(of(user));

    const row = await accept(of(80));
    expect(metered.takeUnits()).toBe(2);
    const put = putOff(row, 1, clock.at)!;
    await replaceRow(meteredDeps, row, put);
    expect(metered.takeUnits()).toBe(3);
    await settleOne(put, meteredDeps);
    expect(metered.takeUnits()).toBe(9);

    const rows: PendingRow[] = [];
    for (let user = 80; user < 90; user++) rows.push(await accept(of(user)));
    metered.takeUnits();
    await settleBatch(rows, meteredDeps);
    expect(metered.takeUnits()).toBe(9 + 9 * 7);
    metered.close();
  });

  it('redrives all that a filter finds, many at a time, and says when time ran out', async () => {
    const service = 'MANY_DEAD';
    const orders = Array.from({ length: 30 }, (_, n) => ({ ...deposit(100 + n, '5'), service }));
    for (const order of orders) {
      const row = await accepted(order);
      const given = { cause: 'OURS', code: 'INTERNAL', detail: 'broken' } as const;
      await replaceRow(deps, row, givenUp(row, 1, new Date(clock.at).toISOString(), given));
    }
    const filter = { service, cause: 'OURS' } as const;
    const far = clock.at + 60_000;
    expect(await dead.redrive({ ...filter, dryRun: true, deadlineAt: far })).toEqual({
      count: 30,
      redriven: 0,
      more: false,
    });
    expect(await dead.redrive({ ...filter, deadlineAt: clock.at })).toMatchObject({
      redriven: 0,
      more: true,
    });
    wire.requests.length = 0;
    expect(await dead.redrive({ ...filter, deadlineAt: far })).toEqual({
      count: 30,
      redriven: 30,
      more: false,
    });
    expect(wire.requests.filter(({ action }) => action === 'BatchGetItem')).toHaveLength(1);
    expect((await dead.list(filter)).items).toEqual([]);
  });

  it('is what a SYNC post falls back to that meets nothing but contention', async () => {
    const order: PostInput = { ...deposit(70, '5'), settlement: 'SYNC', deadlineAt: clock.at + 5_000 };
    const { documents: calm } = deps;
    const put: typeof calm.put = (...args) => calm.put(...args);
    const conflicting = { ...troubled(calm, () => 'balance-conflict'), put };
    const { documents, counts } = counted(conflicting);
    const posted = await openLedger(stores, { documents, clock }).post(order);
    expect(posted).toMatchObject({ replayed: false, transfer: { status: 'PENDING' } });
    expect(counts['transact']).toBeGreaterThan(5);
    expect(counts['put']).toBe(1);
    expect(await settleOne(await pendingOf(order), deps)).toBe('SETTLED');
    expect(await balanceOf(ledger, 'user:70')).toBe('5');
  });

  it('is no way out for a transfer by hand', async () => {
    const order: PostInput = { ...deposit(71, '5'), deadlineAt: clock.at + 5_000 };
    const documents = troubled(deps.documents, () => 'balance-conflict');
    await expect(openLedger(stores, { documents, clock }).post(order)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(await ledger.transfer(order)).toBeUndefined();
  });
});

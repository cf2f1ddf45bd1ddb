import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Documents, TransactItem } from '../../../lib/vendors/dynamodb/documents.ts';
import { isGatewayError } from '../../../lib/runtime/errors.ts';
import type { Posted } from '../../../lib/ledger/ledger.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import {
  SERVICE,
  balanceOf,
  deposit,
  expectBalanced,
  openLedger,
  tickingClock,
  withdrawal,
} from './books.ts';
import { counted, reticent, troubled, unavailable } from './troubled-documents.ts';
import type { Trouble } from './troubled-documents.ts';

describe('a transfer happens exactly once', () => {
  let stores: TestStores;
  let nextUser = 20_000;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());

  it('costs one DynamoDB call, and a duplicate one more', async () => {
    const { documents, counts } = counted(stores.documents);
    const ledger = openLedger(stores, { documents });
    const order = deposit(1, '5', 'counted');
    await ledger.post(order);
    expect(counts).toEqual({ transact: 1 });
    await ledger.post(order);
    expect(counts).toEqual({ transact: 2 });
  });

  it('E7: 300 copies at once: one effect, 300 equal answers, one of them not replayed', async () => {
    const ledger = openLedger(stores);
    const order = deposit(300, '7.5', 'copies');
    const answers = await Promise.all(Array.from({ length: 300 }, () => ledger.post(order)));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(answers.map(({ transfer }) => JSON.stringify(transfer, decimals)))).toHaveProperty(
      'size',
      1,
    );
    expect(await balanceOf(ledger, 'user:300')).toBe('7.5');
    await expectBalanced(ledger);
  });

  it('L2: 200 withdrawals of all there is: exactly one settles', async () => {
    const ledger = openLedger(stores);
    await ledger.post(deposit(200, '100'));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) => ledger.post(withdrawal(200, '100', `race-${i}`))),
    );
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(199);
    for (const outcome of refused) {
      expect((outcome as PromiseRejectedResult).reason).toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    }
    expect(await balanceOf(ledger, 'user:200')).toBe('0');
    await expectBalanced(ledger);
  });

  it('L3: contention, throttling and errors in any order: applied once, tried again with jitter', async () => {
    const trouble = fc.constantFrom<Trouble>(
      ...([
        'row-conflict',
        'balance-conflict',
        'throttled-item',
        'throttled',
        'error-before',
        'error-after',
      ] as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(trouble, { maxLength: 6 }), fc.boolean(), async (troubles, isDebit) => {
        const user = nextUser++;
        const clock = tickingClock();
        const ledger = openLedger(stores, {
          clock,
          documents: troubled(stores.documents, () => troubles.shift()),
        });
        await openLedger(stores).post(deposit(user, '10'));
        const expectedTries = troubles.length + 1;
        const hits = troubles.indexOf('error-after');
        const order = isDebit ? withdrawal(user, '10') : deposit(user, '10');

        const { transfer, replayed } = await ledger.post(order);

        expect(replayed).toBe(false);
        expect(await balanceOf(ledger, `user:${user}`)).toBe(isDebit ? '0' : '20');
        expect(await ledger.transfer(order)).toEqual(transfer);
        // After a lost answer only what happens before DynamoDB looks at the row can still get in the way.
        expect(transfer.attempts).toBe(hits === -1 ? expectedTries : hits + 1);
        expect(clock.sleeps.every((ms) => ms >= 0 && ms < 500)).toBe(true);
      }),
      { numRuns: 40 },
    );
    await expectBalanced(openLedger(stores));
  });

  it('L3: gives up at its deadline, and the next delivery finds the truth', async () => {
    let isDown = true;
    const documents = troubled(stores.documents, () => (isDown ? 'error-after' : 'none'));
    const clock = tickingClock();
    const ledger = openLedger(stores, {
      clock,
      documents: { ...documents, get: () => Promise.reject(unavailable('down')) },
    });
    const order = deposit(1, '1', 'at the deadline');
    await expect(
      openLedger(stores, { clock, documents: troubled(stores.documents, () => 'throttled') }).post(order),
    ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    expect(clock.at).toBeLessThan(Date.parse('2026-11-21T04:00:10.200Z'));

    const late = { ...order, deadlineAt: clock.at };
    await expect(ledger.post(late)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    isDown = false;
    expect(await ledger.post(order)).toMatchObject({ replayed: true, transfer: { status: 'SETTLED' } });
  });

  it('L4: the answer is lost after the commit: the retry returns what was stored, as its own', async () => {
    const troubles: Trouble[] = ['error-after'];
    const ledger = openLedger(stores, { documents: troubled(stores.documents, () => troubles.shift()) });
    const order = deposit(401, '4', 'lost');
    const { transfer, replayed } = await ledger.post(order);
    expect(replayed).toBe(false);
    expect(await ledger.transfer({ service: SERVICE, transactionId: 'lost' })).toEqual(transfer);
    expect(await openLedger(stores).post(order)).toEqual({ transfer, replayed: true });
    expect(await balanceOf(ledger, 'user:401')).toBe('4');
  });

  it('L4: the same for the withdrawal that emptied the account: not taken for a lack of funds', async () => {
    const troubles: Trouble[] = ['none', 'error-after'];
    const ledger = openLedger(stores, { documents: troubled(stores.documents, () => troubles.shift()) });
    await ledger.post(deposit(402, '4'));
    expect(await ledger.post(withdrawal(402, '4'))).toMatchObject({ replayed: false });
    expect(await balanceOf(ledger, 'user:402')).toBe('0');
  });

  it('L4: a refusal whose answer is lost is given all the same', async () => {
    const troubles: Trouble[] = ['none', 'error-after'];
    const ledger = openLedger(stores, { documents: troubled(stores.documents, () => troubles.shift()) });
    await expect(ledger.post(withdrawal(403, '4', 'lost refusal'))).rejects.toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
    });
    expect(await ledger.transfer({ service: SERVICE, transactionId: 'lost refusal' })).toMatchObject({
      status: 'REJECTED',
    });
  });

  it('works on an engine that does not say what stood in the way', async () => {
    const ledger = openLedger(stores, { documents: reticent(stores.documents) });
    const order = deposit(404, '4', 'silent');
    await ledger.post(order);
    expect(await ledger.post(order)).toMatchObject({ replayed: true });
    await expect(ledger.post(deposit(404, '5', 'silent'))).rejects.toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    });
  });

  it("L5: a retry after DynamoDB's own token has expired has no second effect", async () => {
    // The very bytes, sent again under another token: what the row says is all the protection there is.
    let sent: TransactItem[] = [];
    const documents: Documents = {
      ...stores.documents,
      transact: (items) => stores.documents.transact((sent = items), { token: 'first' }),
    };
    const clock = tickingClock();
    const ledger = openLedger(stores, { documents, clock });
    const order = deposit(501, '5', 'eleven minutes');
    const { transfer } = await ledger.post(order);
    await expect(stores.documents.transact(sent, { token: 'second' })).rejects.toMatchObject({
      name: 'TransactionCancelled',
    });
    clock.at += 11 * 60_000;
    expect(await openLedger(stores, { clock }).post(order)).toEqual({ transfer, replayed: true });
    expect(await balanceOf(ledger, 'user:501')).toBe('5');
  });

  it('a request given up on, of an order since refused, does not settle behind the back of its caller', async () => {
    // The first try hangs on the wire past its timeout; it arrives after the refusal and a deposit that covers it.
    let late: (() => Promise<void>) | undefined;
    const documents: Documents = {
      ...stores.documents,
      transact: (items) => {
        if (late) return stores.documents.transact(items);
        late = () => stores.documents.transact(items);
        return Promise.reject(unavailable('TimeoutError'));
      },
    };
    const order = withdrawal(601, '6', 'late');
    await expect(openLedger(stores, { documents }).post(order)).rejects.toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
    });
    const ledger = openLedger(stores);
    // Another delivery is refused in between: the first one's mark stays.
    await expect(ledger.post(order)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await ledger.post(deposit(601, '6'));
    await expect(late?.()).rejects.toMatchObject({ name: 'TransactionCancelled' });
    expect(await balanceOf(ledger, 'user:601')).toBe('6');
    expect(await ledger.post(order)).toMatchObject({ replayed: false });
    await expect(late?.()).rejects.toMatchObject({ name: 'TransactionCancelled' });
    expect(await balanceOf(ledger, 'user:601')).toBe('0');
  });

  it('L7: deliveries of one order with too little and then enough money: one terminal state for all', async () => {
    for (let round = 0; round < 10; round++) {
      const ledger = openLedger(stores);
      const user = nextUser++;
      const order = withdrawal(user, '10');
      const [, ...answers] = await Promise.allSettled([
        ledger.post(deposit(user, '10')),
        ...Array.from({ length: 12 }, () => ledger.post(order)),
      ]);
      const settled = answers.filter(
        (answer): answer is PromiseFulfilledResult<Posted> => answer.status === 'fulfilled',
      );
      const reasons = answers.flatMap((answer) =>
        answer.status === 'rejected' ? [answer.reason as unknown] : [],
      );
      expect(reasons.filter((reason) => !isGatewayError(reason, 'INSUFFICIENT_FUNDS'))).toEqual([]);
      expect(settled.filter(({ value }) => !value.replayed).length).toBe(settled.length > 0 ? 1 : 0);
      await ledger.post(order);
      expect(await balanceOf(ledger, `user:${user}`)).toBe('0');
      expect(await ledger.transfer(order)).toMatchObject({ status: 'SETTLED' });
    }
    await expectBalanced(openLedger(stores));
  });

  it('L7: two orders under one id: one wins, the other is told, whoever comes first', async () => {
    for (let round = 0; round < 10; round++) {
      const ledger = openLedger(stores);
      const id = `two-orders-${round}`;
      const user = nextUser++;
      const answers = await Promise.allSettled(
        ['1', '2', '1', '2', '1', '2'].map((amount) => ledger.post(deposit(user, amount, id))),
      );
      const won = await balanceOf(ledger, `user:${user}`);
      expect(answers.map(({ status }) => status)).toEqual(
        ['1', '2', '1', '2', '1', '2'].map((amount) => (amount === won ? 'fulfilled' : 'rejected')),
      );
    }
    await expectBalanced(openLedger(stores));
  });

  it('L6: dies before or after any of its writes: all or nothing, and the next delivery completes it', async () => {
    for (const [writes, moment] of [1, 2].flatMap((n) => [[n, 'before'] as const, [n, 'after'] as const])) {
      const user = nextUser++;
      const order = withdrawal(user, '5');
      await expect(
        openLedger(stores, { documents: deadly(stores.documents, writes, moment) }).post(order),
      ).rejects.toThrow(/killed|cover/);
      const ledger = openLedger(stores);
      await expectBalanced(ledger);
      await ledger.post(deposit(user, '5'));
      const rich = openLedger(stores, { documents: deadly(stores.documents, 1, moment) });
      await expect(rich.post(order)).rejects.toThrow('killed');
      expect(await balanceOf(ledger, `user:${user}`)).toBe(moment === 'before' ? '5' : '0');
      expect(await ledger.post(order)).toMatchObject({ replayed: moment === 'after' });
      expect(await balanceOf(ledger, `user:${user}`)).toBe('0');
    }
    await expectBalanced(openLedger(stores));
  });
});

/** A process that ends at its nth write, for good: what it throws is nothing it could catch. */
function deadly(documents: Documents, nth: number, moment: 'before' | 'after'): Documents {
  let writes = 0;
  async function through<T>(write: () => Promise<T>): Promise<T> {
    if (++writes < nth) return write();
    if (moment === 'after') await write();
    throw new Error('killed');
  }
  return {
    ...documents,
    transact: (...args) => through(() => documents.transact(...args)),
    update: (...args) => through(() => documents.update(...args)),
  };
}

const decimals = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

/** What becomes of one queued transfer, whatever happens to its writes. */
import { describe, expect, it } from 'vitest';
import { readBacklog } from '../../../lib/ledger/settlement/backlog.ts';
import { createDeadLetters } from '../../../lib/ledger/settlement/dead-letters.ts';
import type { PendingRow } from '../../../lib/ledger/settlement/pending.ts';
import { settleOne } from '../../../lib/ledger/settlement/settle-one.ts';
import { balanceKey, shardId } from '../../../lib/ledger/keys.ts';
import type { PostInput } from '../../../lib/ledger/ledger.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { ConditionFailed, TransactionCancelled } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { cursors } from '../../cursors.ts';
import { balanceOf, deposit, openLedger, withdrawal } from './books.ts';
import { useQueue } from './queue.ts';
import type { Queue } from './queue.ts';

let queue: Queue;
useQueue((opened) => void (queue = opened));

const contention = () =>
  new TransactionCancelled(
    ['TransactionConflict', 'None', 'None'].map((code) => ({ code, item: undefined })),
  );
const away = () => new GatewayError('STORE_UNAVAILABLE', 'away');

/** The first so many transactions meet this error. */
function failing(times: number, error: () => Error): Partial<Documents> & { sent: number } {
  const store = queue.stores.documents;
  const documents = {
    sent: 0,
    transact: async (...args: Parameters<Documents['transact']>) => {
      documents.sent += 1;
      if (documents.sent <= times) throw error();
      return store.transact(...args);
    },
  };
  return documents;
}
const taken: Partial<Documents> = { put: () => Promise.reject(new ConditionFailed()) };
/** As after seven rounds. */
const lastTry = (row: PendingRow): PendingRow => ({ ...row, queued: { ...row.queued, failures: 7 } });
const order: PostInput = deposit(1, '5', 'one');

describe.each([
  ['contention', contention],
  ['a store that is away', away],
])('%s', (_, error) => {
  it('is met with another try, each after a longer wait', async () => {
    const row = await queue.accept(order);
    const documents = failing(3, error);
    expect(await settleOne(row, queue.deps(documents))).toBe('SETTLED');
    expect(await queue.transfer(order)).toMatchObject({ status: 'SETTLED', attempts: 4 });
    expect([documents.sent, queue.clock.sleeps]).toEqual([4, [10, 20, 40]]);
  });

  it('that does not end in three seconds puts it off', async () => {
    const row = await queue.accept(order);
    const documents = failing(Number.POSITIVE_INFINITY, error);
    const began = queue.clock.at;
    expect(await settleOne(row, queue.deps(documents))).toBe('putOff');
    const waited = queue.clock.sleeps.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThan(2_400);
    expect(queue.clock.at - began).toBeLessThan(3_100);
    expect(await queue.transfer(order)).toMatchObject({ status: 'PENDING', attempts: documents.sent });
    expect(await queue.item(order)).toMatchObject({ failures: expect.objectContaining({ value: '1' }) });
  });
});

describe('somebody else', () => {
  it('has settled it: nothing is written', async () => {
    const row = await queue.accept(order);
    expect(await settleOne(row, queue.deps())).toBe('SETTLED');
    const put = () => Promise.reject(new Error('Nothing is to be written.'));
    expect(await settleOne(row, queue.deps({ put }))).toBe('gone');
    expect(await balanceOf(openLedger(queue.stores), 'user:1')).toBe('5');
  });

  it('has taken it on before it is refused, put off or given up', async () => {
    const unfunded = await queue.accept(withdrawal(2, '5'));
    expect(await settleOne(unfunded, queue.deps(taken))).toBe('gone');
    const row = await queue.accept(order);
    const broken = { ...taken, transact: () => Promise.reject(new Error('broken')) };
    expect(await settleOne(row, queue.deps(broken))).toBe('gone');
    expect(await settleOne(lastTry(row), queue.deps(broken))).toBe('gone');
    expect([queue.raised, queue.logged]).toEqual([[], []]);
  });
});

describe('what is given up', () => {
  const lettersOf = async () => {
    const { documents, table, clock } = queue.deps();
    return (await createDeadLetters({ documents, table, clock, cursors }).list({})).items;
  };

  it('through our own fault is told with its error, which no partner sees', async () => {
    const row = lastTry(await queue.accept(order));
    const error = new TypeError('x is undefined');
    const documents = { transact: () => Promise.reject(error) };
    expect(await settleOne(row, queue.deps(documents))).toBe('DEAD');
    const { service, transactionId } = order;
    expect(queue.logged).toEqual([
      ['A transfer was given up.', { service, transactionId, code: 'INTERNAL', error }],
    ]);
    expect(queue.raised).toEqual([
      {
        kind: 'TRANSFER_DEAD',
        subject: service,
        severity: 'critical',
        summary: expect.stringContaining(`could not be settled: ${transactionId}. Mend the cause`) as string,
        details: { transactionId, code: 'INTERNAL', cause: 'OURS' },
      },
    ]);
    expect(await lettersOf()).toMatchObject([
      { cause: 'OURS', code: 'INTERNAL', detail: 'An unexpected error.', attempts: 1 },
    ]);
    const { deadServices } = await readBacklog(queue.deps());
    expect(deadServices).toEqual(new Set([service]));
  });

  it('is so at once where the order itself is at fault', async () => {
    const row = await queue.accept(order);
    const error = new GatewayError('VALIDATION_FAILED', 'amount is odd');
    expect(await settleOne(row, queue.deps(failing(1, () => error)))).toBe('DEAD');
    expect(await lettersOf()).toMatchObject([
      { cause: 'PARTNER', code: 'VALIDATION_FAILED', detail: 'amount is odd' },
    ]);
  });
});

describe('a balance that is not as it should be', () => {
  it('of another currency: nothing moves, and it is tried again', async () => {
    await openLedger(queue.stores).post(deposit(1, '5'));
    const { documents } = queue.stores;
    const key = balanceKey('user:1');
    await documents.update(queue.table, key, 'SET currency = :c', { values: { ':c': 'POINT' } });
    expect(await settleOne(await queue.accept(order), queue.deps())).toBe('putOff');
    expect((await queue.item(order))['status']).toBe('PENDING');
    expect(queue.raised).toEqual([]);
  });

  it('that cannot be read: nothing moves, and people are told which row it is (M8)', async () => {
    const row = await queue.accept(order);
    const { documents } = queue.stores;
    const house = balanceKey(shardId('house:15', row.queued.shard));
    await documents.put(queue.table, { ...house, balance: 'five', currency: 'DIAMOND' });
    expect(await settleOne(row, queue.deps())).toBe('putOff');
    expect(queue.raised).toMatchObject([{ kind: 'LEDGER_CORRUPT', subject: house['pk'] }]);
  });
});

describe('the backlog', () => {
  it('is as old as the state that the oldest is in', async () => {
    await queue.accept(order);
    const since = Date.parse((await queue.transfer(order)).history.at(-1)!.at);
    queue.clock.at += 5_000;
    await queue.accept(deposit(1, '5', 'younger'));
    const { oldestSince, firstDueAt, deadServices } = await readBacklog(queue.deps());
    expect(oldestSince).toBe(since);
    expect(firstDueAt).toBe(Date.parse(String((await queue.item(order))['dueAt'])));
    expect(deadServices).toEqual(new Set());
  });

  it('of more dead letters than are looked through says nothing of their services', async () => {
    const many = Array.from({ length: 5_000 }, (__, n) => ({ gsi1sk: `2026#S${n % 3}#${n}` }));
    const query: Documents['query'] = async ({ values }) => ({
      items: values[':partition'] === 'DEAD#OURS' ? many : [],
    });
    expect((await readBacklog(queue.deps({ query }))).deadServices).toBeUndefined();
    many.pop();
    expect((await readBacklog(queue.deps({ query }))).deadServices).toEqual(new Set(['S0', 'S1', 'S2']));
  });
});

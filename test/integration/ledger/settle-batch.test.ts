/** Which transactions a batch of queued transfers becomes. */
import { describe, expect, it } from 'vitest';
import { settleBatch } from '../../../lib/ledger/settlement/settle-batch.ts';
import type { PendingRow } from '../../../lib/ledger/settlement/pending.ts';
import { balanceKey, entrySort, shardId } from '../../../lib/ledger/keys.ts';
import { TransactionCancelled } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { deposit } from './books.ts';
import { useQueue } from './queue.ts';
import type { Queue } from './queue.ts';

let queue: Queue;
useQueue((opened) => void (queue = opened));

const one = { ...deposit(0, '1').book, houseShards: 1 };
const accepted = async (count: number, book = one): Promise<PendingRow[]> => {
  const rows: PendingRow[] = [];
  for (let nth = 1; nth <= count; nth++)
    rows.push(await queue.accept({ ...deposit(1_000 + nth, '5'), book }));
  return rows;
};
/** Transactions by their size, and how many were under way at once. */
function watched(before: (nth: number) => void = () => undefined) {
  const seen = { sizes: [] as number[], atOnce: 0 };
  let [sent, open] = [0, 0];
  const store = queue.stores.documents;
  const transact: Documents['transact'] = async (items, options) => {
    before(++sent);
    seen.sizes.push(items.length);
    seen.atOnce = Math.max(seen.atOnce, ++open);
    // Everybody else who may begin has begun.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await store.transact(items, options).finally(() => open--);
  };
  return { seen, transact };
}

describe('a batch', () => {
  it('of one shard becomes transactions of ten transfers: two items each, and the shard', async () => {
    const rows = await accepted(25);
    const { seen, transact } = watched();
    const done = await settleBatch(rows, queue.deps({ transact }));
    expect(done.every(({ outcome }) => outcome === 'SETTLED')).toBe(true);
    expect(new Set(done.map(({ row }) => row)).size).toBe(25);
    expect(seen.sizes.toSorted((a, b) => a - b)).toEqual([11, 21, 21]);
  });

  it('of many shards has sixteen transactions under way at once', async () => {
    const rows = await accepted(120, { ...one, houseShards: 32 });
    const { seen, transact } = watched();
    await settleBatch(rows, queue.deps({ transact }));
    expect(seen.sizes.length).toBeGreaterThan(16);
    expect(seen.atOnce).toBe(16);
  });

  it('of one transfer is tried as one: each try is counted', async () => {
    const [row] = await accepted(1);
    const { seen, transact } = watched((nth) => {
      if (nth === 1) throw new TransactionCancelled([{ code: 'TransactionConflict', item: undefined }]);
    });
    await settleBatch([row!], queue.deps({ transact }));
    expect(seen.sizes).toEqual([3]);
    const { transactionId, service } = row!.transfer;
    expect(await queue.transfer({ ...deposit(1, '5', transactionId), service })).toMatchObject({
      attempts: 2,
    });
  });

  it('leaves at the house which of its transfers is the last one of its statement', async () => {
    const rows: PendingRow[] = [];
    for (const [user, id] of ['z', 'a', 'm'].entries())
      rows.push(await queue.accept({ ...deposit(user + 1, '5', id), book: one }));
    await settleBatch(rows, queue.deps());
    const house = await queue.stores.documents.get(queue.table, balanceKey(shardId('house:15', 0)));
    const { settledAt = '', ...last } = await queue.transfer({ ...deposit(1, '5', 'z'), book: one });
    expect(house?.['lastTransfer']).toBe(entrySort(settledAt, last));
  });
});

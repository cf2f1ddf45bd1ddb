/** What an order that is to be queued meets under its id, on the real store. */
import { describe, expect, it } from 'vitest';
import { accept } from '../../../lib/ledger/settlement/accept.ts';
import type { PendingRow } from '../../../lib/ledger/settlement/pending.ts';
import { refused, replaceRow } from '../../../lib/ledger/settlement/pending.ts';
import type { PostingAttempt } from '../../../lib/ledger/posting-attempt.ts';
import type { PostInput } from '../../../lib/ledger/ledger.ts';
import { ConditionFailed } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { deposit } from './books.ts';
import { useQueue } from './queue.ts';
import type { Queue } from './queue.ts';

let queue: Queue;
useQueue((opened) => void (queue = opened));

const order: PostInput = deposit(1, '5', 'one');
const attempt = (deadlineAt = queue.clock.at + 60_000): PostingAttempt => ({
  input: order,
  user: order.to,
  house: order.from,
  debit: false,
  attemptId: 'another attempt',
  fingerprint: 'print',
  createdAt: new Date(queue.clock.at).toISOString(),
  shard: 0,
  deadlineAt,
});
/** A refusal of the same order stands in its way. */
async function refusedBefore() {
  const first = attempt();
  const accepted = await accept(queue.deps(), { ...first, attemptId: 'the first' });
  expect(accepted).toMatchObject({ replayed: false, transfer: { status: 'PENDING' } });
  const row = (await queue.row(order)) as PendingRow;
  await replaceRow(queue.deps(), row, refused(row, 1, first.createdAt, 'INSUFFICIENT_FUNDS'));
}

describe('an order', () => {
  it('takes up a refusal, with its states and its next version', async () => {
    await refusedBefore();
    const { version } = await queue.row(order);
    const posted = await accept(queue.deps(), attempt());
    expect(posted?.transfer.history.map(({ status }) => status)).toEqual(['PENDING', 'REJECTED', 'PENDING']);
    expect((await queue.row(order)).version).toBe(version + 1);
  });

  it('takes it up once in a try, and not when its time is over', async () => {
    await refusedBefore();
    const item = await queue.item(order);
    let puts = 0;
    const put: Documents['put'] = async () => {
      puts += 1;
      throw new ConditionFailed(item);
    };
    expect(await accept(queue.deps({ put }), attempt())).toBeUndefined();
    expect(puts).toBe(2);
    const now = queue.clock.at;
    const still = { ...queue.deps({ put }), clock: { ...queue.clock, now: () => now } };
    expect(await accept(still, attempt(now))).toBeUndefined();
    expect(puts).toBe(3);
  });

  it('that meets a row which is gone decides nothing, and what is no condition is thrown', async () => {
    const gone = { put: () => Promise.reject(new ConditionFailed()) };
    expect(await accept(queue.deps(gone), attempt())).toBeUndefined();
    const error = new TypeError('broken');
    const broken = { put: () => Promise.reject(error) };
    await expect(accept(queue.deps(broken), attempt())).rejects.toBe(error);
  });
});

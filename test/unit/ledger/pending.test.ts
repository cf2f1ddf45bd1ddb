import { describe, expect, it } from 'vitest';
import { givenUp, isPending, putOff, redriven, refused } from '../../../lib/ledger/settlement/pending.ts';
import type { PendingRow } from '../../../lib/ledger/settlement/pending.ts';

const NOW = Date.parse('2026-11-22T04:00:00Z');
const AT = new Date(NOW).toISOString();
const row: PendingRow = {
  transfer: {
    transactionId: 'one',
    service: 'URS',
    book: 'main',
    type: 'deposit',
    status: 'PENDING',
    from: 'house:15',
    to: 'user:1',
    amount: 5n,
    currency: 'DIAMOND',
    requestedBy: 'URS',
    createdAt: '2026-11-22T03:59:00.000Z',
    attempts: 2,
    history: [{ status: 'PENDING', at: '2026-11-22T03:59:00.000Z' }],
  },
  fingerprint: 'print',
  attemptId: 'attempt',
  version: 4,
  queued: { shard: 3, failures: 0, dueAt: '2026-11-22T03:59:15.000Z' },
};
const dead = { cause: 'OURS', code: 'INTERNAL', detail: 'broken' } as const;

describe('a queued transfer', () => {
  it('is pending only in that state, and only with what it takes to post it', () => {
    expect(isPending(row)).toBe(true);
    const { queued: _, ...settled } = row;
    expect(isPending({ ...settled, transfer: { ...row.transfer, status: 'SETTLED' } })).toBe(false);
    expect(isPending(settled)).toBe(false);
    expect(isPending(givenUp(row, 1, AT, dead))).toBe(false);
  });

  it('counts its version up with each change of state, and not while it waits', () => {
    expect(givenUp(row, 1, AT, dead).version).toBe(5);
    expect(refused(row, 1, AT, 'INSUFFICIENT_FUNDS').version).toBe(5);
    expect(putOff(row, 1, NOW)?.version).toBe(4);
    const given = { ...givenUp(row, 1, AT, dead), queued: row.queued };
    expect(redriven(given, NOW, 15_000).version).toBe(6);
  });

  it('that is redriven has a round of its own, the stream’s turn first', () => {
    const given = { ...givenUp({ ...row, queued: { ...row.queued, failures: 7 } }, 1, AT, dead) };
    const again = redriven({ ...given, queued: given.queued! }, NOW, 15_000);
    expect(again.queued).toEqual({ shard: 3, failures: 0, dueAt: '2026-11-22T04:00:15.000Z' });
    expect(again.transfer.history.map(({ status }) => status)).toEqual(['PENDING', 'DEAD', 'PENDING']);
    expect(again).not.toHaveProperty('dead');
  });
});

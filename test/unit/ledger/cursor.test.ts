import { describe, expect, it } from 'vitest';
import { bound, statementCursors } from '../../../lib/ledger/cursor.ts';
import { cursors } from '../../cursors.ts';

describe('where a statement goes on', () => {
  it('is read back with every digit, below zero too', async () => {
    const codec = statementCursors(cursors, 'user:1');
    for (const balance of ['0', '-1', '12345678901234567890']) {
      const cursor = await codec.write({ before: '2026#x', balance });
      expect(await codec.read(cursor)).toEqual({ before: '2026#x', balance: BigInt(balance) });
    }
  });

  it.each(['1.5', '', 'x1', '1x', '1e3'])('is not where the balance was %j', async (balance) => {
    const codec = statementCursors(cursors, 'user:1');
    const cursor = await codec.write({ before: '', balance });
    await expect(codec.read(cursor)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it("says nothing about another account's", async () => {
    const cursor = await statementCursors(cursors, 'user:1').write({ before: '', balance: '0' });
    await expect(statementCursors(cursors, 'user:2').read(cursor)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  });
});

describe('a bound of a statement', () => {
  it('is the time in the form that lines are sorted by', () => {
    expect(bound('from', '2026-11-21T05:00:00+01:00')).toBe('2026-11-21T04:00:00.000Z');
    expect(bound('to', undefined)).toBeUndefined();
  });

  it.each(['from', 'to'] as const)('that is no time is named: %s', (field) => {
    expect(() => bound(field, 'yesterday')).toThrow(
      expect.objectContaining({ code: 'VALIDATION_FAILED', message: `${field} is not a time.` }) as Error,
    );
  });
});

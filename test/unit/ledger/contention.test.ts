import { describe, expect, it } from 'vitest';
import { backOff, patiently } from '../../../lib/ledger/contention.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { TransactionCancelled } from '../../../lib/vendors/dynamodb/documents.ts';

describe('waiting before another try', () => {
  function patience(fractions: number[], deadlineAt = 1_000_000) {
    const sleeps: number[] = [];
    const clock = { now: () => 0, sleep: async (ms: number) => void sleeps.push(ms) };
    const random = { ...systemRandom, fraction: () => fractions.shift() ?? 0 };
    return { sleeps, patience: { clock, random, deadlineAt } };
  }

  it('is drawn anew each time, from nothing up to a bound that doubles from 10 to 500 ms', async () => {
    const fractions = [0.5, 0.999, 0, 0.25, 0.75, 0.1, 0.5, 0.9];
    const { sleeps, patience: given } = patience([...fractions]);
    for (let tries = 1; tries <= fractions.length; tries++) await backOff(given, tries, undefined);
    const bounds = [10, 20, 40, 80, 160, 320, 500, 500];
    expect(sleeps).toEqual(bounds.map((bound, index) => bound * fractions[index]!));
  });

  it('is not done past the deadline: the outcome is unknown, with what stood in the way', async () => {
    const cause = new Error('throttled');
    const { sleeps, patience: given } = patience([0.5, 0.5], 5);
    await expect(backOff(given, 1, cause)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'The ledger is busy; ask again with the same id.',
      retryable: true,
      retryAfterSeconds: 1,
      cause,
    });
    await expect(backOff({ ...given, deadlineAt: 6 }, 1, cause)).resolves.toBeUndefined();
    expect(sleeps).toEqual([5]);
  });
});

describe('a reading that meets transactions in flight', () => {
  const clock = { now: () => 0, sleep: async () => undefined };
  const patience = { clock, random: { ...systemRandom, fraction: () => 0.5 }, deadlineAt: 100 };
  const cancelled = (code: string) => new TransactionCancelled([{ code, item: undefined }]);
  /** Fails so often with this, then answers. */
  function reading(error: unknown, times: number) {
    const read = Object.assign(
      async () => {
        read.tries += 1;
        if (read.tries <= times) throw error;
        return 'read';
      },
      { tries: 0 },
    );
    return read;
  }

  it.each([cancelled('TransactionConflict'), new GatewayError('STORE_UNAVAILABLE', 'throttled')])(
    'is made again: %s',
    async (error) => {
      expect(await patiently(patience, reading(error, 3))).toBe('read');
    },
  );

  it('is given up at the deadline, each wait longer than the one before', async () => {
    const read = reading(cancelled('TransactionConflict'), Infinity);
    await expect(patiently(patience, read)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    // Half of 10, 20, 40, 80 and 160 ms are waited for; half of 320 is past the deadline of 100.
    expect(read.tries).toBe(6);
  });

  it.each([cancelled('ValidationError'), new GatewayError('INTERNAL', 'a row'), new TypeError('bug')])(
    'is not made again: %s',
    async (error) => {
      const read = reading(error, 1);
      await expect(patiently(patience, read)).rejects.toBe(error);
      expect(read.tries).toBe(1);
    },
  );
});

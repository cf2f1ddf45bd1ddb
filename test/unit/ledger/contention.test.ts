import { describe, expect, it } from 'vitest';
import { backOff } from '../../../lib/ledger/contention.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';

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
      retryable: true,
      cause,
    });
    await expect(backOff({ ...given, deadlineAt: 6 }, 1, cause)).resolves.toBeUndefined();
    expect(sleeps).toEqual([5]);
  });
});

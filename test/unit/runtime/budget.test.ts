import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BudgetExceeded, withinBudget } from '../../../lib/runtime/budget.ts';

it('passes on what came in time, good or bad', async () => {
  await expect(withinBudget(Promise.resolve(7), 1_000)).resolves.toBe(7);
  await expect(withinBudget(Promise.reject(new Error('no')), 1_000)).rejects.toThrow('no');
});

it('stops waiting for what never comes', async () => {
  await expect(withinBudget(new Promise(() => {}), 12)).rejects.toThrow(BudgetExceeded);
});

it('does not blame the other side for time in which this process was busy', async () => {
  const answered = sleep(5).then(async () => {
    const until = performance.now() + 400;
    while (performance.now() < until);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    return 'in time';
  });
  await expect(withinBudget(answered, 120)).resolves.toBe('in time');
});

it('waits its turn while the other side answers others, but not for ever', async () => {
  let answers = 0;
  const busy = setInterval(() => (answers += 1), 1);
  try {
    await expect(
      withinBudget(
        sleep(100).then(() => 'at last'),
        30,
        () => answers,
      ),
    ).resolves.toBe('at last');
    await expect(withinBudget(new Promise(() => {}), 6, () => answers)).rejects.toThrow(BudgetExceeded);
  } finally {
    clearInterval(busy);
  }
});

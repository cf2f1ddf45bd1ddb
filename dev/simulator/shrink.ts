/** Makes a failing scenario smaller, as long as it goes on failing: fewer steps, fewer troubles, fewer processes. */
import { reduced, troublesOf } from './reduction.ts';
import type { Reduction } from './reduction.ts';
import type { Scenario } from './scenario.ts';
import { simulate } from './simulation.ts';

/** Simulations that are spent on it at most. */
const TRIES = 120;

/** What it is about, without ids, amounts and times. */
const kindOf = (violation: string): string => violation.replaceAll(/\S*\d\S*/g, '#').slice(0, 60);

/** @returns the smallest that was found that fails as the whole does. */
export async function shrink(scenario: Scenario, violation: string): Promise<Required<Reduction>> {
  let tries = 0;
  let best = { keep: scenario.steps.map(({ name }) => name), without: [] as string[] };
  const fails = async (smaller: typeof best): Promise<boolean> => {
    if (tries >= TRIES) return false;
    tries += 1;
    const { violations } = await simulate(reduced(scenario, smaller));
    const isFailing = violations.some((one) => kindOf(one) === kindOf(violation));
    if (isFailing) best = smaller;
    return isFailing;
  };

  const leaveOutSteps = async (): Promise<void> => {
    for (let size = Math.ceil(best.keep.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      // From the end: what came after the failure is not needed.
      for (let to = best.keep.length; to > 0; to -= size) {
        const keep = best.keep.filter((_, at) => at < to - size || at >= to);
        await fails({ ...best, keep });
      }
    }
  };
  const leaveOutTroubles = async (): Promise<void> => {
    for (;;) {
      const left = troublesOf(reduced(scenario, best));
      let isSmaller = false;
      for (const trouble of left) {
        if (await fails({ ...best, without: [...best.without, trouble] }))
          isSmaller = trouble.startsWith('processes');
      }
      if (!isSmaller) return;
    }
  };

  await leaveOutSteps();
  await leaveOutTroubles();
  await leaveOutSteps();
  return best;
}

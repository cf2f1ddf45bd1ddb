/** What is told of a simulation that fails. */
import { reduced } from './reduction.ts';
import type { Reduction } from './reduction.ts';
import type { Scenario } from './scenario.ts';
import { simulate } from './simulation.ts';
import { shrink } from './shrink.ts';

/** Lines of the journal that are shown, and how much of each. */
const LINES = 25;
const WIDTH = 220;

function commandOf({ seed, asked }: Scenario, { keep, without }: Reduction = {}): string {
  const options = [
    `--seed ${seed} --steps ${asked}`,
    ...(keep ? [`--keep ${keep.join(',')}`] : []),
    ...(without && without.length > 0 ? [`--without ${without.join(',')}`] : []),
  ];
  return `npm run simulate -- ${options.join(' ')}`;
}

/** Says what did not hold, and the least that shows it. */
export async function tellFailure(
  scenario: Scenario,
  violations: string[],
  say: (line: string) => void,
): Promise<void> {
  say(`seed ${scenario.seed} fails:`);
  for (const violation of violations) say(`  ${violation}`);
  say(`Again: ${commandOf(scenario)}`);
  const least = await shrink(scenario, violations[0]!);
  const small = reduced(scenario, least);
  const result = await simulate(small);
  say(`Shrunk to ${small.steps.length} of ${scenario.steps.length} steps: ${commandOf(scenario, least)}`);
  for (const { name, at, ...step } of small.steps) say(`  ${name} after ${at} ms: ${JSON.stringify(step)}`);
  for (const violation of result.violations) say(`  then: ${violation}`);
  say('The end of its journal (time in ms, process, step, what):');
  for (const line of result.journal.slice(-LINES)) say(`  ${line.slice(0, WIDTH)}`);
}

/**
 * The deterministic simulator (docs/builders/simulator.md): `npm run simulate -- --seed 7 --steps 100`, or
 * `--seeds 200` for seeds 1 to 200. The last line is the digest: the same for the same code and seed.
 */
import { parseArgs } from 'node:util';
import { runSeeds } from './crew.ts';
import { prepare } from './prepare.ts';
import { reduced } from './reduction.ts';
import { tellFailure } from './report.ts';
import { scenarioOf } from './scenario.ts';
import { simulate } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '100' },
    /** Names of steps: no others happen. */
    keep: { type: 'string' },
    /** Names of troubles that do not happen. */
    without: { type: 'string' },
    /** Prints all that happens. */
    verbose: { type: 'boolean', default: false },
  },
});

const steps = Number(values.steps);
const say = (line: string): void => console.log(line);

async function one(seed: number): Promise<void> {
  await prepare();
  const whole = scenarioOf(seed, steps);
  const reduction = { keep: values.keep?.split(','), without: values.without?.split(',') };
  const scenario = reduced(whole, reduction);
  const { violations, digest, events } = await simulate(scenario, values.verbose ? say : undefined);
  say(`seed ${seed}: ${scenario.steps.length} steps, ${events} events`);
  if (violations.length > 0) {
    process.exitCode = 1;
    if (reduction.keep || reduction.without) for (const violation of violations) say(`  ${violation}`);
    else await tellFailure(scenario, violations, say);
  }
  say(`digest: ${digest}`);
}

async function many(from: number, to: number): Promise<void> {
  const startedAt = Date.now();
  const { failing, digest, events } = await runSeeds({ from, to, steps }, (done) => {
    if (done % 100 === 0) say(`${done} seeds`);
  });
  if (failing) {
    process.exitCode = 1;
    await prepare();
    await tellFailure(scenarioOf(failing.seed, steps), failing.violations, say);
  } else {
    const seconds = ((Date.now() - startedAt) / 1_000).toFixed(0);
    say(`seeds ${from} to ${to}, ${steps} steps each, ${events} events: everything holds (${seconds} s)`);
  }
  say(`digest: ${digest}`);
}

if (values.seeds === undefined) await one(Number(values.seed ?? values.from));
else await many(Number(values.from), Number(values.from) + Number(values.seeds) - 1);

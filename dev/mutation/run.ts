/**
 * `npm run mutate`: changes the code of the rooms in rooms.ts a little, one place at a time, and sees whether a test
 * fails. Writes what it found to the report that is checked in.
 *
 *     npm run mutate                              all rooms
 *     npm run mutate -- ledger redis              these
 *     npm run mutate -- lib/ledger/decimal.ts     one file, with its room's tests; nothing is written
 *     npm run mutate -- --quick                   the slice of CI; nothing is written
 *     --incremental       take over what is known of mutants whose file and tests have not changed
 *     --concurrency=1     mutants at once; by default as many as there are processors
 *
 * Exit code 1 when a room stays below the threshold, or when an argument does not hold.
 */
import { parseArgs } from 'node:util';
import { ARGUMENTS } from './arguments.ts';
import { keepScore } from './report.ts';
import { ROOMS, filesOf, quickSliceOf, testsOf } from './rooms.ts';
import { scoreOf } from './score.ts';
import type { Score } from './score.ts';
import { testMutants } from './stryker.ts';
import type { Run, RunOptions } from './stryker.ts';

/** Percent of mutants that tests have to notice. */
const THRESHOLD = 90;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    incremental: { type: 'boolean', default: false },
    concurrency: { type: 'string' },
  },
});
const options: RunOptions = {
  concurrency: values.concurrency === undefined ? undefined : Number(values.concurrency),
  incremental: values.incremental,
};

const scores = values.quick ? [await quick()] : await chosen();
for (const score of scores) printMutants(score);
console.log('');
for (const score of scores) console.log(lineOf(score));
const failed = scores.some(({ detected, untrue }) => detected < THRESHOLD || untrue.length > 0);
if (failed) console.log(`\nWanted: ${THRESHOLD} % in each, and arguments that hold.`);
process.exit(failed ? 1 : 0);

async function chosen(): Promise<Score[]> {
  const files = positionals.filter((each) => each.includes('/'));
  const names = positionals.filter((each) => !each.includes('/'));
  const unknown = names.filter((name) => !ROOMS.some((room) => room.name === name));
  if (unknown.length > 0) {
    throw new Error(`No room ${unknown.join(', ')}: there are ${ROOMS.map(({ name }) => name).join(', ')}.`);
  }
  const found: Score[] = [];
  for (const room of ROOMS) {
    const all = filesOf(room);
    const some = all.filter((file) => files.includes(file));
    const whole = names.includes(room.name) || positionals.length === 0;
    if (!whole && some.length === 0) continue;
    const score = await scored({ name: room.name, files: whole ? all : some, tests: testsOf(room) });
    if (whole) await keepScore(score);
    found.push(score);
  }
  return found;
}

/** The slices of all rooms in one run: the tests are quick, starting is not. */
async function quick(): Promise<Score> {
  const slices = ROOMS.map(quickSliceOf);
  const files = slices.flatMap((slice) => slice.files);
  const tests = slices.flatMap((slice) => slice.tests);
  return scored({ name: 'quick', files, tests });
}

async function scored(run: Run): Promise<Score> {
  const started = performance.now();
  const score = scoreOf(run.name, run.files, await testMutants(run, options), ARGUMENTS);
  console.log(`${lineOf(score)}, ${Math.round((performance.now() - started) / 1_000)} s`);
  return score;
}

function lineOf({ room, detected, killed, timeouts, survived, uncovered, argued }: Score): string {
  return (
    `${room.padEnd(12)} ${detected.toFixed(1).padStart(5)} %: ${killed} killed, ${timeouts} timeouts, ` +
    `${survived.length} survived, ${uncovered.length} not covered, ${argued.length} argued equivalent`
  );
}

function printMutants({ survived, uncovered, untrue }: Score): void {
  for (const { file, lineNumber, status, mutator, line, mutated } of [...survived, ...uncovered]) {
    console.log(`\n${file}:${lineNumber} ${status} ${mutator}\n- ${line}\n+ ${mutated}`);
  }
  for (const { file, line, mutated } of untrue) {
    console.log(`\n${file}: killed or gone, remove its argument\n- ${line}\n+ ${mutated}`);
  }
}

/**
 * `npm run house-queue`: how the house account behaves under load, by shards, batches and conflicts; the same for the same
 * seed. `--svg FILE` draws it,
 * `--summary` says what each setting takes. docs/scale.md says what is assumed.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { drawAll, runAll, summaryOf, tableOf } from './figures.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    summary: { type: 'boolean', default: false },
    svg: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) {
  console.error(`--seed: "${values.seed}" is no whole number`);
  process.exit(2);
}
const runs = runAll(seed);
if (values.svg !== undefined) writeFileSync(values.svg, drawAll(runs));
const text = values.summary ? summaryOf(runs) : tableOf(runs);
console.log(values.json ? JSON.stringify(runs) : text);

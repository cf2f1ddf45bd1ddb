/**
 * `npm run -s event -- webhook-deposit`: prints a sample of `events/`, a webhook's sealed now. Run through
 * `sample-event.mjs`, which ensures Node 24.
 */
import { readSample, sampleNames, sealed } from './invoke/sample.ts';
import { dataDirOf, runningEnvironment } from './invoke/stack-environment.ts';
import { ursKey } from './invoke/urs-key.ts';

const [name] = process.argv.slice(2);
try {
  if (name === undefined)
    throw new Error(`A sample is required: npm run -s event -- ${sampleNames().join(' | ')}`);
  const sample = readSample(name);
  const stack = await runningEnvironment(dataDirOf(process.env));
  process.stdout.write(`${JSON.stringify(sealed(sample, await ursKey(stack), Date.now()), null, 2)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/**
 * `npm run invoke -- webhook-deposit`: `serverless invoke local` with a sample of `events/`, against the stack
 * that `npm start` runs. Run through `invoke.mjs`, which ensures Node 24.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { functionOf, readSample, sampleNames } from './invoke/sample.ts';

const ROOT = join(import.meta.dirname, '..');
const [name, ...more] = process.argv.slice(2);
try {
  if (name === undefined)
    throw new Error(`A sample is required: npm run invoke -- ${sampleNames().join(' | ')}`);
  readSample(name);
  process.exitCode = await invoke(name, more);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function invoke(sample: string, options: string[]): Promise<number> {
  const serverless = join(ROOT, 'node_modules/serverless/bin/serverless.js');
  const what = ['-f', functionOf(sample), '--path', `events/${sample}.json`];
  const child = spawn(process.execPath, [serverless, 'invoke', 'local', ...what, ...options], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

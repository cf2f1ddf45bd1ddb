/**
 * Builds `client/` into what a consumer's plain Node and TypeScript read: `client/dist/index.js` and its
 * declarations. Node does not strip types inside `node_modules`. Plain JavaScript, because `npm ci` runs it
 * with whatever Node there is.
 *
 * Usage: node dev/build-client.mjs [--out DIR]
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { out } = parseArgs({ options: { out: { type: 'string' } } }).values;
const directory = out === undefined ? join(root, 'client/dist') : resolve(out);

rmSync(directory, { recursive: true, force: true });
buildSync({
  entryPoints: [join(root, 'client/index.ts')],
  outfile: join(directory, 'index.js'),
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  legalComments: 'none',
});

const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
execFileSync(
  process.execPath,
  [join(typescript, 'bin/tsc'), '--project', join(root, 'client'), '--outDir', directory],
  { stdio: 'inherit' },
);

// Declarations keep the `.ts` of the sources' imports; beside a `.d.ts` only `.js` is portable.
for (const name of readdirSync(directory).filter((file) => file.endsWith('.d.ts'))) {
  const file = join(directory, name);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/(from ')(\.\/[\w.-]+)\.ts(')/g, '$1$2.js$3'));
}

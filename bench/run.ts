/**
 * `npm run bench [-- --quick] [-- name ...]`: runs every benchmark, prints a table with a verdict per row, writes
 * `bench/results.json`. Fails only when a benchmark cannot run, never on a figure: machines differ and are shared.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { Row } from './measure.ts';

const BENCHMARKS = [
  'transport',
  'login-wait',
  'exact-json',
  'envelope',
  'ledger',
  'settlement',
  'templates',
  'proxy',
];
const MEASURED = [
  'undici',
  'tough-cookie',
  'http-cookie-agent',
  'got',
  'axios',
  'fastify',
  '@fastify/reply-from',
];

type Benchmark = { rows(options: { quick: boolean }): Promise<Row[]> };

const quick = process.argv.includes('--quick');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const rows: Row[] = [];
const broken: string[] = [];

for (const name of wanted.length > 0 ? wanted : BENCHMARKS) {
  console.log(`running ${name} ...`);
  try {
    const benchmark = (await import(`./${name}.ts`)) as Benchmark;
    rows.push(...(await benchmark.rows({ quick })));
  } catch (error) {
    broken.push(name);
    console.error(`${name} cannot run:`, error);
  }
}

const machine = {
  at: new Date().toISOString(),
  quick,
  cpu: `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}`,
  node: process.version,
  versions: await versions(),
};
console.log(`\n${machine.cpu}, Node ${machine.node}, ${quick ? 'quick' : 'full'} run`);
console.log(
  Object.entries(machine.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', '),
);
console.table(
  rows.map((row) => ({
    '#': row.id,
    what: row.what,
    baseline: row.baseline,
    ratio: `${row.ratio.toFixed(2)}x`,
    goal: row.goal,
    verdict: row.pass ? 'reached' : 'missed',
  })),
);
await writeFile(
  new URL('results.json', import.meta.url),
  `${JSON.stringify({ ...machine, rows, broken }, null, 2)}\n`,
);
// Connections that a benchmark kept alive must not keep the process.
process.exit(broken.length > 0 ? 1 : 0);

async function versions(): Promise<Record<string, string>> {
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  const all = { ...manifest.dependencies, ...manifest.devDependencies };
  return Object.fromEntries(MEASURED.map((name) => [name, all[name] ?? 'absent']));
}

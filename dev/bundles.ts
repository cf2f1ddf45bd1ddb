/**
 * What each Lambda is made of: rooms of `lib`, packages, kilobytes, as the deployed bundle holds them. The lists in
 * `functions/bundles.json` are what was reviewed; a room or package that is not in them is a fault, and so is one that
 * is listed but gone.
 *
 * Usage: node dev/bundles.ts [--accept]      exit code 1 when a bundle is not as listed
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';
import { format } from 'prettier';
import { parse } from 'yaml';

const ROOT = dirname(import.meta.dirname);
const LISTS = join(ROOT, 'functions', 'bundles.json');

export interface Contents {
  /** `lib/ledger`, `lib/vendors/redis` ... */
  rooms: string[];
  packages: string[];
}
export interface Bundle extends Contents {
  name: string;
  bytes: number;
}

export const functionNames = (root = ROOT): string[] =>
  readdirSync(join(root, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'wiring')
    .map(({ name }) => name)
    .sort();

/** Bundles a function in memory, with the options that `serverless.yml` deploys it with. */
export async function bundle(name: string): Promise<Bundle> {
  const { metafile } = await build({
    ...deployedOptions(),
    absWorkingDir: ROOT,
    entryPoints: [join('functions', name, 'handler.ts')],
    outfile: `${name}.mjs`,
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const output = Object.entries(metafile.outputs).find(([file]) => file.endsWith('.mjs'))![1];
  const inputs = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const files = inputs.map(([file]) => file.replaceAll('\\', '/'));
  return {
    name,
    bytes: output.bytes,
    rooms: [...new Set(files.flatMap((file) => roomOf(file) ?? []))].sort(),
    packages: [...new Set(files.flatMap((file) => packageOf(file) ?? []))].sort(),
  };
}

function deployedOptions(): BuildOptions {
  const yaml = parse(readFileSync(join(ROOT, 'serverless.yml'), 'utf8'), { logLevel: 'silent' }) as {
    custom: {
      esbuild: BuildOptions & { outputFileExtension?: string; exclude?: string[]; concurrency?: number };
    };
  };
  const { outputFileExtension: _ext, exclude: _none, concurrency: _two, ...options } = yaml.custom.esbuild;
  return options;
}

/** In `vendors` and `platforms` by folder: a bundle may hold one of them without the others. */
function roomOf(file: string): string | undefined {
  const [top, room, folder, ...rest] = file.split('/');
  if (top !== 'lib') return undefined;
  return (room === 'vendors' || room === 'platforms') && rest.length > 0
    ? `lib/${room}/${folder}`
    : `lib/${room}`;
}

function packageOf(file: string): string | undefined {
  const [, path] = /.*node_modules\/(.+)$/.exec(file) ?? [];
  return path?.split('/', path.startsWith('@') ? 2 : 1).join('/');
}

export type Lists = Record<string, Contents>;
export const readLists = (): Lists => JSON.parse(readFileSync(LISTS, 'utf8')) as Lists;

/** One line per difference between what a bundle holds and what its list says. */
export function differences({ name, ...found }: Bundle, lists: Lists): string[] {
  const listed = lists[name] ?? { rooms: [], packages: [] };
  return (['rooms', 'packages'] as const).flatMap((kind) => [
    ...found[kind].filter((one) => !listed[kind].includes(one)).map((one) => `${name}: ${one} is new`),
    ...listed[kind]
      .filter((one) => !found[kind].includes(one))
      .map((one) => `${name}: ${one} is listed, but gone`),
  ]);
}

/** The SDK's own parts as one word: `@aws-sdk/* (17)`, clients by name. */
function inShort(packages: string[]): string[] {
  const parts = packages.filter((name) => /^@(aws-sdk|smithy|aws)\/(?!client-)/.test(name));
  return [
    ...packages.filter((name) => !parts.includes(name)),
    ...(parts.length > 0 ? [`(SDK core: ${parts.length})`] : []),
  ];
}

if (import.meta.main) {
  const bundles = await Promise.all(functionNames().map(bundle));
  for (const { name, bytes, rooms, packages } of bundles) {
    console.log(`${name.padEnd(11)}${String(Math.round(bytes / 1024)).padStart(5)} KB`);
    console.log(`  rooms     ${rooms.map((room) => room.replace('lib/', '')).join(' ')}`);
    console.log(`  packages  ${inShort(packages).join(' ')}`);
  }
  if (process.argv.includes('--accept')) {
    const lists = Object.fromEntries(bundles.map(({ name, rooms, packages }) => [name, { rooms, packages }]));
    writeFileSync(LISTS, await format(JSON.stringify(lists), { parser: 'json' }));
  } else {
    const faults = bundles.flatMap((one) => differences(one, readLists()));
    for (const fault of faults) console.error(fault);
    if (faults.length > 0)
      console.error('If this is intended: node dev/bundles.ts --accept, and say why in the commit.');
    process.exitCode = faults.length > 0 ? 1 : 0;
  }
}

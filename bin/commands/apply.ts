import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { jsonBody } from '../../lib/api/input.ts';
import { differences, formatDifferences } from '../../lib/registry/diff.ts';
import type { Difference } from '../../lib/registry/diff.ts';
import { isGatewayError } from '../../lib/runtime/errors.ts';
import type { FieldError } from '../../lib/runtime/errors.ts';
import type { Definition } from '../../lib/registry/definition.ts';
import { checkDefinition } from '../../lib/registry/check.ts';
import { CommandFailed, EXIT, isProblem } from '../api.ts';
import type { Api } from '../api.ts';
import { examples } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { isLoopback } from '../loopback.ts';

interface Applied {
  code: string;
  action: 'created' | 'changed' | 'unchanged';
  changes: Difference[];
  /** Before it was changed. */
  revision?: number;
  /** The sandbox's address, which is kept although the file names another. */
  keptBaseUrl?: string;
}

interface Options {
  check?: boolean;
  dryRun?: boolean;
  baseUrlFromFile?: boolean;
  revision?: string;
}

export const applyCommand = ({ api, print }: Terminal) =>
  new Command('apply')
    .description('Apply definitions from files to the registry; shows what changes')
    .argument('<paths...>', 'definition files or folders')
    .option('--check', 'only check the files, without asking the API')
    .option('--dry-run', 'only show what would change')
    .option(
      '--revision <n>',
      'only if this is still its revision: nobody has changed it meanwhile (one file)',
    )
    .option('--base-url-from-file', "also replace a loopback baseUrl (the sandbox's) by the file's")
    .addHelpText('after', examples('apply my-platform.json --dry-run', 'apply --check services/'))
    .action(async (paths: string[], options: Options) => {
      // All files are read and checked before the first is sent: a mistake in one leaves the registry unchanged.
      const definitions = await readDefinitions(filesOf(paths));
      if (options.check) {
        const items = definitions.map(({ code }) => ({ code, valid: true }));
        print({ items }, [...items.map(({ code }) => `${code}: valid`), 'Nothing was sent.']);
        return;
      }
      if (options.revision !== undefined && definitions.length > 1)
        throw new CommandFailed('--revision is of one definition, and there are several.', EXIT.USAGE);
      const results: Applied[] = [];
      for (const definition of definitions) results.push(await applyOne(api(), definition, options));
      const note = options.dryRun ? ['Nothing was changed.'] : [];
      print({ items: results }, [...results.flatMap(describe), ...note]);
    });

function filesOf(paths: string[]): string[] {
  const files = paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return [path];
    } catch {
      throw new CommandFailed(`${path}: file or folder not found.`, EXIT.INVALID);
    }
    return readdirSync(path)
      .filter((name) => name.endsWith('.json') && !name.endsWith('.schema.json'))
      .sort()
      .map((name) => join(path, name));
  });
  if (files.length === 0) throw new CommandFailed('No definition (*.json) found.', EXIT.INVALID);
  return files;
}

interface InvalidFile {
  file: string;
  errors: FieldError[];
}

/** @throws CommandFailed `INVALID` naming every fault of every file. */
async function readDefinitions(files: string[]): Promise<Definition[]> {
  const invalid: InvalidFile[] = [];
  const definitions: Definition[] = [];
  for (const file of files) {
    try {
      definitions.push(await readDefinition(file, definitions));
    } catch (error) {
      if (!isGatewayError(error, 'VALIDATION_FAILED', 'MALFORMED_REQUEST'))
        throw new CommandFailed(`${file}: ${(error as Error).message}`, EXIT.INVALID);
      invalid.push({ file, errors: error.fields ?? [{ field: '(document)', message: error.message }] });
    }
  }
  if (invalid.length === 0) return definitions;
  const lines = invalid.flatMap(({ file, errors }) => [
    `${file} is not a valid definition:`,
    ...errors.map(({ field, message }) => `  ${field}: ${message}`),
  ]);
  // A single file is what scripts have read the members of.
  const [only] = invalid;
  throw new CommandFailed(lines.join('\n'), EXIT.INVALID, invalid.length === 1 ? only : { files: invalid });
}

/** Editors of Windows write a byte order mark, which is no JSON. */
const withoutMark = (bytes: Buffer): Buffer =>
  bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? bytes.subarray(3) : bytes;

/** As the API reads it: a number that a double would change is refused, not rounded. */
async function readDefinition(file: string, others: readonly Definition[]): Promise<Definition> {
  return checkDefinition(jsonBody({ body: withoutMark(readFileSync(file)) }), {
    // Which stage the files are for is not known here: that of a laptop allows more.
    isLocal: true,
    others: async () =>
      others.map((definition) => ({ definition, revision: 0, createdAt: '', updatedAt: '' })),
  });
}

async function applyOne(api: Api, fromFile: Definition, options: Options): Promise<Applied> {
  const { code } = fromFile;
  const { dryRun = false } = options;
  const params = { code };
  const current = await api.request('getService', { params }).catch((error: unknown) => {
    if (isProblem(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
  const read = options.revision;
  if (read !== undefined && read !== String(current?.revision ?? 0)) {
    const now = current ? `${code} is at revision ${current.revision}` : `There is no ${code}`;
    throw new CommandFailed(
      `${now}, not ${read}: see who changed it with gatehouse services revisions ${code}`,
      EXIT.FAILED,
    );
  }
  if (!current) {
    await write(api, fromFile, dryRun);
    return { code, action: 'created', changes: [] };
  }
  const { revision, createdAt: _created, updatedAt: _updated, ...stored } = current;
  const keeps = !options.baseUrlFromFile && isLoopback(stored.baseUrl) && !isLoopback(fromFile.baseUrl);
  const definition = keeps ? { ...fromFile, baseUrl: stored.baseUrl } : fromFile;
  const kept = keeps ? { keptBaseUrl: stored.baseUrl } : {};
  const changes = differences(stored, definition);
  if (changes.length === 0) return { code, action: 'unchanged', changes, ...kept };
  await write(api, { ...definition, revision }, dryRun);
  return { code, action: 'changed', changes, revision, ...kept };
}

/** A dry run asks the registry too: it knows what else is taken. A key that may only read is told the differences. */
async function write(api: Api, body: Definition & { revision?: number }, dryRun: boolean): Promise<void> {
  const query = { check: dryRun ? ('true' as const) : ('false' as const) };
  await api.request('putService', { params: { code: body.code }, query, body }).catch((error: unknown) => {
    const mayNot = error instanceof CommandFailed && error.exitCode === EXIT.DENIED;
    if (!dryRun || !mayNot) throw error;
  });
}

function describe({ code, action, changes, revision, keptBaseUrl }: Applied): string[] {
  return [
    `${code}: ${action}${revision === undefined ? '' : ` (it was revision ${revision})`}`,
    ...changes.map((change) => `  ${formatDifferences([change])}`),
    ...(keptBaseUrl ? [`  baseUrl kept: ${keptBaseUrl}; --base-url-from-file replaces it`] : []),
  ];
}

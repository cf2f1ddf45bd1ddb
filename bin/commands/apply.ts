import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { jsonBody } from '../../lib/api/input.ts';
import { differences, formatDifferences } from '../../lib/registry/diff.ts';
import type { Difference } from '../../lib/registry/diff.ts';
import { isGatewayError } from '../../lib/runtime/errors.ts';
import type { Definition } from '../../lib/registry/definition.ts';
import { parseDefinition } from '../../lib/registry/validation.ts';
import { CommandFailed, EXIT } from '../api.ts';
import type { Api } from '../api.ts';
import type { Terminal } from '../terminal.ts';
import { isLoopback } from '../loopback.ts';

interface Applied {
  code: string;
  action: 'created' | 'changed' | 'unchanged';
  changes: Difference[];
  /** The sandbox's address, which is kept although the file names another. */
  keptBaseUrl?: string;
}

interface Options {
  dryRun?: boolean;
  baseUrlFromFile?: boolean;
}

export const applyCommand = ({ api, print }: Terminal) =>
  new Command('apply')
    .description('Apply definitions from files to the registry; shows what changes')
    .argument('<paths...>', 'definition files or folders')
    .option('--dry-run', 'only show what would change')
    .option('--base-url-from-file', "also replace a loopback baseUrl (the sandbox's) by the file's")
    .action(async (paths: string[], options: Options) => {
      // All files are read and checked before the first is sent: a mistake in one leaves the registry unchanged.
      const definitions = filesOf(paths).map(readDefinition);
      const results: Applied[] = [];
      for (const definition of definitions) results.push(await applyOne(api(), definition, options));
      const note = options.dryRun ? ['Nothing was sent.'] : [];
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

function readDefinition(file: string): Definition {
  try {
    // As the API reads it: a number that a double would change is refused, not rounded.
    return parseDefinition(jsonBody({ body: readFileSync(file) }));
  } catch (error) {
    if (!isGatewayError(error, 'VALIDATION_FAILED'))
      throw new CommandFailed(`${file}: ${(error as Error).message}`, EXIT.INVALID);
    const faults = (error.fields ?? []).map(({ field, message }) => `  ${field}: ${message}`);
    throw new CommandFailed([`${file} is not a valid definition:`, ...faults].join('\n'), EXIT.INVALID, {
      file,
      errors: error.fields,
    });
  }
}

async function applyOne(api: Api, fromFile: Definition, options: Options): Promise<Applied> {
  const { code } = fromFile;
  const { dryRun = false } = options;
  const params = { code };
  const current = await api.request('getService', { params }).catch((error: unknown) => {
    if ((error as { details?: { code?: string } }).details?.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  if (!current) {
    if (!dryRun) await api.request('putService', { params, body: fromFile });
    return { code, action: 'created', changes: [] };
  }
  const { revision, createdAt: _created, updatedAt: _updated, ...stored } = current;
  const keeps = !options.baseUrlFromFile && isLoopback(stored.baseUrl) && !isLoopback(fromFile.baseUrl);
  const definition = keeps ? { ...fromFile, baseUrl: stored.baseUrl } : fromFile;
  const kept = keeps ? { keptBaseUrl: stored.baseUrl } : {};
  const changes = differences(stored, definition);
  if (changes.length === 0) return { code, action: 'unchanged', changes, ...kept };
  if (!dryRun) await api.request('putService', { params, body: { ...definition, revision } });
  return { code, action: 'changed', changes, ...kept };
}

function describe({ code, action, changes, keptBaseUrl }: Applied): string[] {
  return [
    `${code}: ${action}`,
    ...changes.map((change) => `  ${formatDifferences([change])}`),
    ...(keptBaseUrl ? [`  baseUrl kept: ${keptBaseUrl}; --base-url-from-file replaces it`] : []),
  ];
}

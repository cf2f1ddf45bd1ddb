import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { differences, formatDifferences } from '../../lib/registry/diff.ts';
import type { Difference } from '../../lib/registry/diff.ts';
import { isGatewayError } from '../../lib/errors/index.ts';
import type { Definition } from '../../lib/registry/definition.ts';
import { parseDefinition } from '../../lib/registry/validation.ts';
import { CommandFailed, EXIT } from '../api.ts';
import type { Api } from '../api.ts';
import type { Terminal } from '../terminal.ts';

interface Applied {
  code: string;
  action: 'created' | 'changed' | 'unchanged';
  changes: Difference[];
}

export const applyCommand = ({ api, print }: Terminal) =>
  new Command('apply')
    .description('Bring definitions from files into the registry; says what changes')
    .argument('<paths...>', 'definition files, or folders of them')
    .option('--dry-run', 'only say what would change')
    .action(async (paths: string[], { dryRun }: { dryRun?: boolean }) => {
      // All files are read and checked before the first is sent: a mistake in one leaves the registry as it was.
      const definitions = filesOf(paths).map(readDefinition);
      const results: Applied[] = [];
      for (const definition of definitions) results.push(await applyOne(api(), definition, dryRun ?? false));
      print({ items: results }, [...results.flatMap(describe), ...(dryRun ? ['Nothing was sent.'] : [])]);
    });

function filesOf(paths: string[]): string[] {
  const files = paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return [path];
    } catch {
      throw new CommandFailed(`${path}: there is no such file or folder.`, EXIT.INVALID);
    }
    return readdirSync(path)
      .filter((name) => name.endsWith('.json') && !name.endsWith('.schema.json'))
      .sort()
      .map((name) => join(path, name));
  });
  if (files.length === 0) throw new CommandFailed('No definition (*.json) is in there.', EXIT.INVALID);
  return files;
}

function readDefinition(file: string): Definition {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CommandFailed(`${file}: ${(error as Error).message}`, EXIT.INVALID);
  }
  try {
    return parseDefinition(document);
  } catch (error) {
    if (!isGatewayError(error, 'VALIDATION_FAILED')) throw error;
    const faults = (error.fields ?? []).map(({ field, message }) => `  ${field}: ${message}`);
    throw new CommandFailed([`${file} is not a valid definition:`, ...faults].join('\n'), EXIT.INVALID, {
      file,
      errors: error.fields,
    });
  }
}

async function applyOne(api: Api, definition: Definition, dryRun: boolean): Promise<Applied> {
  const { code } = definition;
  const path = `/v1/admin/services/${code}`;
  const current = await api.get(path).catch((error: unknown) => {
    if ((error as { details?: { code?: string } }).details?.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  if (!current) {
    if (!dryRun) await api.send('PUT', path, definition);
    return { code, action: 'created', changes: [] };
  }
  const {
    revision,
    createdAt: _c,
    updatedAt: _u,
    ...stored
  } = current as Definition & {
    revision: number;
    createdAt: string;
    updatedAt: string;
  };
  const changes = differences(stored, definition);
  if (changes.length === 0) return { code, action: 'unchanged', changes };
  if (!dryRun) await api.send('PUT', path, { ...definition, revision });
  return { code, action: 'changed', changes };
}

function describe({ code, action, changes }: Applied): string[] {
  return [`${code}: ${action}`, ...changes.map((change) => `  ${formatDifferences([change])}`)];
}

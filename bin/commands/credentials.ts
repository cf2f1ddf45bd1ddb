import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { CommandFailed, EXIT } from '../api.ts';
import { readJson } from '../json.ts';
import type { Terminal } from '../terminal.ts';
import { table } from '../table.ts';

interface Version {
  versionId: string;
  stage: string;
  createdAt: string;
  fingerprint: string;
  useCount: number;
  lastUsedAt?: string;
}

const pathOf = (code: string) => `/v1/admin/services/${code}/credentials`;

export const credentialsCommand = ({ api, print }: Terminal) =>
  new Command('credentials')
    .description("A service's credentials: written, never read back")
    .addCommand(
      new Command('set')
        .description('Store a new version from a JSON file, or from standard input with "-"')
        .argument('<code>', 'service code')
        .argument('<file>', 'JSON object, e.g. {"userNo":"...","username":"...","password":"..."}')
        .action(async (code: string, file: string) => {
          const version = (await api().send('PUT', pathOf(code), readObject(file))) as Version;
          print(version, [
            `${code}: version ${version.versionId} is current (fingerprint ${version.fingerprint}).`,
          ]);
        }),
    )
    .addCommand(
      new Command('show')
        .description('Versions, fingerprints, use')
        .argument('<code>', 'service code')
        .action(async (code: string) => {
          const { items } = (await api().get(pathOf(code))) as { items: Version[] };
          print(
            { items },
            table(items, ['stage', 'versionId', 'fingerprint', 'createdAt', 'useCount', 'lastUsedAt']),
          );
        }),
    )
    .addCommand(
      new Command('retire')
        .description('End the overlap: the previous version is no longer valid')
        .argument('<code>', 'service code')
        .action(async (code: string) => {
          const { items } = (await api().get(pathOf(code))) as { items: Version[] };
          const retired = items.some(({ stage }) => stage === 'PREVIOUS');
          await api().send('DELETE', `${pathOf(code)}/previous`);
          const done = retired ? 'the previous version is retired.' : 'there was no previous version.';
          print({ code, retired }, [`${code}: ${done}`]);
        }),
    );

function readObject(file: string): Record<string, unknown> {
  try {
    const value = readJson(readFileSync(file === '-' ? 0 : file, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (error) {
    // The parser's message may quote the text, and the text is a secret.
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CommandFailed(`${file}: ${missing ? 'there is no such file' : 'is not JSON'}.`, EXIT.INVALID);
  }
  throw new CommandFailed(`${file}: must hold one JSON object.`, EXIT.INVALID);
}

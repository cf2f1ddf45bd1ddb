import { Command, Option } from 'commander';
import type * as z from 'zod';
import { CredentialsInput } from '../../lib/api/schemas.ts';
import { CommandFailed, EXIT, isProblem } from '../api.ts';
import { readJson } from '../json.ts';
import { parseJsonFile, readTextFile } from '../read-file.ts';
import { examples } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { table } from '../table.ts';

export const credentialsCommand = ({ api, print }: Terminal) =>
  new Command('credentials')
    .description("A service's credentials; values are never shown")
    .addCommand(
      new Command('set')
        .description('Store a new version from a JSON file, or from standard input with "-"')
        .argument('<code>', 'service code')
        .argument(
          '<file>',
          'JSON object, e.g. {"userNo":"...","username":"...","password":"..."}, or {"accounts":{"north":{...}}}',
        )
        .addOption(
          new Option('--canary <which>', 'none: store them without the call that tries them')
            .choices(['auto', 'none'])
            .default('auto'),
        )
        .addHelpText(
          'after',
          examples(
            'credentials set MY_PLATFORM credentials.json',
            'credentials set MY_PLATFORM - --canary none < credentials.json',
          ),
        )
        .action(async (code: string, file: string, { canary }: { canary: 'auto' | 'none' }) => {
          const body = await readCredentials(file);
          const request = { params: { code }, query: { canary }, body };
          const version = await api().request('putCredentials', request).catch(explainCanary);
          print(version, [
            `${code}: version ${version.versionId} is current (fingerprint ${version.fingerprint}).`,
          ]);
        }),
    )
    .addCommand(
      new Command('show')
        .description('Show versions, fingerprints and use')
        .argument('<code>', 'service code')
        .addHelpText('after', examples('credentials show MY_PLATFORM'))
        .action(async (code: string) => {
          const { items } = await api().request('getCredentials', { params: { code } });
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
        .addHelpText('after', examples('credentials retire MY_PLATFORM'))
        .action(async (code: string) => {
          const { items } = await api().request('getCredentials', { params: { code } });
          const retired = items.some(({ stage }) => stage === 'PREVIOUS');
          await api().request('retireCredentials', { params: { code } });
          const done = retired ? 'the previous version is retired.' : 'there was no previous version.';
          print({ code, retired }, [`${code}: ${done}`]);
        }),
    );

/** They were tried, and refused; or could not be tried. @throws CommandFailed that says what to do. */
function explainCanary(error: unknown): never {
  if (!isProblem(error, 'AUTHENTICATION_FAILED') && !isProblem(error, 'PLATFORM_UNAVAILABLE')) throw error;
  const { message, exitCode, details } = error as CommandFailed;
  throw new CommandFailed(
    `${message}\n  calls go on with the version before; "--canary none" stores these untried`,
    exitCode,
    details,
  );
}

async function readCredentials(file: string): Promise<z.output<typeof CredentialsInput>> {
  const parsed = CredentialsInput.safeParse(parseJsonFile(file, await readTextFile(file), readJson));
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map(({ path }) => path.join('.')).filter((name) => name !== '');
  const where = names.length > 0 ? `; invalid: ${names.join(', ')}` : '';
  throw new CommandFailed(
    `${file}: must be a JSON object of strings and numbers, or of accounts with such${where}.`,
    EXIT.INVALID,
  );
}

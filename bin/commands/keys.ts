import { Command, Option } from 'commander';
import { ROLES } from '../../lib/access/roles.ts';
import type { Role } from '../../lib/access/roles.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import { examples, several, timeToCome } from '../options.ts';
import type { Answer } from '../route-types.ts';
import type { Terminal } from '../terminal.ts';
import { table } from '../table.ts';

interface CreateOptions {
  role: Role;
  scope?: string[];
  expires?: string;
}

const limitsOf = ({ role, scopes, expiresAt }: Answer<'createKey'>) =>
  [role, ...(scopes ? [`only ${scopes.join(' ')}`] : []), ...(expiresAt ? [`until ${expiresAt}`] : [])].join(
    ', ',
  );

export const keysCommand = ({ api, print }: Terminal) =>
  new Command('keys')
    .description('API keys')
    .addCommand(
      new Command('list').description('List all keys, without their secret values').action(async () => {
        const { items } = await api().request('listKeys');
        const rows = items.map((key) => ({ ...key, scopes: key.scopes?.join(' ') }));
        print(
          { items },
          table(rows, ['id', 'name', 'role', 'scopes', 'expiresAt', 'createdAt', 'createdBy']),
        );
      }),
    )
    .addCommand(
      new Command('create')
        .description('Create a key; its value is shown only once')
        .argument('<name>', 'what it is for')
        .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).default('caller'))
        .option('--scope <scope>', 'only this: CODE:operation, CODE:*, money:read; may be repeated', several)
        .addOption(
          new Option('--expires <when>', 'until then: 2027-01-31T00:00:00Z, or 90d, 12h from now').argParser(
            timeToCome,
          ),
        )
        .addHelpText(
          'after',
          examples(
            'keys create my-app',
            'keys create billing --scope URS_PROMOTION:userInfo --scope money:read --expires 90d',
          ),
        )
        .action(async (name: string, { role, scope: scopes, expires: expiresAt }: CreateOptions) => {
          const made = await api().request('createKey', {
            body: omitUndefined({ name, role, scopes, expiresAt }),
          });
          print(made, [made.key, `Key ${made.id} (${limitsOf(made)}). It is not shown again.`]);
        }),
    )
    .addCommand(
      new Command('revoke')
        .description('Revoke a key')
        .argument('<id>', 'its id, from "keys list"')
        .addHelpText('after', examples('keys revoke 99d1a24c7a0e659c'))
        .action(async (id: string) => {
          await api().request('revokeKey', { params: { id } });
          print({ id, revoked: true }, [`Key ${id} is revoked. It may still be accepted for up to 5 s.`]);
        }),
    );

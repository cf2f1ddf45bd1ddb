import { Command, Option } from 'commander';
import { ROLES } from '../../lib/access/roles.ts';
import type { Role } from '../../lib/access/roles.ts';
import type { Terminal } from '../terminal.ts';
import { table } from '../table.ts';

export const keysCommand = ({ api, print }: Terminal) =>
  new Command('keys')
    .description('API keys')
    .addCommand(
      new Command('list').description('List all keys, without their secret values').action(async () => {
        const { items } = await api().request('listKeys');
        print({ items }, table(items, ['id', 'name', 'role', 'createdAt', 'createdBy']));
      }),
    )
    .addCommand(
      new Command('create')
        .description('Create a key; its value is shown only once')
        .argument('<name>', 'what it is for')
        .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).default('caller'))
        .action(async (name: string, { role }: { role: Role }) => {
          const made = await api().request('createKey', { body: { name, role } });
          print(made, [made.key, `Key ${made.id} (${made.role}). It is not shown again.`]);
        }),
    )
    .addCommand(
      new Command('revoke')
        .description('Revoke a key')
        .argument('<id>', 'its id, from "keys list"')
        .action(async (id: string) => {
          await api().request('revokeKey', { params: { id } });
          print({ id, revoked: true }, [`Key ${id} is revoked. It may still be accepted for up to 5 s.`]);
        }),
    );

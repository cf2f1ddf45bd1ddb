import { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { table } from '../table.ts';

interface Key {
  id: string;
  name: string;
  role: string;
  createdAt: string;
  createdBy: string;
}

const PATH = '/v1/admin/keys';

export const keysCommand = ({ api, print }: Terminal) =>
  new Command('keys')
    .description('API keys')
    .addCommand(
      new Command('list').description('All keys, without the keys').action(async () => {
        const { items } = (await api().get(PATH)) as { items: Key[] };
        print({ items }, table(items, ['id', 'name', 'role', 'createdAt', 'createdBy']));
      }),
    )
    .addCommand(
      new Command('create')
        .description('Make a key; it is shown this once')
        .argument('<name>', 'what it is for')
        .option('--role <role>', 'caller, viewer, operator or admin', 'caller')
        .action(async (name: string, { role }: { role: string }) => {
          const made = (await api().send('POST', PATH, { name, role })) as Key & { key: string };
          print(made, [made.key, `Key ${made.id} (${made.role}). It is not shown again.`]);
        }),
    )
    .addCommand(
      new Command('revoke')
        .description('Revoke a key')
        .argument('<id>', 'its id, from "keys list"')
        .action(async (id: string) => {
          await api().send('DELETE', `${PATH}/${encodeURIComponent(id)}`);
          print({ id, revoked: true }, [
            `Key ${id} is revoked. It holds for up to 30 s more where it is in use.`,
          ]);
        }),
    );

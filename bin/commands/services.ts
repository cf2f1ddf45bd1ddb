import { Command } from 'commander';
import { CommandFailed, EXIT } from '../api.ts';
import type { Terminal } from '../terminal.ts';
import { table } from '../table.ts';

export const servicesCommand = ({ api, print }: Terminal) =>
  new Command('services')
    .description('The services of the registry ("gatehouse apply" writes them)')
    .addCommand(
      new Command('list').description('All services, one line each').action(async () => {
        const { items } = await api().request('listServices');
        const rows = items.map(({ auth, operations, ...service }) => ({
          ...service,
          auth: auth.type,
          operations: Object.keys(operations).length,
        }));
        const columns = ['code', 'name', 'status', 'auth', 'operations', 'revision', 'updatedAt'] as const;
        print({ items }, table(rows, [...columns]));
      }),
    )
    .addCommand(
      new Command('show')
        .description('One definition, as a file that "gatehouse apply" takes')
        .argument('<code>', 'its code')
        .action(async (code: string) => {
          const service = await api().request('getService', { params: { code } });
          const { createdAt: _created, updatedAt: _updated, revision: _revision, ...definition } = service;
          print(service, [JSON.stringify(definition, null, 2)]);
        }),
    )
    .addCommand(
      new Command('delete')
        .description('Take a service out of the registry: calls and webhooks of it end')
        .argument('<code>', 'its code')
        .requiredOption('--yes <code>', 'its code once more')
        .addHelpText('after', '\nExample:\n  gatehouse services delete OLD_PLATFORM --yes OLD_PLATFORM')
        .action(async (code: string, { yes }: { yes: string }) => {
          if (yes !== code) throw new CommandFailed(`--yes says ${yes}, not ${code}.`, EXIT.USAGE);
          await api().request('deleteService', { params: { code } });
          print({ code, deleted: true }, [`${code} is deleted. Its credentials stay in Secrets Manager.`]);
        }),
    );

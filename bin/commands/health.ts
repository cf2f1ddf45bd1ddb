import { Command } from 'commander';
import { CommandFailed, EXIT } from '../api.ts';
import { examples } from '../options.ts';
import type { Answer } from '../route-types.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const CODE = ['<code>', 'the service'] as const;

export const healthCommand = ({ api, print }: Terminal) =>
  new Command('health')
    .description('Whether the endpoints of a service are up')
    .addCommand(
      new Command('show')
        .description('As of their last check')
        .argument(...CODE)
        .addHelpText('after', examples('health show URS_PROMOTION'))
        .action(async (code: string) => {
          const health = await api().request('getServiceHealth', { params: { code } });
          print(health, linesOf(health));
        }),
    )
    .addCommand(
      new Command('check')
        .description('Check them now; exits with 1 when one is down')
        .argument(...CODE)
        .addHelpText('after', examples('health check URS_PROMOTION'))
        .action(async (code: string) => {
          const health = await api().request('checkServiceHealth', { params: { code } });
          print(health, linesOf(health));
          const down = rowsOf(health).filter(({ state }) => state === 'down');
          if (down.length > 0) {
            const names = down.map(({ endpoint }) => endpoint).join(', ');
            throw new CommandFailed(`${code}: ${names} down.`, EXIT.FAILED);
          }
        }),
    );

type ServiceHealth = Answer<'getServiceHealth'>;

const rowsOf = ({ endpoints }: ServiceHealth) =>
  Object.entries(endpoints).map(([endpoint, health]) => ({ endpoint, ...health }));

function linesOf(health: ServiceHealth): string[] {
  const rows = rowsOf(health);
  if (rows.length === 0) return ['Nothing is checked.'];
  return table(rows, ['endpoint', 'state', 'failures', 'at', 'error']);
}

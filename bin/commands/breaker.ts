import { Argument, Command } from 'commander';
import { FORCED } from '../../lib/calls/guard/operator.ts';
import type { Forced } from '../../lib/calls/guard/operator.ts';
import { examples } from '../options.ts';
import type { Answer } from '../route-types.ts';
import type { Terminal } from '../terminal.ts';

export const breakerCommand = ({ api, print }: Terminal) =>
  new Command('breaker')
    .description('The circuit breaker of a service: whether its calls are refused for a while')
    .addCommand(
      new Command('show')
        .description('Is it open?')
        .argument('<code>', 'the service')
        .addHelpText('after', examples('breaker show CITY_CENTER_WORK_ORDER'))
        .action(async (code: string) => {
          const breaker = await api().request('getBreaker', { params: { code } });
          print(breaker, [lineOf(code, breaker)]);
        }),
    )
    .addCommand(
      new Command('force')
        .description('Hold it open (no call passes) or closed (every call passes), or give it back to itself')
        .argument('<code>', 'the service')
        .addArgument(new Argument('<how>', 'open, closed or auto').choices(FORCED))
        .addHelpText('after', examples('breaker force CITY_CENTER_WORK_ORDER auto'))
        .action(async (code: string, forced: Forced) => {
          const breaker = await api().request('forceBreaker', { params: { code }, body: { forced } });
          print(breaker, [lineOf(code, breaker)]);
        }),
    );

function lineOf(code: string, { state, failures, until, forced }: Answer<'getBreaker'>): string {
  if (forced !== 'auto') return `${code}: held ${forced}, until "gatehouse breaker force ${code} auto".`;
  if (state === 'half-open' && until === null)
    return `${code}: half-open after ${failures} failures in a row: the next call is let through to see.`;
  return `${code}: ${state}, ${failures} failures in a row${until === null ? '' : `, until ${until}`}.`;
}

import { Command } from 'commander';
import { CommandFailed, EXIT } from '../api.ts';
import { callFilters } from '../list-filters.ts';
import { examples } from '../options.ts';
import { limitOptions, pageLines, withOptions } from '../page.ts';
import type { RouteShape } from '../route-types.ts';
import type { Terminal } from '../terminal.ts';

export const callsCommand = ({ api, print }: Terminal) =>
  new Command('calls')
    .description('Calls to third parties, kept for 30 days')
    .addCommand(
      limitOptions(
        withOptions(new Command('list').description('The newest first'), callFilters()),
        'listCalls',
      )
        .addHelpText(
          'after',
          examples(
            'calls list --code PLATFORM_UNAVAILABLE',
            'calls list --service CITY_CENTER_WORK_ORDER --from 2026-11-21T00:00:00Z',
            'calls list --path /orders --attempts 3',
          ),
        )
        .action(async (query: RouteShape<'listCalls'>['query']) => {
          const page = await api().request('listCalls', { query });
          const columns = [
            'at',
            'service',
            'operation',
            'status',
            'code',
            'durationMs',
            'attempts',
            'requestId',
          ];
          print(page, pageLines(page, columns));
        }),
    )
    .addCommand(
      new Command('show')
        .description('One call with what was sent and answered, redacted')
        .argument('<requestId>', 'from an answer, an error or "calls list"')
        .addHelpText('after', examples('calls show 019aa4f2-b1c0-7d3c-9f0e-9a7b8c6d1e2f'))
        .action(async (requestId: string) => {
          const { items } = await api().request('listCalls', { query: { requestId } });
          if (items.length === 0)
            throw new CommandFailed(`There is no call with request id ${requestId}.`, EXIT.FAILED);
          print({ items }, items.flatMap(linesOf));
        }),
    );

function linesOf({
  request,
  response,
  ...plain
}: object & { request?: string | undefined; response?: string | undefined }): string[] {
  return [
    ...Object.entries(plain).map(([name, value]) => `${name.padEnd(16)}${String(value)}`),
    ...(request === undefined ? [] : ['', 'request', request]),
    ...(response === undefined ? [] : ['', 'response', response]),
    '',
  ];
}

import { Command, Option } from 'commander';
import { ERROR_CODES } from '../../lib/runtime/errors.ts';
import type { ErrorCode } from '../../lib/runtime/errors.ts';
import { CommandFailed, EXIT } from '../api.ts';
import type { Terminal } from '../terminal.ts';
import { pageLines, pageOptions } from '../page.ts';
import type { PageOptions } from '../page.ts';

interface CallsOptions extends PageOptions {
  service?: string;
  operation?: string;
  status?: string;
  code?: ErrorCode;
  requestId?: string;
  caller?: string;
  minDurationMs?: string;
  maxDurationMs?: string;
  q?: string;
}

export const callsCommand = ({ api, print }: Terminal) =>
  new Command('calls')
    .description('Calls to third parties, kept for 30 days')
    .addCommand(
      pageOptions(new Command('list').description('The newest first'))
        .option('--service <code>', 'of this service')
        .option('--operation <name>', 'of this operation')
        .option('--status <n>', 'that callers got this status for')
        .addOption(new Option('--code <code>', 'that ended in this error').choices(ERROR_CODES))
        .option('--request-id <id>', 'the one with this request id')
        .option('--caller <id>', 'of this key or person')
        .option('--min-duration-ms <n>', 'that took at least so long')
        .option('--max-duration-ms <n>', 'that took at most so long')
        .option('--q <text>', 'with this text in the kept request or answer')
        .addHelpText(
          'after',
          '\nExamples:\n' +
            '  gatehouse calls list --code PLATFORM_UNAVAILABLE\n' +
            '  gatehouse calls list --service CITY_CENTER_WORK_ORDER --from 2026-11-21T00:00:00Z',
        )
        .action(async (query: CallsOptions) => {
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

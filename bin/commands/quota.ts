import { Command, Option } from 'commander';
import { QUOTA_TYPES } from '../../lib/calls/definition.ts';
import type { QuotaType } from '../../lib/calls/definition.ts';
import { accountOption, named } from '../account-option.ts';
import type { AccountOption } from '../account-option.ts';
import { CommandFailed, EXIT } from '../api.ts';
import { examples } from '../options.ts';
import type { Answer } from '../route-types.ts';
import { rangeOptions } from '../page.ts';
import type { RangeOptions } from '../page.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const CODE = ['<code>', 'the service'] as const;
type Parts = Pick<Terminal, 'api' | 'print'>;

export const quotaCommand = ({ api, print }: Terminal) =>
  new Command('quota')
    .description('How many calls a service may get, and has got')
    .addCommand(
      new Command('show')
        .description('What is used of each window')
        .argument(...CODE)
        .addOption(accountOption())
        .addHelpText('after', examples('quota show CITY_CENTER_WORK_ORDER'))
        .action(async (code: string, query: AccountOption) => {
          const quotas = await api().request('getQuotas', { params: { code }, query });
          print(quotas, linesOf(quotas));
        }),
    )
    .addCommand(
      new Command('set')
        .description('Other limits, all of them: a new revision, in force within a second')
        .argument(...CODE)
        .argument('[limits...]', `type=limit: ${QUOTA_TYPES.join(', ')}; none: calls are not limited`)
        .addHelpText(
          'after',
          examples(
            'quota set CITY_CENTER_WORK_ORDER PER_MINUTE=200 PER_DAY=50000',
            'quota set CITY_CENTER_WORK_ORDER  # no limits',
          ),
        )
        .action(async (code: string, limits: string[]) => {
          const quotas = limits.map(quotaOf);
          const set = await api().request('putQuotas', { params: { code }, body: { quotas } });
          print(set, linesOf(set));
        }),
    )
    .addCommand(
      new Command('reset')
        .description('Begin the windows of now anew')
        .argument(...CODE)
        .addOption(accountOption())
        .addHelpText('after', examples('quota reset CITY_CENTER_WORK_ORDER'))
        .action(async (code: string, query: AccountOption) => {
          await api().request('resetQuotas', { params: { code }, query });
          const subject = named(code, query.account);
          print({ code, ...query, done: 'reset' }, [`${subject}: the windows of now begin anew.`]);
        }),
    )
    .addCommand(historyCommand({ api, print }))
    .addCommand(whatIfCommand({ api, print }));

const historyCommand = ({ api, print }: Parts) =>
  rangeOptions(new Command('history').description('How much was called, by hour or day').argument(...CODE))
    .addOption(
      new Option('--by <unit>', "of the service's time zone").choices(['hour', 'day']).default('hour'),
    )
    .addHelpText(
      'after',
      examples('quota history CITY_CENTER_WORK_ORDER --by day --from 2026-11-20T00:00:00Z'),
    )
    .action(async (code: string, query: RangeOptions & { by: 'hour' | 'day' }) => {
      const history = await api().request('getQuotaHistory', { params: { code }, query });
      print(history, table(history.items, ['from', 'calls', 'refused']));
    });

const whatIfCommand = ({ api, print }: Parts) =>
  rangeOptions(
    new Command('what-if')
      .description('What a limit would have done to the calls of the past; of the last 24 hours by default')
      .argument(...CODE)
      .argument('<limit>', `type=limit: ${QUOTA_TYPES.join(', ')}`),
  )
    .addHelpText('after', examples('quota what-if CITY_CENTER_WORK_ORDER PER_MINUTE=200'))
    .action(async (code: string, limit: string, range: RangeOptions) => {
      const query = { ...quotaOf(limit), ...range };
      const found = await api().request('getQuotaWhatIf', { params: { code }, query });
      const { calls, allowed, refused } = found;
      print(found, [`Of ${calls} calls ${allowed} would have been let through, ${refused} refused.`]);
    });

const linesOf = ({ items }: Answer<'getQuotas'>): string[] => {
  if (items.length === 0) return ['There are no limits.'];
  const several = items.some(({ account }) => account !== undefined);
  const columns = ['type', 'limit', 'used', 'remaining', 'resetsAt'] as const;
  return table(items, several ? ['account', ...columns] : [...columns]);
};

/** `PER_MINUTE=200` */
function quotaOf(text: string): { type: QuotaType; limit: number } {
  const [, name, limit] = /^([A-Z_]+)=(\d{1,10})$/i.exec(text) ?? [];
  const type = QUOTA_TYPES.find((known) => known === name?.toUpperCase());
  if (type && limit !== undefined) return { type, limit: Number(limit) };
  throw new CommandFailed(
    `"${text}" is no limit: write PER_MINUTE=200; the types are ${QUOTA_TYPES.join(', ')}.`,
    EXIT.USAGE,
  );
}

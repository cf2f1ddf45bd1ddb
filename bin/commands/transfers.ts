import { Command, Option } from 'commander';
import { examples } from '../options.ts';
import { limitOptions, rangeOptions } from '../page.ts';
import type { LimitOptions, RangeOptions } from '../page.ts';
import type { RouteShape } from '../route-types.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export const transfersCommand = ({ api, print }: Terminal) =>
  new Command('transfers')
    .description(
      'Transfers of money: see what settled, see one, see what was given up, take one back, adjust a balance',
    )
    .addCommand(
      limitOptions(
        rangeOptions(
          new Command('list').description('What settled for a service within a time, in no order'),
        ),
        'listSettledTransfers',
      )
        .requiredOption('--service <code>', 'whose they are')
        .addHelpText(
          'after',
          '\nWithout --from and --to: the 24 hours before now, or before --to.\n' +
            examples(
              'transfers list --service URS_PROMOTION',
              'transfers list --service URS_PROMOTION --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z',
            ),
        )
        .action(async ({ service, from, to, ...page }: ListOptions) => {
          const until = to ?? new Date().toISOString();
          const since = from ?? dayBefore(until);
          const found = await api().request('listSettledTransfers', {
            query: { service, from: since, to: until, ...page },
          });
          const rows = found.items.map((item) => ({ ...item, amount: item.usdtAmount }));
          const lines = table(rows, ['settledAt', 'transactionId', 'type', 'userId', 'amount']);
          // A cursor goes on in the range that it came from: "now" is another one by then.
          const more = `There is more: --from ${since} --to ${until} --cursor ${found.cursor}`;
          const end = found.cursor === undefined ? [] : ['', more];
          print(found, rows.length > 0 ? [...lines, ...end] : ['There are none.']);
        }),
    )
    .addCommand(
      new Command('show')
        .description('One transfer, with the states it was in')
        .argument('<id>', 'its transactionId')
        .option('--service <code>', 'whose it is, where several services know one by this id')
        .addHelpText(
          'after',
          examples('transfers show TX-0001', 'transfers show TX-0001 --service URS_PROMOTION'),
        )
        .action(async (transactionId: string, query: { service?: string }) => {
          const transfer = await api().request('getTransfer', { params: { transactionId }, query });
          const { history, asked, ...plain } = transfer;
          print(transfer, [
            ...Object.entries(plain).map(([name, value]) => `${name.padEnd(14)}${value}`),
            ...(asked ? [`${'asked'.padEnd(14)}${asked.amount} ${asked.currency}`] : []),
            ...history.map(
              ({ status, at, cause }) => `${at}  ${status}${cause === undefined ? '' : ` (${cause})`}`,
            ),
          ]);
        }),
    )
    .addCommand(
      limitOptions(
        new Command('dead').description(
          'Transfers that were accepted and then given up; "gatehouse redrive" tries them again',
        ),
        'listDeadLetters',
      )
        .option('--service <code>', 'those of this service')
        .addOption(new Option('--cause <cause>', 'whose fault it was').choices(['OURS', 'PARTNER']))
        .addHelpText('after', examples('transfers dead --service URS_PROMOTION --cause OURS'))
        .action(async (query: RouteShape<'listDeadLetters'>['query']) => {
          const page = await api().request('listDeadLetters', { query });
          const columns = ['at', 'service', 'transactionId', 'cause', 'code', 'attempts', 'detail'] as const;
          const rows = table(page.items, [...columns]);
          const more = page.cursor === undefined ? [] : ['', `There is more: --cursor ${page.cursor}`];
          print(page, page.items.length > 0 ? [...rows, ...more] : ['There are none.']);
        }),
    )
    .addCommand(
      new Command('adjust')
        .description("Give to a user, or take from one, through the book's control account")
        .argument('<userId>', 'whose balance')
        .argument('<amount>', 'in the currency of the book; below zero, after "--", takes')
        .requiredOption('--id <id>', 'its transactionId, of your own: sent again, nothing moves twice')
        .requiredOption('--reason <text>', 'why, in 3 to 200 characters')
        .option('--service <code>', 'in whose book (default: URS_PROMOTION)')
        .addHelpText(
          'after',
          examples(
            'transfers adjust 10002 300 --id ADJ-1 --reason "promised by support"',
            'transfers adjust --id ADJ-2 --reason "credited twice" -- 10002 -300',
          ),
        )
        .action(async (userId: string, amount: string, { id, ...options }: AdjustOptions) => {
          const body = { userId, amount, transactionId: id, ...options };
          const done = await api().request('adjustBalance', { body });
          print(done, [`${id}: ${done.amount} ${done.currency} from ${done.from} to ${done.to}.`]);
        }),
    )
    .addCommand(
      new Command('reverse')
        .description('Take a settled transfer back, once')
        .argument('<id>', 'its transactionId')
        .requiredOption('--service <code>', 'whose it is')
        .requiredOption('--reason <text>', 'why, in 3 to 200 characters')
        .addHelpText(
          'after',
          examples('transfers reverse TX-0001 --service URS_PROMOTION --reason "paid twice"'),
        )
        .action(async (transactionId: string, { service, reason }: { service: string; reason: string }) => {
          const reversal = await api().request('reverseTransfer', {
            params: { transactionId },
            query: { service },
            body: { reason },
          });
          const { amount, currency, from, to } = reversal;
          print(reversal, [
            `Reversed by ${reversal.transactionId}: ${amount} ${currency} from ${from} to ${to}.`,
          ]);
        }),
    );

type ListOptions = RangeOptions & LimitOptions & { service: string };

interface AdjustOptions {
  id: string;
  reason: string;
  service?: string;
}

const dayBefore = (time: string): string => new Date(Date.parse(time) - 24 * 3_600_000).toISOString();

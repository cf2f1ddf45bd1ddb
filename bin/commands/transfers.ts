import { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { table } from '../table.ts';

export const transfersCommand = ({ api, print }: Terminal) =>
  new Command('transfers')
    .description('Transfers of money: see one, see what was given up, take one back')
    .addCommand(
      new Command('show')
        .description('One transfer, with the states it was in')
        .argument('<id>', 'its transactionId')
        .option('--service <code>', 'whose it is, where several services know one by this id')
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
      new Command('dead')
        .description('Transfers that were accepted and then given up; "gatehouse redrive" tries them again')
        .option('--service <code>', 'those of this service')
        .option('--limit <n>', 'how many', '50')
        .action(async ({ limit, ...filter }: { service?: string; limit: string }) => {
          const query = { ...filter, limit: Number(limit) };
          const page = await api().request('listDeadLetters', { query });
          const columns = ['at', 'service', 'transactionId', 'cause', 'code', 'attempts', 'detail'] as const;
          const rows = table(page.items, [...columns]);
          print(page, page.items.length > 0 ? rows : ['There are none.']);
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
          '\nExample:\n  gatehouse transfers reverse TX-0001 --service URS_PROMOTION --reason "paid twice"',
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

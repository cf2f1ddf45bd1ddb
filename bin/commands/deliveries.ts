import { Command, Option } from 'commander';
import { VERDICTS } from '../../lib/partners/deliveries.ts';
import type { Delivery } from '../../lib/partners/deliveries.ts';
import type { Terminal } from '../terminal.ts';
import { table } from '../table.ts';
import { pageLines, pageOptions } from '../page.ts';
import type { PageOptions } from '../page.ts';

type DeliveriesOptions = PageOptions &
  Partial<
    Pick<
      Delivery,
      'service' | 'action' | 'verdict' | 'cause' | 'code' | 'source' | 'transactionId' | 'requestId'
    >
  >;

export const deliveriesCommand = ({ api, print }: Terminal) =>
  new Command('deliveries')
    .description('What partners have sent, kept for 30 days ("gatehouse replay" does failed ones again)')
    .addCommand(
      pageOptions(new Command('list').description('The newest first'))
        .option('--service <code>', 'of this service')
        .option('--action <name>', 'of this action')
        .addOption(new Option('--verdict <verdict>', 'that ended so').choices(VERDICTS))
        .option('--cause <cause>', 'rejected for this: SIGNATURE, EXPIRED, MALFORMED ...')
        .option('--code <code>', 'that ended in this error')
        .option('--source <address>', 'from this address')
        .option('--transaction-id <id>', 'of this order')
        .option('--request-id <id>', 'the one with this request id')
        .addHelpText(
          'after',
          '\nExamples:\n' +
            '  gatehouse deliveries list --transaction-id URS-0001\n' +
            '  gatehouse deliveries list --service URS_PROMOTION --verdict failed',
        )
        .action(async (query: DeliveriesOptions) => {
          const page = await api().request('listDeliveries', { query });
          const columns = [
            'at',
            'id',
            'service',
            'action',
            'verdict',
            'code',
            'cause',
            'transactionId',
            'replayOf',
          ];
          print(page, pageLines(page, columns));
        }),
    )
    .addCommand(
      new Command('unverified')
        .description("Requests that were not proved to be the partner's, by minute and cause")
        .option('--service <code>', 'of this service')
        .option('--hours <n>', 'so many hours back', '24')
        .action(async ({ service, hours }: { service?: string; hours: string }) => {
          const query = { hours: Number(hours), ...(service === undefined ? {} : { service }) };
          const found = await api().request('listUnverifiedRequests', { query });
          print(found, table(found.items, ['minute', 'service', 'cause', 'count']));
        }),
    );

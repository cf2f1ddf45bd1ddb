import { Command, Option } from 'commander';
import { UnverifiedQuery } from '../../lib/api/delivery-schemas.ts';
import { deliveryFilters } from '../list-filters.ts';
import { examples, isoTime, rangeOf, wholeNumber } from '../options.ts';
import { limitOptions, pageLines, withOptions } from '../page.ts';
import type { RouteShape } from '../route-types.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const HOURS = UnverifiedQuery.shape.hours.unwrap();

export const deliveriesCommand = ({ api, print }: Terminal) =>
  new Command('deliveries')
    .description('What partners have sent, kept for 30 days ("gatehouse replay" does failed ones again)')
    .addCommand(
      limitOptions(
        withOptions(new Command('list').description('The newest first'), deliveryFilters()),
        'listDeliveries',
      )
        .addHelpText(
          'after',
          examples(
            'deliveries list --transaction-id URS-0001',
            'deliveries list --service URS_PROMOTION --verdict failed',
          ),
        )
        .action(async (query: RouteShape<'listDeliveries'>['query']) => {
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
        .addOption(
          new Option('--hours <n>', `so many hours back, ${rangeOf(HOURS)}`)
            .argParser(wholeNumber(HOURS))
            .default(24),
        )
        .addOption(new Option('--to <time>', 'back from this ISO time, not from now').argParser(isoTime))
        .addHelpText('after', examples('deliveries unverified --service URS_PROMOTION --hours 6'))
        .action(async (query: RouteShape<'listUnverifiedRequests'>['query']) => {
          const found = await api().request('listUnverifiedRequests', { query });
          print(found, table(found.items, ['minute', 'service', 'cause', 'count']));
        }),
    );

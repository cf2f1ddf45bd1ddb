import { Command } from 'commander';
import { examples } from '../options.ts';
import type { Answer } from '../route-types.ts';
import { rangeOptions } from '../page.ts';
import type { RangeOptions } from '../page.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export const metricsCommand = ({ api, print }: Terminal) =>
  rangeOptions(
    new Command('metrics')
      .description('What services did, minute by minute; the last hour by default')
      .option('--service <code>', 'of this service'),
  )
    .addHelpText(
      'after',
      '\nTimes in milliseconds; a minute is complete 90 seconds after its end.\n' +
        examples('metrics --service CITY_CENTER_WORK_ORDER --from 2026-11-22T00:00:00Z'),
    )
    .action(async (query: RangeOptions & { service?: string }) => {
      const metrics = await api().request('listMetrics', { query });
      print(metrics, linesOf(metrics));
    });

/** Rounded down: one failure in a million is not 100 %. */
const percentOf = (share: number): string => `${Math.floor(share * 1_000 + 1e-9) / 10} %`;

const linesOf = ({ items }: Answer<'listMetrics'>): string[] =>
  table(
    items.map(({ errors, availability, ...minute }) => ({
      ...minute,
      errors: Object.entries(errors)
        .map(([code, times]) => `${code}=${times}`)
        .join(' '),
      availability: availability === null ? '' : percentOf(availability),
    })),
    [
      'service',
      'minute',
      'calls',
      'p50',
      'p95',
      'p99',
      'availability',
      'logins',
      'captchas',
      'captchaHits',
      'captchaPoints',
      'transfers',
      'events',
      'errors',
    ],
  );

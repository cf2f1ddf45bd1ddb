import { Command, Option } from 'commander';
import { CommandFailed, EXIT } from '../api.ts';
import { examples, isoTime } from '../options.ts';
import type { Terminal } from '../terminal.ts';

interface ReplayOptions {
  service?: string;
  action?: string;
  code?: string;
  from?: string;
  to?: string;
  all?: true;
  dryRun?: true;
}

export const replayCommand = ({ api, print, note }: Terminal) =>
  new Command('replay')
    .description('Do webhook deliveries again that failed through our own fault, the oldest first')
    .argument('[deliveries...]', 'ids of their records')
    .option('--service <code>', 'those of this service')
    .option('--action <name>', 'those of this action')
    .option('--code <code>', 'those that ended in this error')
    .addOption(new Option('--from <time>', 'those that came at or after this ISO time').argParser(isoTime))
    .addOption(new Option('--to <time>', 'those that came before this ISO time').argParser(isoTime))
    .option('--all', 'every one that waits')
    .option('--dry-run', 'count them, and do nothing')
    .addHelpText(
      'after',
      examples(
        'replay --service URS_PROMOTION --dry-run',
        'replay --service URS_PROMOTION --from 2026-11-21T00:00:00Z --to 2026-11-21T06:00:00Z',
        'replay 019aa4f2b1c05d3c1f0e9a7b8c6d',
      ),
    )
    .action(async (deliveries: string[], { dryRun, ...filter }: ReplayOptions) => {
      const which = chosen(deliveries, filter);
      let [count, replayed] = [0, 0];
      const verdicts = new Map<string, number>();
      for (;;) {
        const body = { ...which, ...(dryRun ? { dryRun } : {}) };
        const done = await api().request('replayDeliveries', { body });
        count += done.count;
        replayed += done.replayed;
        for (const [verdict, times = 0] of Object.entries(done.verdicts))
          verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + times);
        // What fails each time must not be asked for without end; named ones would begin anew.
        if (!done.more || done.replayed === 0 || deliveries.length > 0) break;
        note(`${replayed} so far`);
      }
      if (count < deliveries.length)
        throw new CommandFailed(
          `${deliveries.length - count} of these failed through no fault of ours, or came more than 30 days ago.`,
          EXIT.FAILED,
        );
      const each = [...verdicts].map(([verdict, times]) => `${times} ${verdict}`).join(', ');
      print({ count, replayed, verdicts: Object.fromEntries(verdicts) }, [
        dryRun ? `${count} would be done again.` : `${replayed} of ${count} done${each && `: ${each}`}.`,
      ]);
      if (!dryRun && replayed < count)
        throw new CommandFailed('Those that failed again wait on.', EXIT.FAILED);
    });

function chosen(deliveries: string[], filter: Omit<ReplayOptions, 'dryRun'>) {
  const isFiltered = Object.keys(filter).length > 0;
  if (deliveries.length > 0 && isFiltered)
    throw new CommandFailed('Give either ids or a filter, not both.', EXIT.USAGE);
  if (deliveries.length > 0) return { deliveries };
  if (!isFiltered)
    throw new CommandFailed(
      'Say which: ids, --service, --action, --code, --from, --to, or --all.',
      EXIT.USAGE,
    );
  return filter;
}

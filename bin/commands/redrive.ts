import { Command, Option } from 'commander';
import { examples } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { CommandFailed, EXIT } from '../api.ts';

interface RedriveOptions {
  service?: string;
  cause?: 'OURS' | 'PARTNER';
  all?: true;
  dryRun?: true;
}

export const redriveCommand = ({ api, print, note }: Terminal) =>
  new Command('redrive')
    .description('Try dead letters again: transfers that were accepted and then given up')
    .argument('[id]', 'transactionId of one of them, with --service')
    .option('--service <code>', 'those of this service')
    .addOption(new Option('--cause <cause>', 'whose fault it was').choices(['OURS', 'PARTNER']))
    .option('--all', 'every one there is')
    .option('--dry-run', 'count them, and change nothing')
    .addHelpText(
      'after',
      examples(
        'redrive --service URS_PROMOTION --cause OURS --dry-run',
        'redrive --service URS_PROMOTION --cause OURS',
        'redrive TX-20261121-0001 --service URS_PROMOTION',
      ),
    )
    .action(async (id: string | undefined, { dryRun, ...filter }: RedriveOptions) => {
      const which = chosen(id, filter);
      let [count, redriven] = [0, 0];
      for (;;) {
        const body = { ...which, ...(dryRun ? { dryRun } : {}) };
        const done = await api().request('redriveDeadLetters', { body });
        count += done.count;
        redriven += done.redriven;
        // What could not be taken this time must not be asked for without end.
        if (!done.more || done.redriven === 0) break;
        note(`${redriven} so far`);
      }
      if (id !== undefined && count === 0)
        throw new CommandFailed(`${id} is no dead letter of ${filter.service}.`, EXIT.FAILED);
      print({ count, redriven }, [
        dryRun ? `${count} would be tried again.` : `${redriven} of ${count} are pending again.`,
      ]);
    });

function chosen(id: string | undefined, { service, cause, all }: Omit<RedriveOptions, 'dryRun'>) {
  if (id !== undefined) {
    if (service === undefined) throw new CommandFailed('Say whose transfer it is: --service.', EXIT.USAGE);
    return { transfers: [{ service, transactionId: id }] };
  }
  if (service === undefined && cause === undefined && !all) {
    throw new CommandFailed('Say which: an id with --service, --service, --cause, or --all.', EXIT.USAGE);
  }
  return { ...(service ? { service } : {}), ...(cause ? { cause } : {}), ...(all ? { all } : {}) };
}

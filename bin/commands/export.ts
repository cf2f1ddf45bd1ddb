import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Command, Option } from 'commander';
import { EXPORT_FORMATS } from '../../lib/api/export-schemas.ts';
import type { ExportFormat } from '../../lib/api/export-schemas.ts';
import { CommandFailed, EXIT } from '../api.ts';
import type { ExportRouteId } from '../route-types.ts';
import type { Terminal } from '../terminal.ts';

interface Options {
  format: ExportFormat;
  out?: string;
  from?: string;
  to?: string;
}
/** What can be exported: its route, what it is, and the filters it takes. */
interface Kind {
  route: ExportRouteId;
  what: string;
  example: string;
  filters: readonly [flags: string, description: string][];
}

const DAY = '--from 2026-11-21T00:00:00+08:00 --to 2026-11-22T00:00:00+08:00';
const SERVICE = ['--service <code>', 'of this service'] as const;
const KINDS: Record<string, Kind> = {
  calls: {
    route: 'exportCalls',
    what: 'The call log',
    example: '--service CITY_CENTER_WORK_ORDER --status 503',
    filters: [
      [...SERVICE],
      ['--operation <name>', 'of this operation'],
      ['--status <n>', 'that callers got this status for'],
      ['--code <code>', 'that ended in this error'],
      ['--caller <id>', 'of this key or person'],
      ['--q <text>', 'with this text in the kept request or answer'],
    ],
  },
  deliveries: {
    route: 'exportDeliveries',
    what: 'What partners have sent',
    example: '--service URS_PROMOTION --verdict failed',
    filters: [
      [...SERVICE],
      ['--action <name>', 'of this action'],
      ['--verdict <verdict>', 'that ended so'],
      ['--transaction-id <id>', 'about this transfer'],
    ],
  },
  audit: {
    route: 'exportAudit',
    what: 'Who changed what',
    example: '--target services/URS_PROMOTION',
    filters: [
      ['--who <id>', 'by this key or person'],
      ['--action <name>', 'of this kind'],
      ['--target <path>', 'of this thing, and what lies under it'],
    ],
  },
  transfers: {
    route: 'exportTransfers',
    what: 'What settled for a service within a time: --service, --from and --to are needed',
    example: '--service URS_PROMOTION',
    filters: [[...SERVICE]],
  },
};

export const exportCommand = (terminal: Terminal) => {
  const command = new Command('export').description('Lists as files: CSV, or a JSON object per line');
  for (const [name, kind] of Object.entries(KINDS)) command.addCommand(exportOf(name, kind, terminal));
  return command;
};

function exportOf(name: string, { route, what, example, filters }: Kind, { api, note }: Terminal): Command {
  const command = new Command(name).description(what);
  for (const [flags, description] of filters) command.option(flags, description);
  return command
    .option('--from <time>', 'at or after this ISO time')
    .option('--to <time>', 'before this ISO time')
    .addOption(new Option('--format <format>', 'the kind of file').choices(EXPORT_FORMATS).default('csv'))
    .option('--out <file>', 'where to; otherwise standard output')
    .addHelpText('after', `\nExample:\n  gatehouse export ${name} ${example} ${DAY} --out ${name}.csv`)
    .action(async ({ out, ...query }: Options) => {
      const file = out === undefined ? process.stdout : createWriteStream(out);
      const broken = once(file, 'error').then(([error]: unknown[]) => {
        throw new CommandFailed(`${out ?? 'standard output'}: ${(error as Error).message}`, EXIT.FAILED);
      });
      const work = (async () => {
        let bytes = 0;
        for await (const page of api().pages(route, { ...query })) {
          const part = bytes > 0 && query.format === 'csv' ? withoutHead(page) : page;
          if (!file.write(part)) await once(file, 'drain');
          bytes += part.length;
          note(`${(bytes / 1e6).toFixed(1)} MB so far`);
        }
        if (out !== undefined) await new Promise<void>((resolve) => file.end(() => resolve()));
      })();
      await Promise.race([work, broken]);
    });
}

/** Each page is a file of its own; of all together the first line is needed once. Names of columns hold no line break. */
const withoutHead = (page: Buffer): Buffer => page.subarray(page.indexOf('\r\n') + 2);

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Command, Option } from 'commander';
import { EXPORT_FORMATS } from '../../lib/api/export-schemas.ts';
import type { ExportFormat } from '../../lib/api/export-schemas.ts';
import { CommandFailed, EXIT } from '../api.ts';
import { auditFilters, callFilters, deliveryFilters, settledFilters } from '../list-filters.ts';
import { examples } from '../options.ts';
import { withOptions } from '../page.ts';
import type { ExportRouteId } from '../route-types.ts';
import type { Terminal } from '../terminal.ts';

interface Options {
  format: ExportFormat;
  out?: string;
}
/** What can be exported: its route, what it is, and the filters it takes. */
interface Kind {
  route: ExportRouteId;
  what: string;
  example: string;
  filters: () => Option[];
}

/** Bytes from which on it is said how far it is: of less there is nothing to wait for. */
const NOTED = 100_000;
const DAY = '--from 2026-11-21T00:00:00+08:00 --to 2026-11-22T00:00:00+08:00';
const KINDS: Record<string, Kind> = {
  calls: {
    route: 'exportCalls',
    what: 'The call log',
    example: '--service CITY_CENTER_WORK_ORDER --status 503',
    filters: callFilters,
  },
  deliveries: {
    route: 'exportDeliveries',
    what: 'What partners have sent',
    example: '--service URS_PROMOTION --verdict failed',
    filters: deliveryFilters,
  },
  audit: {
    route: 'exportAudit',
    what: 'Who changed what',
    example: '--target services/URS_PROMOTION',
    filters: auditFilters,
  },
  transfers: {
    route: 'exportTransfers',
    what: 'What settled for a service within a time: --service, --from and --to are needed',
    example: '--service URS_PROMOTION',
    filters: settledFilters,
  },
};

export const exportCommand = (terminal: Terminal) => {
  const command = new Command('export').description('Lists as files: CSV, or a JSON object per line');
  for (const [name, kind] of Object.entries(KINDS)) command.addCommand(exportOf(name, kind, terminal));
  return command;
};

function exportOf(name: string, { route, what, example, filters }: Kind, { api, note }: Terminal): Command {
  return withOptions(new Command(name).description(what), filters())
    .addOption(new Option('--format <format>', 'the kind of file').choices(EXPORT_FORMATS).default('csv'))
    .option('--out <file>', 'where to; otherwise standard output')
    .addHelpText('after', examples(`export ${name} ${example} ${DAY} --out ${name}.csv`))
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
          if (bytes >= NOTED) note(`${(bytes / 1e6).toFixed(1)} MB so far`);
        }
        if (out !== undefined) await new Promise<void>((resolve) => file.end(() => resolve()));
      })();
      await Promise.race([work, broken]);
    });
}

/** Each page is a file of its own; of all together the first line is needed once. Names of columns hold no line break. */
const withoutHead = (page: Buffer): Buffer => page.subarray(page.indexOf('\r\n') + 2);

import { Command, Option } from 'commander';
import { differences, formatDifferences } from '../../lib/registry/diff.ts';
import { CommandFailed, EXIT, isProblem } from '../api.ts';
import type { Api } from '../api.ts';
import { examples, revisionNumber } from '../options.ts';
import { limitOptions, pageLines } from '../page.ts';
import type { LimitOptions } from '../page.ts';
import type { Answer } from '../route-types.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const CODE = 'its code';
const REVISION = 'which revision, as "gatehouse services revisions CODE" lists them';

/** As a path holds it. */
const revisionText = (value: string): string => String(revisionNumber(value));

export const servicesCommand = ({ api, print }: Terminal) =>
  new Command('services')
    .description('The services of the registry ("gatehouse apply" writes them)')
    .addCommand(
      new Command('list').description('All services, one line each').action(async () => {
        const { items } = await api().request('listServices');
        const rows = items.map(({ auth, operations, ...service }) => ({
          ...service,
          auth: auth.type,
          operations: Object.keys(operations).length,
        }));
        const columns = ['code', 'name', 'status', 'auth', 'operations', 'revision', 'updatedAt'] as const;
        print({ items }, table(rows, [...columns]));
      }),
    )
    .addCommand(
      new Command('show')
        .description('One definition, as a file that "gatehouse apply" takes')
        .argument('<code>', CODE)
        .option('--revision <n>', 'as it was then, also of a deleted service', revisionText)
        .addHelpText(
          'after',
          examples('services show URS_PROMOTION > urs.json', 'services show URS_PROMOTION --revision 3'),
        )
        .action(async (code: string, { revision }: { revision?: string }) => {
          if (revision !== undefined) {
            const then = await api().request('getRevision', { params: { code, revision } });
            if (!then.definition)
              throw new CommandFailed(`${code}: revision ${revision} deleted it.`, EXIT.FAILED);
            print(then, [JSON.stringify(then.definition, null, 2)]);
            return;
          }
          const service = await api().request('getService', { params: { code } });
          print(service, [JSON.stringify(withoutCounts(service), null, 2)]);
        }),
    )
    .addCommand(
      limitOptions(
        new Command('revisions').description(
          'Every revision of a definition, newest first: who wrote it, and when',
        ),
        'listRevisions',
      )
        .argument('<code>', CODE)
        .addHelpText('after', examples('services revisions URS_PROMOTION --limit 10'))
        .action(async (code: string, query: LimitOptions) => {
          const page = await api().request('listRevisions', { params: { code }, query });
          const items = page.items.map(({ deleted, ...line }) => ({
            ...line,
            note: deleted ? 'deleted' : '',
          }));
          print(page, pageLines({ ...page, items }, ['revision', 'at', 'by', 'note']));
        }),
    )
    .addCommand(
      new Command('diff')
        .description('What a revision changed')
        .argument('<code>', CODE)
        .argument('<revision>', REVISION, revisionText)
        .addOption(
          new Option('--against <n>', 'compare with this one instead of the one before').argParser(
            revisionNumber,
          ),
        )
        .addHelpText(
          'after',
          examples('services diff URS_PROMOTION 3', 'services diff URS_PROMOTION 3 --against 1'),
        )
        .action(async (code: string, revision: string, query: { against?: number }) => {
          const { items } = await api().request('diffRevision', { params: { code, revision }, query });
          print({ items }, items.length === 0 ? ['no difference'] : [formatDifferences(items)]);
        }),
    )
    .addCommand(
      new Command('rollback')
        .description(
          'Store a definition as it was at a revision again, as a new revision; shows what changes',
        )
        .argument('<code>', CODE)
        .argument('<revision>', REVISION, revisionText)
        .option('--dry-run', 'only show what would change')
        .addHelpText('after', examples('services rollback URS_PROMOTION 3 --dry-run'))
        .action(async (code: string, revision: string, { dryRun = false }: { dryRun?: boolean }) => {
          const before = await currentDefinition(api(), code);
          const service = await api().request('rollBackService', {
            params: { code, revision },
            query: { check: dryRun ? 'true' : 'false' },
          });
          const changes = differences(before ?? {}, withoutCounts(service));
          const done = dryRun
            ? 'Nothing was changed.'
            : `${code} is as it was at revision ${revision}: now revision ${service.revision}.`;
          print({ code, revision: service.revision, changes, dryRun }, [
            changes.length === 0
              ? `${code} is as it was at revision ${revision} already.`
              : formatDifferences(changes),
            ...(changes.length === 0 ? [] : [done]),
          ]);
        }),
    )
    .addCommand(
      new Command('delete')
        .description('Take a service out of the registry: calls and webhooks of it end')
        .argument('<code>', CODE)
        .requiredOption('--yes <code>', 'its code once more')
        .addHelpText('after', examples('services delete OLD_PLATFORM --yes OLD_PLATFORM'))
        .action(async (code: string, { yes }: { yes: string }) => {
          if (yes !== code) throw new CommandFailed(`--yes says ${yes}, not ${code}.`, EXIT.USAGE);
          await api().request('deleteService', { params: { code } });
          print({ code, deleted: true }, [
            `${code} is deleted, its credentials too. "gatehouse services rollback ${code} N" brings its definition back.`,
          ]);
        }),
    );

type Service = Answer<'getService'>;

function withoutCounts({
  createdAt: _created,
  updatedAt: _updated,
  revision: _revision,
  ...definition
}: Service) {
  return definition;
}

/** `undefined`: it is deleted, or cannot be read. */
async function currentDefinition(api: Api, code: string) {
  try {
    return withoutCounts(await api.request('getService', { params: { code } }));
  } catch (error) {
    if (isProblem(error, 'NOT_FOUND') || isProblem(error, 'CONFIGURATION_ERROR')) return undefined;
    throw error;
  }
}

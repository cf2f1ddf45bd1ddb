import { Command } from 'commander';
import { CommandFailed, EXIT } from '../api.ts';
import type { Api } from '../api.ts';
import { auditFilters } from '../list-filters.ts';
import { examples } from '../options.ts';
import { limitOptions, pageLines, withOptions } from '../page.ts';
import type { Answer, RouteShape } from '../route-types.ts';
import type { Terminal } from '../terminal.ts';

type Entry = Answer<'listAudit'>['items'][number];
type Verification = Answer<'verifyAudit'>;

const COLUMNS = ['at', 'who', 'action', 'target', 'from', 'change'];

export const auditCommand = ({ api, print, note }: Terminal) =>
  new Command('audit')
    .description('Who changed what, and that nobody has changed this list')
    .addCommand(
      limitOptions(
        withOptions(new Command('list').description('The newest first'), auditFilters()),
        'listAudit',
      )
        .addHelpText(
          'after',
          examples(
            'audit list --target services/URS_PROMOTION',
            'audit list --who user:alice --from 2026-11-21T00:00:00Z',
            'audit list --json --limit 1  # what it was before, and after',
          ),
        )
        .action(async (query: RouteShape<'listAudit'>['query']) => {
          const page = await api().request('listAudit', { query });
          const items = page.items.map((entry) => ({ ...entry, change: changeOf(entry) }));
          print(page, pageLines({ ...page, items }, COLUMNS));
        }),
    )
    .addCommand(
      new Command('verify')
        .description('Look for entries that were changed or removed by hand')
        .addHelpText(
          'after',
          '\nThe hash that it prints stands for everything up to there: keep it where nobody who may write to the' +
            '\ndatabase may write, and compare.',
        )
        .action(async () => {
          const result = await verify(api(), note);
          const { ok, checked, violations, hash } = result;
          print(result, [
            ...violations.map(
              ({ seq, id, what }) => `entry ${seq}${id === undefined ? '' : ` (${id})`} ${what}`,
            ),
            `${checked} entries checked: ${ok ? 'unchanged' : 'changed by hand'}; the newest hash is ${hash || 'none'}`,
          ]);
          if (!ok) throw new CommandFailed('The audit was changed by hand.', EXIT.FAILED);
        }),
    );

/** What can be said in a few words; the whole with --json. */
function changeOf({ before, after, failed, of }: Entry): string {
  if (failed !== undefined) return `entry ${of} failed: ${failed}`;
  const text = JSON.stringify(after ?? before) ?? '';
  return text === 'null' ? '' : text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** Follows the cursors. */
async function verify(api: Api, note: (line: string) => void): Promise<Verification> {
  const violations: Verification['violations'] = [];
  let cursor: string | undefined;
  for (;;) {
    const query = cursor === undefined ? {} : { cursor };
    const { cursor: next, ...answer } = await api.request('verifyAudit', { query });
    violations.push(...answer.violations);
    if (next === undefined) return { ...answer, violations };
    note(`${answer.checked} so far`);
    cursor = next;
  }
}

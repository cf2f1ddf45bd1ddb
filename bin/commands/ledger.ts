import { Command, Option } from 'commander';
import { CommandFailed, EXIT } from '../api.ts';
import { openList } from '../ledger/list-file.ts';
import { reconcileFile } from '../ledger/reconcile-file.ts';
import { reconcileLines } from '../ledger/reconcile-lines.ts';
import type { Api } from '../api.ts';
import { examples, isoTime } from '../options.ts';
import type { Answer } from '../route-types.ts';
import type { Terminal } from '../terminal.ts';

type Verification = Answer<'verifyLedger'>;

export const ledgerCommand = ({ api, print, note }: Terminal) =>
  new Command('ledger')
    .description('Check the ledger: what it holds, against itself, and against a partner’s list')
    .addCommand(
      new Command('verify')
        .description(
          'Look for whatever was changed by hand: balances, journal and transfers against each other',
        )
        .option('--book <name>', 'the book', 'main')
        .addHelpText('after', examples('ledger verify --book main'))
        .action(async ({ book }: { book: string }) => {
          const result = await verifyBook(api(), book);
          print(result, verificationLines(result));
          if (result.ok !== true) throw new CommandFailed(verdict(result), EXIT.FAILED);
        }),
    )
    .addCommand(
      new Command('balance')
        .description('What a book holds, and whether it adds up: the trial balance')
        .option('--book <name>', 'the book', 'main')
        .option('--deep', 'add up every transfer, too')
        .addHelpText('after', examples('ledger balance --deep'))
        .action(async ({ book, deep = false }: { book: string; deep?: boolean }) => {
          const query = { book, ...(deep && { deep: 'true' as const }) };
          const balance = await api().request('getTrialBalance', { query });
          print(balance, balanceLines(balance));
          if (balance.balanced === false) throw new CommandFailed(`${book} does not add up.`, EXIT.FAILED);
        }),
    )
    .addCommand(
      new Command('reconcile')
        .description('Compare a partner’s list (CSV or NDJSON, of any length) with what settled')
        .argument('<file>', 'the list; "-" reads standard input')
        .requiredOption('--service <code>', 'whose list it is')
        .requiredOption('--from <time>', 'its beginning, ISO 8601: 2026-11-21T00:00:00+08:00', isoTime)
        .requiredOption('--to <time>', 'its end, not included', isoTime)
        .addOption(
          new Option('--format <format>', 'where the name of the file does not tell').choices([
            'csv',
            'ndjson',
          ]),
        )
        .addHelpText(
          'after',
          examples(
            'ledger reconcile list.csv --service URS_PROMOTION --from 2026-11-21T00:00:00+08:00 --to 2026-11-22T00:00:00+08:00',
          ),
        )
        .action(async (file: string, { format, ...query }: ReconcileOptions) => {
          const list = openList(file, format);
          const result = await reconcileFile(api(), list, query, note);
          print(result, reconcileLines(result));
          const found = result.counts.onlyOurs + result.counts.onlyTheirs + result.counts.differing;
          if (found > 0) throw new CommandFailed(`${found} differences.`, EXIT.FAILED);
        }),
    );

interface ReconcileOptions {
  service: string;
  from: string;
  to: string;
  format?: 'csv' | 'ndjson';
}

/** Follows the cursors of a pass. */
async function verifyBook(api: Api, book: string): Promise<Verification> {
  const violations: Verification['violations'] = [];
  let cursor: string | undefined;
  for (;;) {
    const query = { book, ...(cursor !== undefined && { cursor }) };
    const { cursor: next, ...answer } = await api.request('verifyLedger', { query });
    violations.push(...answer.violations);
    if (next === undefined) return { ...answer, violations };
    cursor = next;
  }
}

function balanceLines({
  book,
  currency = '',
  users,
  userTotal,
  houses,
  violations,
  ...rest
}: Answer<'getTrialBalance'>): string[] {
  const { balanced, transfers, total } = rest;
  const verdict = balanced === null ? 'not known, as balances moved all the time' : balanced ? 'yes' : 'NO';
  return [
    `book       ${book}${currency && `, in ${currency}`}`,
    `users      ${users}, who hold ${userTotal}`,
    `houses     ${houses.length}`,
    ...(transfers === undefined ? [] : [`transfers  ${transfers}`]),
    `total      ${total}`,
    `adds up    ${verdict}`,
    ...violations.map(({ accountId, problem }) => `${accountId}: ${problem}`),
  ];
}

function verificationLines({ book, ok, checked, sealedUpTo, head, violations }: Verification): string[] {
  return [
    ...violations.map((violation) => `${subjectOf(violation)}${violation.what}`),
    `${book}: ${ok === true ? 'everything holds' : `${violations.length} violations`}; ${checked} entries checked, ` +
      `sealed up to ${sealedUpTo ?? 'no time yet'}`,
    ...(head ? [`head: page ${head.page}, ${head.hash}`] : []),
  ];
}

function subjectOf({ service, transactionId, accountId }: Verification['violations'][number]): string {
  if (transactionId !== undefined) return `${service === undefined ? '' : `${service} `}${transactionId} `;
  return accountId === undefined ? '' : `${accountId}: `;
}

function verdict({ book, ok, violations }: Verification): string {
  if (ok === null)
    return `${book}: the balances moved all the time, so nothing can be said of them: run it again.`;
  return `${book}: ${violations.length} violations.`;
}

import { Command } from 'commander';
import { accountOption, accountQuery, named } from '../account-option.ts';
import type { AccountOption } from '../account-option.ts';
import { examples } from '../options.ts';
import { sessionLines } from '../session-lines.ts';
import { table } from '../table.ts';
import type { Answer } from '../route-types.ts';
import type { Terminal } from '../terminal.ts';
import { sessionImportCommand } from '../session-import.ts';

export const sessionCommand = (terminal: Terminal) => {
  const { api, print } = terminal;
  return new Command('session')
    .description("A platform's session")
    .addCommand(sessionImportCommand(terminal))
    .addCommand(
      new Command('show')
        .description('Show its state, without cookies; of several accounts, a line for each')
        .argument('<code>', 'service code')
        .addOption(accountOption())
        .addHelpText('after', examples('session show CITY_CENTER_WORK_ORDER'))
        .action(async (code: string, { account }: AccountOption) => {
          const { items } = await api().request('listAccounts', { params: { code } });
          if (account === undefined && items[0]!.account !== null) {
            print({ items }, accountLines(items));
            return;
          }
          const session = await api().request('getSession', { params: { code }, ...accountQuery(account) });
          print(session, sessionLines(session, Date.now()));
        }),
    )
    .addCommand(
      new Command('invalidate')
        .description('End it: the next call logs in; of several accounts, without --account, all')
        .argument('<code>', 'service code')
        .addOption(accountOption())
        .addHelpText('after', examples('session invalidate CITY_CENTER_WORK_ORDER'))
        .action(async (code: string, { account }: AccountOption) => {
          await api().request('invalidateSession', { params: { code }, ...accountQuery(account) });
          const done = { code, ...(account === undefined ? {} : { account }), done: 'invalidate' };
          print(done, [`${named(code, account)}: the session is invalidated.`]);
        }),
    )
    .addCommand(
      new Command('unlock')
        .description(
          'Lift a lockout, any pause after failed logins, and that of refused credentials; of several accounts, without --account, all',
        )
        .argument('<code>', 'service code')
        .addOption(accountOption())
        .addHelpText(
          'after',
          examples('session unlock CITY_CENTER_WORK_ORDER', 'session unlock MY_PLATFORM --account north'),
        )
        .action(async (code: string, { account }: AccountOption) => {
          const [first] = (await api().request('listAccounts', { params: { code } })).items;
          const keyed = first!.session === null;
          const all = account === undefined && first!.account !== null;
          const before =
            keyed || all
              ? undefined
              : await api().request('getSession', { params: { code }, ...accountQuery(account) });
          // Sent in any case: it also resets refusals and pauses.
          await api().request('unlockSession', { params: { code }, ...accountQuery(account) });
          const what = before
            ? whatWasLifted(before)
            : keyed
              ? 'its credentials may be sent again.'
              : 'logins of all accounts are allowed again.';
          const wasLocked = before && { wasLocked: before.lockout.lockedUntil !== null };
          const done = { code, ...(account === undefined ? {} : { account }), done: 'unlock', ...wasLocked };
          print(done, [`${named(code, account)}: ${what}`]);
        }),
    );
};

function whatWasLifted({ lockout, lastFailure }: Answer<'getSession'>): string {
  if (lockout.lockedUntil !== null) return 'logins are allowed again.';
  return lockout.refusals > 0 || lastFailure !== null
    ? 'logins were not locked; refusals and failures count from zero again.'
    : 'logins were not locked.';
}

type Line = Answer<'listAccounts'>['items'][number];

function accountLines(items: Line[]): string[] {
  const rows = items.map(({ account, session, lockout, uses }) => ({
    account: account!,
    ...(session ? { session: session.state } : {}),
    ...(session?.expiresAt ? { expiresAt: session.expiresAt } : {}),
    ...(lockout.lockedUntil ? { lockedUntil: lockout.lockedUntil } : {}),
    uses,
  }));
  return table<(typeof rows)[number]>(rows, ['account', 'session', 'expiresAt', 'lockedUntil', 'uses']);
}

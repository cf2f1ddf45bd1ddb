import { Command } from 'commander';
import { sessionLines } from '../session-lines.ts';
import type { Terminal } from '../terminal.ts';
import { sessionImportCommand } from './session-import.ts';

export const sessionCommand = (terminal: Terminal) => {
  const { api, print } = terminal;
  return new Command('session')
    .description("A platform's session")
    .addCommand(sessionImportCommand(terminal))
    .addCommand(
      new Command('show')
        .description('Show its state, without cookies')
        .argument('<code>', 'service code')
        .action(async (code: string) => {
          const session = await api().request('getSession', { params: { code } });
          print(session, sessionLines(session, Date.now()));
        }),
    )
    .addCommand(
      new Command('invalidate')
        .description('End it: the next call logs in')
        .argument('<code>', 'service code')
        .action(async (code: string) => {
          await api().request('invalidateSession', { params: { code } });
          print({ code, done: 'invalidate' }, [`${code}: the session is invalidated.`]);
        }),
    )
    .addCommand(
      new Command('unlock')
        .description('Lift a lockout, any pause after failed logins, and that of refused credentials')
        .argument('<code>', 'service code')
        .action(async (code: string) => {
          const { auth } = await api().request('getService', { params: { code } });
          if (auth.type !== 'SESSION') {
            await api().request('unlockSession', { params: { code } });
            print({ code, done: 'unlock' }, [`${code}: its credentials may be sent again.`]);
            return;
          }
          const { lockout, lastFailure } = await api().request('getSession', { params: { code } });
          // Sent in any case: it also resets refusals and pauses.
          await api().request('unlockSession', { params: { code } });
          const locked = lockout.lockedUntil !== null;
          const paused = locked || lockout.refusals > 0 || lastFailure !== null;
          const message = locked
            ? 'logins are allowed again.'
            : paused
              ? 'logins were not locked; refusals and failures count from zero again.'
              : 'logins were not locked.';
          print({ code, done: 'unlock', wasLocked: locked }, [`${code}: ${message}`]);
        }),
    );
};

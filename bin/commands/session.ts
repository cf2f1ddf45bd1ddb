import { Command } from 'commander';
import type { Terminal } from '../terminal.ts';

const pathOf = (code: string) => `/v1/admin/services/${code}/session`;

export function sessionCommand({ api, print }: Terminal): Command {
  const act = (name: string, description: string, done: string) =>
    new Command(name)
      .description(description)
      .argument('<code>', 'service code')
      .action(async (code: string) => {
        await api().send('POST', `${pathOf(code)}/${name}`);
        print({ code, done: name }, [`${code}: ${done}.`]);
      });

  return new Command('session')
    .description("A platform's session")
    .addCommand(
      new Command('show')
        .description('Its state; no cookie is shown')
        .argument('<code>', 'service code')
        .action(async (code: string) => {
          const session = (await api().get(pathOf(code))) as Record<string, unknown>;
          const lines = Object.entries(session).map(
            ([name, value]) => `${name.padEnd(16)} ${JSON.stringify(value)}`,
          );
          print(session, lines);
        }),
    )
    .addCommand(act('invalidate', 'Forget it: the next call logs in', 'the session is forgotten'))
    .addCommand(act('unlock', 'Lift a lockout', 'logins are allowed again'));
}

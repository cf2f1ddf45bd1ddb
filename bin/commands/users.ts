import { Argument, Command, Option } from 'commander';
import { ROLES } from '../../lib/access/roles.ts';
import type { Role } from '../../lib/access/roles.ts';
import { CommandFailed, EXIT } from '../api.ts';
import type { Api } from '../api.ts';
import { examples } from '../options.ts';
import { newPassword, passwordOption } from '../password.ts';
import type { PasswordOption } from '../password.ts';
import type { Answer } from '../route-types.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

type User = Answer<'changeUser'>;
type Change = { role: Role } | { disabled: boolean } | { password: string };

const USERNAME = ['<username>', 'as they log in'] as const;
const EFFECT = 'In force within 5 s.';

export const usersCommand = (terminal: Terminal) =>
  new Command('users')
    .description('People who log in with a password')
    .addCommand(list(terminal))
    .addCommand(create(terminal))
    .addCommand(switching(terminal, 'disable'))
    .addCommand(switching(terminal, 'enable'))
    .addCommand(passwd(terminal))
    .addCommand(role(terminal));

const list = ({ api, print }: Terminal) =>
  new Command('list').description('All of them').action(async () => {
    const { items } = await api().request('listUsers');
    const rows = items.map((user) => ({
      ...user,
      state: user.disabled
        ? 'disabled'
        : user.lockedUntil === undefined
          ? 'enabled'
          : `locked until ${user.lockedUntil}`,
    }));
    print({ items }, table(rows, ['username', 'role', 'state', 'createdAt', 'id']));
  });

const create = ({ api, print }: Terminal) =>
  new Command('create')
    .description('Let somebody log in; asks for the password')
    .argument(...USERNAME)
    .addOption(new Option('--role <role>', 'what they may do').choices(ROLES).default('viewer'))
    .addOption(passwordOption())
    .addHelpText(
      'after',
      examples('users create ann --role operator', 'users create bob --password-stdin < password.txt'),
    )
    .action(async (username: string, options: PasswordOption & { role: Role }) => {
      const password = await newPassword(username, options);
      const user = await api().request('createUser', { body: { username, password, role: options.role } });
      print(user, [`${username} may log in (${user.role}).`]);
    });

const switching = (terminal: Terminal, what: 'disable' | 'enable') =>
  new Command(what)
    .description(
      what === 'disable' ? 'End their sessions, and let them log in no more' : 'Let them log in again',
    )
    .argument(...USERNAME)
    .addHelpText('after', examples(`users ${what} ann`))
    .action(async (username: string) => {
      const user = await change(terminal.api(), username, { disabled: what === 'disable' });
      terminal.print(user, [`${username} is ${what}d. ${EFFECT}`]);
    });

const passwd = ({ api, print }: Terminal) =>
  new Command('passwd')
    .description('Another password, which ends their sessions; asks for it')
    .argument(...USERNAME)
    .addOption(passwordOption())
    .addHelpText('after', examples('users passwd ann', 'users passwd ann --password-stdin < password.txt'))
    .action(async (username: string, options: PasswordOption) => {
      const user = await change(api(), username, { password: await newPassword(username, options) });
      print(user, [`${username} has another password; open sessions end within 5 s.`]);
    });

const role = ({ api, print }: Terminal) =>
  new Command('role')
    .description('Another role')
    .argument(...USERNAME)
    .addArgument(new Argument('<role>', 'what they may do').choices(ROLES))
    .addHelpText('after', examples('users role ann viewer'))
    .action(async (username: string, wanted: Role) => {
      const user = await change(api(), username, { role: wanted });
      print(user, [`${username} is ${user.role}. ${EFFECT}`]);
    });

/** @throws CommandFailed when there is nobody of that name. */
async function change(api: Api, username: string, body: Change): Promise<User> {
  const { items } = await api.request('listUsers');
  const user = items.find((one) => one.username === username);
  if (!user) throw new CommandFailed(`There is no user ${username}.`, EXIT.FAILED);
  return api.request('changeUser', { params: { id: user.id }, body });
}

import { Command, Option } from 'commander';
import { ROLES } from '../../lib/access/roles.ts';
import type { Role } from '../../lib/access/roles.ts';
import { omitUndefined } from '../../lib/runtime/omit-undefined.ts';
import { several } from '../options.ts';
import type { Answer } from '../route-types.ts';
import type { Terminal } from '../terminal.ts';
import { table } from '../table.ts';

interface CreateOptions {
  role: Role;
  scope?: string[];
  expires?: string;
}

const HOURS = { d: 24, h: 1 };

/** A time as the API takes it; `90d` and `12h` count from now. */
function timeOf(expires: string, now: number): string {
  const [, count, unit] = /^(\d{1,5})([dh])$/.exec(expires) ?? [];
  if (count === undefined) return expires;
  return new Date(now + Number(count) * HOURS[unit as keyof typeof HOURS] * 3_600_000).toISOString();
}

const limitsOf = ({ role, scopes, expiresAt }: Answer<'createKey'>) =>
  [role, ...(scopes ? [`only ${scopes.join(' ')}`] : []), ...(expiresAt ? [`until ${expiresAt}`] : [])].join(
    ', ',
  );

export const keysCommand = ({ api, print }: Terminal) =>
  new Command('keys')
    .description('API keys')
    .addCommand(
      new Command('list').description('List all keys, without their secret values').action(async () => {
        const { items } = await api().request('listKeys');
        const rows = items.map((key) => ({ ...key, scopes: key.scopes?.join(' ') }));
        print(
          { items },
          table(rows, ['id', 'name', 'role', 'scopes', 'expiresAt', 'createdAt', 'createdBy']),
        );
      }),
    )
    .addCommand(
      new Command('create')
        .description('Create a key; its value is shown only once')
        .argument('<name>', 'what it is for')
        .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).default('caller'))
        .option('--scope <scope>', 'only this: CODE:operation, CODE:*, money:read; may be repeated', several)
        .option('--expires <when>', 'until then: 2027-01-31T00:00:00Z, or 90d, 12h from now')
        .action(async (name: string, { role, scope: scopes, expires }: CreateOptions) => {
          const expiresAt = expires === undefined ? undefined : timeOf(expires, Date.now());
          const made = await api().request('createKey', {
            body: omitUndefined({ name, role, scopes, expiresAt }),
          });
          print(made, [made.key, `Key ${made.id} (${limitsOf(made)}). It is not shown again.`]);
        }),
    )
    .addCommand(
      new Command('revoke')
        .description('Revoke a key')
        .argument('<id>', 'its id, from "keys list"')
        .action(async (id: string) => {
          await api().request('revokeKey', { params: { id } });
          print({ id, revoked: true }, [`Key ${id} is revoked. It may still be accepted for up to 5 s.`]);
        }),
    );

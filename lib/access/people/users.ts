import * as z from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import { ConditionFailed } from '../../vendors/dynamodb/documents.ts';
import type { Documents, Item } from '../../vendors/dynamodb/documents.ts';
import { queryAll } from '../../vendors/dynamodb/query-items.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import { ROLES } from '../roles.ts';
import type { Role } from '../roles.ts';
import { PEOPLE_PARTITION, personKey } from './keys.ts';
import { hashPassword } from './password.ts';

/** What may be shown of a person; never the password, nor its hash. */
export interface UserInfo {
  id: string;
  /** Never changes. */
  username: string;
  role: Role;
  disabled: boolean;
  createdAt: string;
}

export interface StoredUser extends UserInfo {
  /** `lib/access/people/password.ts` */
  password: string;
  /** Counts what ends open sessions: other passwords, disablings. */
  generation: number;
}

export interface UserChange {
  role?: Role | undefined;
  disabled?: boolean | undefined;
  password?: string | undefined;
}

/** People who log in with a password. */
export interface Users {
  /** `ALREADY_EXISTS` for a name that is taken. */
  create(input: { username: string; password: string; role: Role; createdBy: string }): Promise<UserInfo>;
  /** By name. */
  list(): Promise<UserInfo[]>;
  /** `NOT_FOUND` for an unknown id. Open sessions follow within 5 s. */
  change(id: string, change: UserChange): Promise<UserInfo>;
  /** Consistent. */
  find(username: string): Promise<StoredUser | undefined>;
}

export interface UsersDeps {
  documents: Documents;
  /** The `registry` table. */
  table: string;
  clock: Pick<Clock, 'now'>;
  random: Random;
}

const Stored = z.object({
  id: z.string(),
  sk: z.string(),
  role: z.enum(ROLES),
  disabled: z.boolean(),
  password: z.string(),
  generation: StoredNumber,
  createdAt: z.string(),
});

/** `undefined`: nobody, or an item that cannot be read. */
function readUser(item: Item | undefined): StoredUser | undefined {
  const stored = Stored.safeParse(item).data;
  if (!stored) return undefined;
  const { sk: username, ...rest } = stored;
  return { ...rest, username };
}

const shown = ({ id, username, role, disabled, createdAt }: StoredUser): UserInfo => ({
  id,
  username,
  role,
  disabled,
  createdAt,
});

export function createUsers({ documents, table, clock, random }: UsersDeps): Users {
  async function all(): Promise<StoredUser[]> {
    const items = await queryAll(documents, {
      table,
      where: 'pk = :people',
      values: { ':people': PEOPLE_PARTITION },
      consistent: true,
    });
    return items.flatMap((item) => readUser(item) ?? []);
  }

  /** Single attributes, so that two changes at once both hold. */
  async function update(username: string, { role, disabled, password }: UserChange): Promise<StoredUser> {
    const set: [name: string, value: unknown][] = [
      ...(role === undefined ? [] : [['role', role] as [string, unknown]]),
      ...(disabled === undefined ? [] : [['disabled', disabled] as [string, unknown]]),
      ...(password === undefined
        ? []
        : [['password', await hashPassword(password, random)] as [string, unknown]]),
    ];
    const endsSessions = password !== undefined || disabled === true;
    const item = await documents.update(
      table,
      personKey(username),
      `SET ${set.map(([name]) => `#${name} = :${name}`).join(', ')}${endsSessions ? ' ADD generation :one' : ''}`,
      {
        condition: 'attribute_exists(pk)',
        names: Object.fromEntries(set.map(([name]) => [`#${name}`, name])),
        values: {
          ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
          ...(endsSessions ? { ':one': 1 } : {}),
        },
      },
    );
    return readUser(item)!;
  }

  return {
    async create({ username, password, role, createdBy }) {
      const now = clock.now();
      const user = {
        id: random.id(now),
        role,
        disabled: false,
        password: await hashPassword(password, random),
        generation: 1,
        createdAt: new Date(now).toISOString(),
      };
      try {
        const item = { ...personKey(username), ...user, createdBy };
        await documents.put(table, item, { condition: 'attribute_not_exists(pk)' });
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error;
        throw new GatewayError('ALREADY_EXISTS', `There is a user ${username} already.`);
      }
      return shown({ ...user, username });
    },

    list: async () => (await all()).map(shown),

    async change(id, change) {
      const user = (await all()).find((one) => one.id === id);
      if (!user) throw new GatewayError('NOT_FOUND', `User ${id} not found.`);
      return shown(await update(user.username, change));
    },

    find: async (username) => readUser(await documents.get(table, personKey(username), { consistent: true })),
  };
}

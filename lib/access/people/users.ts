import * as z from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
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
  /**
   * `NOT_FOUND` for an unknown id; `REVISION_CONFLICT` where somebody else has just changed the same. Open sessions
   * follow within 5 s.
   */
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

  /**
   * Single attributes, each only while it is what was read: two changes at once both hold, of two that set the same
   * one does.
   */
  async function update(user: StoredUser, { role, disabled, password }: UserChange): Promise<StoredUser> {
    const hashed = password === undefined ? undefined : await hashPassword(password, random);
    const set = omitUndefined({ role, disabled, password: hashed });
    const attributes = Object.keys(set) as (keyof typeof set)[];
    const endsSessions = password !== undefined || disabled === true;
    const assigned = attributes.map((name) => `#${name} = :${name}`).join(', ');
    try {
      const item = await documents.update(
        table,
        personKey(user.username),
        `SET ${assigned}${endsSessions ? ' ADD generation :one' : ''}`,
        {
          condition: attributes.map((name) => `#${name} = :read_${name}`).join(' AND '),
          names: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
          values: {
            ...Object.fromEntries(attributes.map((name) => [`:${name}`, set[name]])),
            ...Object.fromEntries(attributes.map((name) => [`:read_${name}`, user[name]])),
            ...(endsSessions ? { ':one': 1 } : {}),
          },
        },
      );
      return readUser(item)!;
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      const now = readUser(error.item);
      // Our own write, whose reply was lost; or somebody else's, to the same effect.
      if (now && attributes.every((name) => now[name] === set[name])) return now;
      throw new GatewayError('REVISION_CONFLICT', `${user.username} has been changed since they were read.`);
    }
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
      return shown(await update(user, change));
    },

    find: async (username) => readUser(await documents.get(table, personKey(username), { consistent: true })),
  };
}

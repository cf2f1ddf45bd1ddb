/** The users of the sandbox's URS, and who referred whom. */
import { createHash } from 'node:crypto';

export interface UrsUser {
  userId: number;
  nickname: string;
  /** What the farm's client arrives with: a bcrypt hash. */
  userKey: string;
  /** Who referred them; `null`: none. */
  superior: number | null;
}

export interface World {
  byKey(userKey: unknown): UrsUser | undefined;
  byId(userId: unknown): UrsUser | undefined;
  /** Their superiors, nearest first, at most three. */
  team(userId: number): number[];
  /** How many they referred themselves (1), or in three generations (3). */
  count(userId: number, level: 1 | 3): number;
  /** Adds a user, or changes one. Without `userKey` one is generated. */
  put(user: Omit<UrsUser, 'userKey'> & { userKey?: string }): UrsUser;
  users(): UrsUser[];
  reset(): void;
}

/** The ukey of the seed's own test, and its user 10002. */
const SEED_KEY = '$2y$10$i.h97m13olfIaU.ZTYiyeeXFl8xqn48w2bFiAhcoQsJdU6K3w.Lgu';

const PEOPLE: [userId: number, nickname: string, superior: number | null][] = [
  [10_000, '老村长', null],
  [10_001, '王芳', 10_000],
  [10_002, '农场主李雷🌾', 10_001],
  [10_003, '韩梅梅', 10_002],
  [10_004, '赵铁柱', 10_002],
  [10_005, '陈小妹', 10_003],
  [10_006, "O'Neill", 10_003],
  [10_007, '周杰', 10_005],
  [10_008, '吴彦', 10_007],
  [10_009, '郑爽朗', 10_002],
];

const LEVELS = 3;

export function createWorld(): World {
  const users = new Map<number, UrsUser>();

  function put({ userKey, ...user }: Parameters<World['put']>[0]): UrsUser {
    const known = users.get(user.userId);
    const stored = { ...user, userKey: userKey ?? known?.userKey ?? madeUpKey(user.userId) };
    users.set(user.userId, stored);
    return stored;
  }

  function reset(): void {
    users.clear();
    for (const [userId, nickname, superior] of PEOPLE) {
      put({ userId, nickname, superior, ...(userId === 10_002 ? { userKey: SEED_KEY } : {}) });
    }
  }

  function count(userId: number, level: number): number {
    const direct = [...users.values()].filter(({ superior }) => superior === userId);
    if (level === 1) return direct.length;
    return direct.reduce((sum, user) => sum + 1 + count(user.userId, level - 1), 0);
  }

  reset();
  return {
    byKey: (userKey) => [...users.values()].find((user) => user.userKey === userKey),
    byId: (userId) => (typeof userId === 'number' ? users.get(userId) : undefined),
    team(userId) {
      const above: number[] = [];
      let superior = users.get(userId)?.superior ?? null;
      while (superior !== null && above.length < LEVELS) {
        above.push(superior);
        superior = users.get(superior)?.superior ?? null;
      }
      return above;
    },
    count,
    put,
    users: () => [...users.values()].map((user) => ({ ...user })),
    reset,
  };
}

/** Looks like a bcrypt hash, is the same in every run. */
function madeUpKey(userId: number): string {
  const digest = createHash('sha512').update(`urs user ${userId}`).digest('base64url');
  return `$2y$10$${digest.replaceAll('-', '.').replaceAll('_', '/').slice(0, 53)}`;
}

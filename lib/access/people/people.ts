import type { Clock } from '../../runtime/clock.ts';
import { GatewayError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { Documents } from '../../vendors/dynamodb/documents.ts';
import { createAttempts } from './attempts.ts';
import { isPassword } from './password.ts';
import { createPeopleSessions } from './sessions.ts';
import type { PeopleSessions } from './sessions.ts';
import { createUsers } from './users.ts';
import type { UserInfo, Users } from './users.ts';
import { USERNAME } from './username.ts';

/** People, and how they log in (docs/builders/access.md). */
export interface People extends Omit<Users, 'find' | 'list'>, Pick<PeopleSessions, 'identify'> {
  /**
   * `UNAUTHENTICATED`, the same after the same work, for an unknown name, a wrong password, a person who is disabled or
   * locked.
   */
  logIn(input: { username: string; password: string }): Promise<LoggedIn>;
  /** `lockedUntil`, ISO: so long after too many wrong passwords. Another password ends it. */
  list(): Promise<(UserInfo & { lockedUntil?: string })[]>;
  /** @param session id of `Principal.session`. */
  logOut(session: string): Promise<void>;
}

export interface LoggedIn {
  user: Pick<UserInfo, 'id' | 'username' | 'role'>;
  /** For the cookie alone. */
  token: string;
  csrfToken: string;
}

export interface PeopleDeps {
  documents: Documents;
  /** The `registry` table. */
  table: string;
  clock: Clock;
  random: Random;
}

export function createPeople(deps: PeopleDeps): People {
  const users = createUsers(deps);
  const attempts = createAttempts(deps);
  const sessions = createPeopleSessions({ ...deps, users });

  async function knownUser(username: string, password: string) {
    // Such a name nobody has, and everybody may know that: it is not worth an item.
    const mayExist = USERNAME.test(username);
    const counted = mayExist && (await attempts.take(username));
    const user = mayExist ? await users.find(username) : undefined;
    const isRight = await isPassword(password, user?.password);
    return counted && isRight && !user?.disabled ? user : undefined;
  }

  return {
    async logIn({ username, password }) {
      const user = await knownUser(username, password);
      if (!user) {
        throw new GatewayError(
          'UNAUTHENTICATED',
          'The name or the password is wrong, or this person cannot log in now.',
        );
      }
      await attempts.forget(username);
      const { id, role } = user;
      return { user: { id, username, role }, ...(await sessions.open(user)) };
    },

    logOut: (session) => sessions.end(session),
    identify: (token) => sessions.identify(token),
    create: (input) => users.create(input),
    async list() {
      const all = await users.list();
      const until = await Promise.all(all.map(({ username }) => attempts.lockedUntil(username)));
      return all.map((user, at) => {
        const lockedUntil = until[at];
        return lockedUntil === undefined
          ? user
          : { ...user, lockedUntil: new Date(lockedUntil).toISOString() };
      });
    },

    async change(id, change) {
      const changed = await users.change(id, change);
      // Guesses at the old one say nothing of the new one.
      if (change.password !== undefined) await attempts.forget(changed.username);
      sessions.forget();
      return changed;
    },
  };
}

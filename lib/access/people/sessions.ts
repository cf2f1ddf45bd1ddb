import { createHmac } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Documents } from '../../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import { createPrincipalCache } from '../principal-cache.ts';
import type { Identified } from '../principal-cache.ts';
import { ANONYMOUS } from '../roles.ts';
import type { Principal } from '../roles.ts';
import { tokenHash } from '../token-hash.ts';
import { purgeAt, sessionKey } from './keys.ts';
import type { StoredUser, Users } from './users.ts';

/** Used or not: to know when one was last used, every request would have to write. */
export const SESSION_SECONDS = 12 * 3_600;

/** What people who have logged in are known by. */
export interface PeopleSessions {
  /** `token` is for the cookie alone: only its SHA-256 is stored. */
  open(user: StoredUser): Promise<{ token: string; csrfToken: string }>;
  /** Whose token it is, with the role of now; `ANONYMOUS` for one that is over. `STORE_UNAVAILABLE` when none can tell. */
  identify(token: string): Promise<Principal>;
  /** @param id of `Principal.session`. In force everywhere within 5 s. */
  end(id: string): Promise<void>;
  /** People have changed: nobody is known any more in this process. */
  forget(): void;
}

export interface PeopleSessionsDeps {
  documents: Documents;
  /** The `registry` table. */
  table: string;
  users: Pick<Users, 'find'>;
  clock: Clock;
  random: Pick<Random, 'bytes'>;
}

const Stored = z.object({
  username: z.string(),
  generation: StoredNumber,
  endsAt: z.iso.datetime(),
});

/** Derived: whoever has the token may know it, and nobody who reads the table. */
const csrfTokenOf = (token: string): string =>
  createHmac('sha256', token).update('gatehouse csrf').digest('base64url');

export function createPeopleSessions(deps: PeopleSessionsDeps): PeopleSessions {
  const { documents, table, users, clock, random } = deps;
  const known = createPrincipalCache(clock);

  async function lookUp(token: string, id: string): Promise<Identified> {
    const item = await documents.get(table, sessionKey(id), { consistent: true });
    const session = Stored.safeParse(item).data;
    const user = session && (await users.find(session.username));
    if (!user || user.disabled || user.generation !== session.generation) return { principal: ANONYMOUS };
    return {
      principal: {
        role: user.role,
        id: `user:${user.username}`,
        session: { id, userId: user.id, csrfToken: csrfTokenOf(token) },
      },
      endsAt: Date.parse(session.endsAt),
    };
  }

  return {
    async open({ username, generation }) {
      const token = random.bytes(32).toString('base64url');
      const endsAt = clock.now() + SESSION_SECONDS * 1_000;
      await documents.put(table, {
        ...sessionKey(tokenHash(token)),
        username,
        generation,
        endsAt: new Date(endsAt).toISOString(),
        purgeAt: purgeAt(endsAt),
      });
      return { token, csrfToken: csrfTokenOf(token) };
    },

    identify(token) {
      const id = tokenHash(token);
      return known.identify(id, () => lookUp(token, id));
    },

    async end(id) {
      await documents.delete(table, sessionKey(id));
      known.forget(id);
    },

    forget: () => known.forget(),
  };
}

import type { UserId } from '../text/user-id.ts';
import { createClaims } from './claims.ts';
import type { ClaimsOptions } from './claims.ts';
import { superiorsOf, userIdOf } from './superiors.ts';
import type { ClaimSource } from './upline-claim.ts';

export interface RegisterInput {
  /** Code of the service whose user this is. */
  service: string;
  /** A JSON number or its digits; validated here. */
  uid: unknown;
  /** A list of ids, nearest first, at most three; validated here by `superiorsOf`. Absent: no superior. */
  superiors: unknown;
  /** When the partner said so, by its own clock; seconds since the epoch. An older one than the last changes nothing. */
  statedAt?: number | undefined;
  source: ClaimSource;
}

export interface Registered {
  uid: UserId;
  superiors: UserId[];
  /** This call made the user. */
  created: boolean;
}

/** Registers users on a partner's word. Asks no partner anything: it needs the `users` table alone. */
export interface Registrar {
  /**
   * Applies what a partner sends about one user; the same again changes nothing. Rejects with `VALIDATION_FAILED`
   * (ids, house accounts, a cycle), and then nothing of it is applied; with `STORE_UNAVAILABLE` when DynamoDB does
   * not answer or others change the same persons all the time.
   */
  register(input: RegisterInput): Promise<Registered>;
}

export function createRegistrar(options: ClaimsOptions): Registrar {
  return {
    async register({ service, uid: id, superiors: list, statedAt, source }) {
      const uid = userIdOf(id, 'uid');
      const superiors = superiorsOf(uid, list);
      const stated = statedAt === undefined ? {} : { statedAt };
      const claim = { uid, superiors, source, enters: true, delivery: 'received' as const, ...stated };
      const applied = await createClaims(service, options).apply(claim);
      return { uid, superiors: applied.superiors, created: applied.created };
    },
  };
}

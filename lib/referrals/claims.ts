import type { Clock } from '../runtime/clock.ts';
import { invalid } from '../runtime/field-errors.ts';
import type { Random } from '../runtime/random.ts';
import type { UserId } from '../text/user-id.ts';
import type { Outbox } from '../events/outbox.ts';
import type { Documents } from '../vendors/dynamodb/documents.ts';
import { keysOf } from './keys.ts';
import { createRelations } from './relations.ts';
import type { Applied, Relations } from './relations.ts';
import { createRepairs } from './repairs.ts';
import type { UplineClaim } from './upline-claim.ts';

export interface ClaimsOptions {
  documents: Documents;
  /** The `users` table. */
  table: string;
  /** Tells the business of users and their superiors. */
  outbox: Pick<Outbox, 'recording'>;
  clock: Clock;
  random: Random;
  /** Ids that are house accounts of a service (settings `fundUserId`, `controlUserId`), never its users. */
  houseAccounts: (service: string) => Promise<readonly number[]>;
  /** Receives what went wrong without failing a request. */
  report: (message: string, error: unknown) => void;
  /** Persons recomputed in one request after a move; the rest is left to the next request. Default 256. */
  repairLimit?: number;
}

export type NewClaim = Omit<UplineClaim, 'token'>;

/** Claims about the users of one service, from validation to repair. */
export interface Claims extends Pick<Relations, 'person'> {
  /**
   * Applies a claim and repairs the downline of what it moved. Rejects as `Relations.apply` does, and with
   * `VALIDATION_FAILED` for a house account.
   */
  apply(claim: NewClaim): Promise<Applied>;
  /** Goes on with repairs that another request left behind; `true`: none is left. */
  resumeRepairs(): Promise<boolean>;
}

export function createClaims(service: string, options: ClaimsOptions): Claims {
  const { documents, table, outbox, clock, random, houseAccounts, report } = options;
  const keys = keysOf(service);
  const relations = createRelations({ service, documents, table, keys, outbox, clock, random });
  const repairs = createRepairs({
    documents,
    table,
    keys,
    clock,
    relations,
    report,
    limit: options.repairLimit,
  });

  async function refuseHouseAccounts({ uid, superiors = [] }: NewClaim): Promise<void> {
    const house = await houseAccounts(service);
    const refuse = (id: UserId, field: string) => {
      if (house.includes(id)) throw invalid(field, 'is a house account');
    };
    refuse(uid, 'uid');
    for (const [index, superior] of superiors.entries()) refuse(superior, `superiors.${index}`);
  }

  return {
    person: (uid) => relations.person(uid),

    async apply(claim) {
      await refuseHouseAccounts(claim);
      // Repairs that were left behind come first; that one fails is no reason to fail this claim.
      await repairs
        .resume()
        .catch((error: unknown) => report('Repairs of downlines could not be resumed.', error));
      const token = random.uuid();
      const applied = await relations.apply({ ...claim, token });
      await repairs.finish(applied.moved, token);
      return applied;
    },

    resumeRepairs: () => repairs.resume(),
  };
}

import type { UserId } from '../text/user-id.ts';
import type { LocalUserId, Person } from './person.ts';

/** What a claim comes from: kept with every change. */
export type ClaimSource = 'webhook' | 'enter' | 'refresh' | 'sync' | (string & {});

/** What is claimed about one user, already validated. */
export interface UplineClaim {
  uid: UserId;
  /** Nearest first, distinct. Absent: nothing is claimed about relations. Empty: no superior. */
  superiors?: readonly UserId[];
  /** The user registers or enters: from now on this person is a user. */
  enters: boolean;
  localUserId?: LocalUserId;
  nicknames?: ReadonlyMap<UserId, string>;
  /** How the partner's statement reached us just now: it sent it, or we fetched it. Absent: there is none. */
  delivery?: 'received' | 'fetched';
  /** When the partner said so, by its own clock, where it sent it; seconds since the epoch. */
  statedAt?: number;
  source: ClaimSource;
  /** Unique to this claim. */
  token: string;
}

export type People = ReadonlyMap<UserId, Person | undefined>;

/** The partner has said something newer about this person's superior. */
const isOutdated = ({ statedAt }: UplineClaim, person: Person | undefined): boolean =>
  statedAt !== undefined && person?.statedAt !== undefined && person.statedAt > statedAt;

/** What is left of a claim that a newer one has overtaken: at most, that the user has registered. */
export function current(claim: UplineClaim, people: People): UplineClaim {
  if (!isOutdated(claim, people.get(claim.uid))) return claim;
  const { uid, enters, source, token } = claim;
  return { uid, enters, source, token };
}

/**
 * The edges a claim sets: the user's own always; those of the superiors only as far as it names theirs, and nothing newer
 * was said about them. An empty level above a superior removes nothing: only the user's own edge can be removed.
 */
export function claimedEdges(claim: UplineClaim, people: People): Map<UserId, UserId | undefined> {
  const { uid, superiors } = claim;
  const edges = new Map<UserId, UserId | undefined>();
  if (superiors === undefined) return edges;
  edges.set(uid, superiors[0]);
  for (const [index, superior] of superiors.entries()) {
    const next = superiors[index + 1];
    if (next !== undefined && !isOutdated(claim, people.get(superior))) edges.set(superior, next);
  }
  return edges;
}

/** The known persons whose edge this claim changes: only they can close a cycle. */
export function movedBy(claim: UplineClaim, people: People): UserId[] {
  return [...claimedEdges(claim, people)]
    .filter(([uid, superior]) => {
      const person = people.get(uid);
      return person !== undefined && person.superior !== superior;
    })
    .map(([uid]) => uid);
}

import type { LocalUserId, Source } from './referrals.ts';
import type { Person } from './person.ts';
import type { Uid } from './uid.ts';

/** What somebody says about one person, already checked. */
export interface UplineClaim {
  uid: Uid;
  /** Nearest first, distinct. Absent: nothing is said about relations. Empty: he has no superior. */
  superiors?: readonly Uid[];
  /** He registers or enters: from now on he is a user. */
  enters: boolean;
  localUserId?: LocalUserId;
  nicknames?: ReadonlyMap<Uid, string>;
  /** How URS told us just now: it came to us, or we asked. Absent: it did not. */
  heard?: 'pushed' | 'asked';
  source: Source;
  /** Unique to this statement. */
  token: string;
}

export type People = ReadonlyMap<Uid, Person | undefined>;

/**
 * The edges a statement sets: his own always; those of his superiors only as far as it names theirs. "Nobody"
 * above a superior takes nothing from him: only what is said about himself does.
 */
export function claimedEdges({ uid, superiors }: UplineClaim): Map<Uid, Uid | undefined> {
  const edges = new Map<Uid, Uid | undefined>();
  if (superiors === undefined) return edges;
  edges.set(uid, superiors[0]);
  for (const [index, superior] of superiors.entries()) {
    const next = superiors[index + 1];
    if (next !== undefined) edges.set(superior, next);
  }
  return edges;
}

/** The people of whom this statement changes an edge they already had: only they can close a circle. */
export function movedBy(claim: UplineClaim, people: People): Uid[] {
  return [...claimedEdges(claim)]
    .filter(([uid, superior]) => {
      const person = people.get(uid);
      return person !== undefined && person.superior !== superior;
    })
    .map(([uid]) => uid);
}

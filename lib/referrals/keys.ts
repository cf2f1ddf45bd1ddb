/** Keys of the `users` table; docs/builders/referrals.md has the access patterns. Ids are padded: they sort as numbers. */
import type { UserId } from '../text/user-id.ts';
import type { Key } from '../vendors/dynamodb/documents.ts';

const DIGITS = 16;
const padded = (uid: UserId) => String(uid).padStart(DIGITS, '0');

/** 1: direct downline; 2, 3: the downline of those. */
export type Generation = 1 | 2 | 3;

/** The roster is spread over partitions so that none of them is hot when many arrive. */
export const ROSTER_SHARDS = 16;

export type Keys = ReturnType<typeof keysOf>;

/**
 * Keys of one service's rows. Every partition key carries the service code, which holds no `#`: the same user id
 * in two services is two users.
 */
export function keysOf(service: string) {
  const personPartition = (uid: UserId) => `USER#${service}#${uid}`;
  const downlinePartition = (ancestor: UserId) => `DOWN#${service}#${ancestor}`;
  const rosterPartition = (shard: number) => `ROSTER#${service}#${shard}`;
  const repairPartition = `REPAIR#${service}`;
  return {
    person: (uid: UserId): Key => ({ pk: personPartition(uid), sk: 'PERSON' }),

    /** One row per change of a person's superior, numbered without gaps. */
    change: (uid: UserId, number: number): Key => ({
      pk: personPartition(uid),
      sk: `CHANGE#${String(number).padStart(10, '0')}`,
    }),

    downlinePartition,
    downline: (ancestor: UserId, generation: Generation, uid: UserId): Key => ({
      pk: downlinePartition(ancestor),
      sk: `${generation}#${padded(uid)}`,
    }),

    /** Every person of the service, users and placeholders. */
    rosterPartition,
    rosterEntry: (uid: UserId): Key => ({ pk: rosterPartition(uid % ROSTER_SHARDS), sk: padded(uid) }),

    /** Which user a local user is bound to. */
    binding: (localUserId: string | number): Key => ({
      pk: `LOCAL#${service}#${localUserId}`,
      sk: 'BINDING',
    }),

    /** Counts the moves of known persons: what a search for cycles rests on. */
    tree: { pk: `TREE#${service}`, sk: 'TREE' } satisfies Key,

    /** Whose downline may still lie under former second and third superiors. */
    repairPartition,
    repair: (uid: UserId): Key => ({ pk: repairPartition, sk: padded(uid) }),
  };
}

/** Generation and user in the sort key of a downline row; `undefined`: not one of ours. */
export function readDownlineSort(sort: unknown): { generation: Generation; uid: UserId } | undefined {
  const found = typeof sort === 'string' ? /^([123])#(\d{16})$/.exec(sort) : null;
  return found ? { generation: Number(found[1]) as Generation, uid: Number(found[2]) } : undefined;
}

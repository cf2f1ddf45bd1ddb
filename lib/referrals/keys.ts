/** Keys of the `users` table; docs/builders/referrals.md has the access patterns. Ids are padded: they sort as numbers. */
import type { Key } from '../vendors/dynamodb/documents.ts';
import type { Uid } from './uid.ts';

const DIGITS = 16;
const padded = (uid: Uid) => String(uid).padStart(DIGITS, '0');

export const personKey = (uid: Uid): Key => ({ pk: `USER#${uid}`, sk: 'PERSON' });

/** One row per change of a user's superior, numbered without gaps. */
export const changeKey = (uid: Uid, number: number): Key => ({
  pk: `USER#${uid}`,
  sk: `CHANGE#${String(number).padStart(10, '0')}`,
});
export const CHANGES = 'CHANGE#';

/** 1: brought by the ancestor himself; 2, 3: by those he brought. */
export type Generation = 1 | 2 | 3;

export const downlinePartition = (ancestor: Uid) => `DOWN#${ancestor}`;
export const downlineKey = (ancestor: Uid, generation: Generation, uid: Uid): Key => ({
  pk: downlinePartition(ancestor),
  sk: `${generation}#${padded(uid)}`,
});
/** What a sort key of a downline row says; `undefined`: none of ours. */
export function readDownlineSort(sort: unknown): { generation: Generation; uid: Uid } | undefined {
  const found = typeof sort === 'string' ? /^([123])#(\d{16})$/.exec(sort) : null;
  return found ? { generation: Number(found[1]) as Generation, uid: Number(found[2]) } : undefined;
}

/** Everybody, spread over partitions so that no one of them is hot when many arrive. */
export const ROSTER_SHARDS = 16;
export const rosterKey = (uid: Uid): Key => ({ ...rosterPlace(uid % ROSTER_SHARDS, uid) });
export const rosterPlace = (shard: number, uid: Uid): Key => ({ pk: `EVERYBODY#${shard}`, sk: padded(uid) });
export const rosterPartition = (shard: number) => `EVERYBODY#${shard}`;

/** Which URS user a local user is. */
export const bindingKey = (localUserId: string | number): Key => ({
  pk: `LOCAL#${localUserId}`,
  sk: 'BINDING',
});

/** Counts the moves of people who already had a place: what a search for cycles rests on. */
export const TREE_KEY: Key = { pk: 'TREE', sk: 'TREE' };

/** Whose downline may still carry old second and third superiors. */
export const REPAIRS = 'REPAIR';
export const repairKey = (uid: Uid): Key => ({ pk: REPAIRS, sk: padded(uid) });

/** Keys of people in the `registry` table; docs/builders/access.md has the access patterns. */
import type { Key } from '../../vendors/dynamodb/documents.ts';

/** All people under one partition, so that a list is one query. */
export const PEOPLE_PARTITION = 'USER';

export const personKey = (username: string): Key => ({ pk: PEOPLE_PARTITION, sk: username });
export const sessionKey = (hash: string): Key => ({ pk: `SESSION#${hash}`, sk: 'SESSION' });
export const attemptsKey = (username: string): Key => ({ pk: `ATTEMPTS#${username}`, sk: 'ATTEMPTS' });

/** The table's TTL attribute, seconds since the epoch: when an item is of no more use. @param ms of that time. */
export const purgeAt = (ms: number): number => Math.ceil(ms / 1_000);

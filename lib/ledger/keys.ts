/**
 * Keys of the `ledger` table; docs/builders/ledger.md has the access patterns.
 *
 * | item           | pk                             | sk         | index `byAccount`                                         |
 * |----------------|--------------------------------|------------|-----------------------------------------------------------|
 * | transfer       | `TX#{service}#{transactionId}` | `TRANSFER` | settled: its user, `{settledAt}#{service}#{transactionId}` |
 * | user's account | `ACCT#user:{uid}`              | `BALANCE`  | `BOOK#main`, `user:{uid}`                                 |
 * | house's shard  | `ACCT#house:{id}#{shard}`      | `BALANCE`  | `BOOK#main`, `house:{id}#{shard}`                         |
 *
 * Pages of the journal and its heads (journal/): `SEAL#{book}`, `PAGE#{n}` and `HEAD`; in the index a page is under
 * `SEALED#{book}`, `{ten minutes}#{n}`, a head under `SEALS`, `{book}`.
 *
 * A transfer that is not settled is in the same index under what is asked about it: PENDING, `PENDING#{n}`,
 * `{dueAt}#{service}#{transactionId}`; DEAD, `DEAD#{cause}`, `{since}#{service}#{transactionId}`.
 *
 * Index `byHouse` has settled transfers under their house's shard, in the same order. Accounts of another book carry its name: `ACCT#emerald:user:{uid}` in `BOOK#emerald`.
 */
import { createHash } from 'node:crypto';
import type { Key } from '../vendors/dynamodb/documents.ts';
import type { AccountId } from './account-id.ts';

export const INDEX = 'byAccount';
export const HOUSE_INDEX = 'byHouse';
const TRANSFER = 'TX#';
const ACCOUNT = 'ACCT#';

/** Of any house, at any time: a setting above it is refused, so that a sum over all shards is bounded. */
export const MAX_SHARDS = 32;

/** What a transfer is known by for ever: an id means nothing without the service that chose it. */
export interface TransferId {
  /** Its code: holds no `#`. */
  service: string;
  transactionId: string;
}

/** What waits to be settled is listed in so many partitions, as one takes 1,000 writes a second. */
const PENDING_PARTITIONS = 8;
const pendingPartitionOf = (n: number): string => `PENDING#${n}`;
export const pendingPartition = (id: TransferId): string =>
  pendingPartitionOf(shardOf(id, PENDING_PARTITIONS));
export const pendingPartitions: readonly string[] = Array.from({ length: PENDING_PARTITIONS }, (_, n) =>
  pendingPartitionOf(n),
);
export const deadPartition = (cause: 'OURS' | 'PARTNER'): string => `DEAD#${cause}`;

/** What holds one balance: a user's account, or one shard of a house (`house:15#03`). */
export type BalanceId = string;

export const transferKey = (id: TransferId): Key => ({ pk: `${TRANSFER}${idText(id)}`, sk: 'TRANSFER' });
export const balanceKey = (balanceId: BalanceId): Key => ({ pk: `${ACCOUNT}${balanceId}`, sk: 'BALANCE' });
/** The index partition that lists every balance of a book. */
export const bookPartition = (book: string): string => `BOOK#${book}`;
export const shardId = (house: AccountId, shard: number): BalanceId =>
  `${house}#${String(shard).padStart(2, '0')}`;
export const allShards = (house: AccountId): BalanceId[] =>
  Array.from({ length: MAX_SHARDS }, (_, shard) => shardId(house, shard));

/** Where the lines of a balance are: a name that holds a `#` is a shard's. */
export const linesIndex = (source: BalanceId): { index: string; partition: string } =>
  source.includes('#') ? { index: HOUSE_INDEX, partition: 'gsi2pk' } : { index: INDEX, partition: 'gsi1pk' };

/** The account a balance is part of. */
export const accountOf = (balanceId: BalanceId): AccountId => balanceId.split('#', 1)[0] as AccountId;
export const balanceIdOf = (pk: string): BalanceId | undefined =>
  pk.startsWith(ACCOUNT) ? pk.slice(ACCOUNT.length) : undefined;

export function transferIdOf(pk: string): TransferId | undefined {
  const end = pk.indexOf('#', TRANSFER.length);
  if (!pk.startsWith(TRANSFER) || end < 0) return undefined;
  return { service: pk.slice(TRANSFER.length, end), transactionId: pk.slice(end + 1) };
}

/** The order of a statement: by time, unique by id. ISO times of equal length sort as text. */
export const entrySort = (settledAt: string, id: TransferId): string => `${settledAt}#${idText(id)}`;

/** Even, and not to be aimed at by whoever chooses ids. */
export function shardOf(id: TransferId, shards: number): number {
  return createHash('sha256').update(idText(id)).digest().readUInt32BE(0) % shards;
}

/** Which transfer `{service}#{transactionId}` is. */
export const idOfText = (text: string): TransferId | undefined => transferIdOf(`${TRANSFER}${text}`);

export const headKey = (book: string): Key => ({ pk: `SEAL#${book}`, sk: 'HEAD' });
export const pageKey = (book: string, n: number): Key => ({ pk: `SEAL#${book}`, sk: `PAGE#${paged(n)}` });
/** Between them are the keys of all pages. */
export const [FIRST_PAGE, PAST_PAGES] = ['PAGE#', 'PAGE$'];
/** The index partition that lists the heads of all books. */
export const HEADS = 'SEALS';
/** The index partition of a book's pages, by the time that their transfers settled. */
export const sealedPartition = (book: string): string => `SEALED#${book}`;
export const sealedSort = (period: string, n: number): string => `${period}#${paged(n)}`;
const paged = (n: number): string => String(n).padStart(12, '0');
/** What the nightly check knows of itself, and what it found in a book. */
export const nightKey = (book?: string): Key => ({
  pk: 'NIGHT',
  sk: book === undefined ? 'NIGHT' : `BOOK#${book}`,
});

/** The time and the transfer of a place in an index. */
export function entryOfSort(sort: string): (TransferId & { at: string }) | undefined {
  const [at, service, ...rest] = sort.split('#');
  return at !== undefined && service !== undefined && rest.length > 0
    ? { at, service, transactionId: rest.join('#') }
    : undefined;
}

/** One text for each id. */
export const idText = ({ service, transactionId }: TransferId): string => `${service}#${transactionId}`;

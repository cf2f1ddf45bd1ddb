/**
 * Keys of the `ledger` table; docs/builders/ledger.md has the access patterns.
 *
 * | item          | pk                          | sk         | index `byAccount`                                   |
 * |---------------|-----------------------------|------------|-----------------------------------------------------|
 * | transfer      | `TX#{transactionId}`        | `TRANSFER` | settled: `user:{uid}`, `{settledAt}#{transactionId}` |
 * | user's account| `ACCT#user:{uid}`           | `BALANCE`  | `ACCOUNTS`, `user:{uid}`                            |
 * | house's shard | `ACCT#house:{id}#{shard}`   | `BALANCE`  | `ACCOUNTS`, `house:{id}#{shard}`                    |
 */
import { createHash } from 'node:crypto';
import type { Key } from '../vendors/dynamodb/documents.ts';
import type { AccountId } from './ledger.ts';

export const INDEX = 'byAccount';
/** The index partition that lists every balance there is. */
export const ACCOUNTS = 'ACCOUNTS';
const TRANSFER = 'TX#';
const ACCOUNT = 'ACCT#';

/** Of any house, at any time: a setting above it is refused, so that a sum over all shards is bounded. */
export const MAX_SHARDS = 32;

/** What holds one balance: a user's account, or one shard of a house (`house:15#03`). */
export type BalanceId = string;

export const transferKey = (transactionId: string): Key => ({
  pk: `${TRANSFER}${transactionId}`,
  sk: 'TRANSFER',
});
export const balanceKey = (balanceId: BalanceId): Key => ({ pk: `${ACCOUNT}${balanceId}`, sk: 'BALANCE' });
export const shardId = (house: AccountId, shard: number): BalanceId =>
  `${house}#${String(shard).padStart(2, '0')}`;
export const allShards = (house: AccountId): BalanceId[] =>
  Array.from({ length: MAX_SHARDS }, (_, shard) => shardId(house, shard));

/** The account a balance is part of. */
export const accountOf = (balanceId: BalanceId): string => balanceId.split('#', 1)[0]!;
export const balanceIdOf = (pk: string): BalanceId | undefined =>
  pk.startsWith(ACCOUNT) ? pk.slice(ACCOUNT.length) : undefined;
export const transactionIdOf = (pk: string): string | undefined =>
  pk.startsWith(TRANSFER) ? pk.slice(TRANSFER.length) : undefined;

/** The order of a statement: by time, unique by id. ISO times of equal length sort as text. */
export const entrySort = (settledAt: string, transactionId: string): string =>
  `${settledAt}#${transactionId}`;

/** Even, and not to be aimed at by whoever chooses ids. */
export function shardOf(transactionId: string, shards: number): number {
  return createHash('sha256').update(transactionId).digest().readUInt32BE(0) % shards;
}

export const isHouse = (account: string): account is `house:${string}` => account.startsWith('house:');
export const isAccountId = (text: string): text is AccountId =>
  /^(?:user|house):[1-9][0-9]{0,18}$/.test(text);

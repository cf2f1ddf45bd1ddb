import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { readBalance } from './items.ts';
import type { Balance } from './items.ts';
import { allShards, balanceKey } from './keys.ts';
import type { Account, AccountId } from './ledger.ts';

export interface AccountDeps {
  documents: Documents;
  table: string;
}

/** @returns `undefined` for a user nobody has ever paid. */
export async function userBalance(
  { documents, table }: AccountDeps,
  user: AccountId,
): Promise<Balance | undefined> {
  const item = await documents.get(table, balanceKey(user), { consistent: true });
  return item && readBalance(item);
}

/** A house from one snapshot of all the shards it could ever have had. Rejects with `TransactionCancelled`. */
export async function houseAccount({ documents, table }: AccountDeps, house: AccountId): Promise<Account> {
  const items = await documents.transactGet(table, allShards(house).map(balanceKey));
  return sum(house, items.filter((item): item is Item => item !== undefined).map(readBalance));
}

export function sum(accountId: AccountId, balances: Balance[]): Account {
  return {
    accountId,
    currency: 'DIAMOND',
    balance: balances.reduce((total, { balance }) => total + balance, 0n),
    entries: balances.reduce((total, { entries }) => total + entries, 0),
  };
}

import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { bookNameOf } from './account-id.ts';
import type { AccountId } from './account-id.ts';
import { readBalance } from './items.ts';
import type { Balance } from './items.ts';
import { allShards, balanceKey } from './keys.ts';
import type { Account } from './ledger.ts';

export interface AccountDeps {
  documents: Documents;
  table: string;
}

/** @returns `undefined` for a user nobody has ever paid. */
export async function readUser(
  { documents, table }: AccountDeps,
  user: AccountId,
): Promise<Balance | undefined> {
  const item = await documents.get(table, balanceKey(user), { consistent: true });
  return item && readBalance(item);
}

/**
 * A house from one snapshot of all the shards it could ever have had; `undefined` when nothing ever moved
 * through it. Rejects with `TransactionCancelled`.
 */
export async function readHouse(
  { documents, table }: AccountDeps,
  house: AccountId,
): Promise<Account | undefined> {
  const items = await documents.transactGet(table, allShards(house).map(balanceKey));
  return sum(house, items.filter((item): item is Item => item !== undefined).map(readBalance));
}

/** @returns `undefined` for no balance at all. */
export function sum(accountId: AccountId, balances: Balance[]): Account | undefined {
  const [first] = balances;
  return (
    first && {
      accountId,
      book: bookNameOf(accountId),
      currency: first.currency,
      balance: balances.reduce((total, { balance }) => total + balance, 0n),
      entries: balances.reduce((total, { entries }) => total + entries, 0),
    }
  );
}

import type { Documents } from '../vendors/dynamodb/documents.ts';
import { bookNameOf } from './account-id.ts';
import type { AccountId } from './account-id.ts';
import { readBalance } from './items.ts';
import type { Balance } from './items.ts';
import { balanceKey } from './keys.ts';
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

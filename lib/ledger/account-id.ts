/**
 * Names of accounts: `user:10002` and `house:15` of the book `main`; those of another book begin with its name,
 * `emerald:user:10002`. Each account has one name only.
 */

/** The book of services whose settings name none. */
export const MAIN = 'main';

type LocalId = `user:${string}` | `house:${string}`;

/** Users may not go below zero, houses may. */
export type AccountId = LocalId | `${string}:${LocalId}`;

export interface AccountName {
  book: string;
  kind: 'user' | 'house';
  /** Digits. */
  id: string;
}

const ACCOUNT_ID = /^(?:([a-z][a-z0-9-]{0,31}):)?(user|house):([1-9][0-9]{0,18})$/;

/** @returns `undefined` for what is no account's name; `main:user:1` is none. */
export function parseAccountId(text: string): AccountName | undefined {
  const [matched, book = MAIN, kind, id] = ACCOUNT_ID.exec(text) ?? [];
  if (matched === undefined || text.startsWith(`${MAIN}:`)) return undefined;
  return { book, kind: kind as AccountName['kind'], id: id! };
}

export const isAccountId = (text: string): text is AccountId => parseAccountId(text) !== undefined;

export const isHouse = (account: AccountId): boolean => parseAccountId(account)?.kind === 'house';

/** The book an account is in. */
export const bookNameOf = (account: AccountId): string => parseAccountId(account)?.book ?? MAIN;

export const userAccount = (book: string, id: string): AccountId => `${prefix(book)}user:${id}` as AccountId;
export const houseAccount = (book: string, id: string): AccountId =>
  `${prefix(book)}house:${id}` as AccountId;

const prefix = (book: string) => (book === MAIN ? '' : `${book}:`);

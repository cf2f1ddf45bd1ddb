import { GatewayError } from '../runtime/errors.ts';
import { MAX_SHARDS } from './keys.ts';

/** Accounts that add up to zero, in one currency. Who orders a transfer says in which book, and what the book is like. */
export interface Book {
  /** `main`, or another: `^[a-z][a-z0-9-]{0,31}$`. */
  name: string;
  /** What its amounts count, `DIAMOND`. All its accounts hold it, or nothing moves. */
  currency: string;
  /** Ids of its house accounts: no user of the book has one of them. */
  houses: readonly string[];
  /** 1 to 32. More shards serve at once; fewer leave balances where they are, and they still count. */
  houseShards: number;
}

export const BOOK_NAME = /^[a-z][a-z0-9-]{0,31}$/;
export const CURRENCY = /^[A-Za-z][A-Za-z0-9_-]{0,15}$/;

/** @throws `CONFIGURATION_ERROR` for a book that cannot be kept. */
export function checkBook({ name, currency, houseShards }: Book): void {
  if (!BOOK_NAME.test(name)) throw wrong(`${name} is no name of a book`);
  if (!CURRENCY.test(currency)) throw wrong(`${currency} is no name of a currency`);
  if (!Number.isInteger(houseShards) || houseShards < 1 || houseShards > MAX_SHARDS) {
    throw wrong(`houseShards must be 1 to ${MAX_SHARDS}`);
  }
}

const wrong = (problem: string) => new GatewayError('CONFIGURATION_ERROR', `${problem}.`);

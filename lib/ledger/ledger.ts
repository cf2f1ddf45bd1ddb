/**
 * Double entry: every transfer takes from one account what it gives to another of the same book, once, for ever.
 * How that is held, state by state: docs/builders/ledger.md.
 */
import type { AccountId } from './account-id.ts';
import type { Book } from './book.ts';
import type { Units } from './decimal.ts';
import type { TransferId } from './keys.ts';

export type TransferType = 'deposit' | 'withdraw' | 'adjustment' | 'reversal';
/** Transitions: transfer-state.ts. */
export type TransferStatus = 'PENDING' | 'SETTLED' | 'REJECTED' | 'DEAD';

export interface Money {
  amount: Units;
  currency: string;
}

/** It belongs to the service that ordered it: its identity for ever is the two together. */
export interface Transfer extends TransferId {
  /** Both accounts are in it. */
  book: string;
  type: TransferType;
  status: TransferStatus;
  from: AccountId;
  to: AccountId;
  /** What moved, always positive. */
  amount: Units;
  /** The book's. */
  currency: string;
  /** What was asked for, before conversion into the book's currency. */
  asked?: Money;
  /** People's words (adjustments), or why it was rejected. */
  reason?: string;
  /** Who asked: a service's code, a key, a person. */
  requestedBy: string;
  /** ISO 8601, UTC: when it was first asked for. */
  createdAt: string;
  /** When it moved money: only of `SETTLED`. */
  settledAt?: string;
  /** How often it was tried, the last time included. */
  attempts: number;
  /** The states it was in, oldest first, the present one last. To be refused again is no other state. */
  history: StateOfTransfer[];
  /** Id of the transfer, of the same service, that this one takes back. */
  reverses?: string;
  /** Id of the transfer that took this one back. */
  reversedBy?: string;
}

export interface StateOfTransfer {
  status: TransferStatus;
  /** ISO 8601, UTC: since when. */
  at: string;
  /** Why, where it is no success: an error's code. */
  cause?: string;
}

export interface PostInput extends TransferId {
  /** Code of who orders it: 1 to 64 characters. */
  service: string;
  /** 1 to 128 characters, none of them a control character. */
  transactionId: string;
  book: Book;
  type: TransferType;
  from: AccountId;
  to: AccountId;
  /** In the book's currency: positive, below 10^18. */
  amount: Units;
  /** Where an order was in another currency, or is converted: what it said. Then that, not `amount`, makes it the same order. */
  asked?: Money;
  /** At most 200 characters. */
  reason?: string;
  requestedBy: string;
  /** The side that is split over shards. The other one is the user. */
  house: 'from' | 'to';
  /**
   * `QUEUED`: it is accepted, and posted from the table's stream. `SYNC`: it is posted; where there is nothing but
   * contention it is accepted instead. Absent: it is posted, or nothing is.
   */
  settlement?: 'SYNC' | 'QUEUED' | undefined;
  /** Milliseconds since the epoch: no try is started after it. Default: 10 s from now. */
  deadlineAt?: number;
}

/** What an order is, whatever the settings of who gave it have become since. */
export interface OrderContent {
  type: TransferType;
  /** The side that is no user. */
  house: 'from' | 'to';
  /** Digits. */
  userId: string;
  /** As it was asked for: `asked` of the transfer, or its amount in the book's currency. */
  wanted: { amount: Units; currency?: string };
}

export interface Posted {
  transfer: Transfer;
  /** It stood there before: another delivery of the same order settled it, or had it accepted. */
  replayed: boolean;
}

export interface Account {
  accountId: AccountId;
  book: string;
  currency: string;
  /** Houses: the sum over their shards, from one snapshot. */
  balance: Units;
  /** How many settled transfers it took part in. */
  entries: number;
}

export interface EntriesQuery {
  /** ISO times: `from` inclusive, `to` exclusive. */
  from?: string;
  to?: string;
  /** 1 to 500, default 50. */
  limit?: number;
  cursor?: string;
}

/** One line of a statement, seen from its account. */
export interface Entry extends TransferId {
  type: TransferType;
  /** The account on the other side. */
  counterparty: AccountId;
  /** Signed: negative takes from this account. */
  amount: Units;
  asked?: Money;
  reason?: string;
  /** ISO 8601, UTC: the order of a statement. */
  settledAt: string;
  /** The account's balance after this line. */
  balance: Units;
}

/** Newest first. */
export interface Statement {
  items: Entry[];
  cursor?: string;
}

export interface TrialBalance {
  book: string;
  /** Absent: nothing was ever posted in it. */
  currency?: string;
  /** The sum of all balances: zero, or something is broken. */
  total: Units;
  accounts: number;
  users: number;
  /** Sum of what users hold; the houses hold its negative. */
  userTotal: Units;
  houses: { accountId: AccountId; balance: Units }[];
  /** All balances were read in one snapshot, or did not change while they were read. */
  consistent: boolean;
  /** What does not hold, by account: must be empty. At most 100 are named. */
  violations: { accountId: string; problem: string }[];
  /** Only of `deep`: transfers summed up against the balances. */
  transfers?: number;
  /** Everything holds; `null`: that could not be seen, and nothing wrong was. */
  balanced: boolean | null;
  checkedAt: string;
}

export interface AdjustInput extends TransferId {
  book: Book;
  /** Id of the house account it goes through. */
  control: string;
  userId: string;
  /** Signed: positive gives to the user. */
  amount: Units;
  reason: string;
  requestedBy: string;
  deadlineAt?: number;
}

export interface ReverseInput extends TransferId {
  /** 3 to 200 characters. */
  reason: string;
  requestedBy: string;
  /** 1 to 32: into how many shards the house is split. */
  houseShards: number;
  /** Milliseconds since the epoch: no try is started after it. */
  deadlineAt?: number;
}

export interface Ledger {
  /**
   * Moves money exactly once per service and `transactionId`, in one DynamoDB call. Asking again with the same order gets
   * the same transfer; a refusal for lack of funds does not use the id up.
   * @throws `INSUFFICIENT_FUNDS`; `IDEMPOTENCY_MISMATCH` (the id stands for another order); `VALIDATION_FAILED`;
   *   `CONFIGURATION_ERROR` (no such book can be kept, or its accounts hold another currency);
   *   `STORE_UNAVAILABLE` (unknown outcome: ask again with the same id).
   */
  post(input: PostInput): Promise<Posted>;
  /**
   * What this order was answered with when it was carried out, for one that cannot be posted as the settings are now;
   * `undefined` where it never was. @throws `IDEMPOTENCY_MISMATCH` (the id stands for another order).
   */
  firstAnswer(id: TransferId, order: OrderContent): Promise<Posted | undefined>;
  transfer(id: TransferId): Promise<Transfer | undefined>;
  /**
   * The transfer that one of these services knows by this id: one read for each of them.
   * @throws `AMBIGUOUS_TRANSFER` naming them where several do.
   */
  find(transactionId: string, services: readonly string[]): Promise<Transfer | undefined>;
  /** `undefined` where nothing ever moved. `VALIDATION_FAILED` for no account id. */
  account(accountId: string): Promise<Account | undefined>;
  entries(accountId: string, query?: EntriesQuery): Promise<Statement>;
  /** Of one book, `main` unless named. */
  trialBalance(options?: { book?: string; deep?: boolean }): Promise<TrialBalance>;
  /** What a book counts, by what is in it; `undefined`: nothing was ever posted in it. */
  currencyOf(book: string): Promise<string | undefined>;
  /** A transfer between a house account and a user. */
  adjust(input: AdjustInput): Promise<Posted>;
  /**
   * Takes a settled transfer back, once.
   * @throws `NOT_FOUND`; `NOT_REVERSIBLE` for what has not settled or is itself a reversal; `ALREADY_REVERSED`;
   *   `INSUFFICIENT_FUNDS`; `STORE_UNAVAILABLE` (unknown outcome: ask again).
   */
  reverse(input: ReverseInput): Promise<Transfer>;
}

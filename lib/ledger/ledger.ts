/**
 * Double entry in DIAMOND: every transfer takes from one account what it gives to another, once, for ever.
 * How that is held, state by state: docs/builders/ledger.md.
 */
import type { Units } from './decimal.ts';

/** Users may not go below zero, houses may. */
export type AccountId = `user:${string}` | `house:${string}`;

export type TransferType = 'deposit' | 'withdraw' | 'adjustment';
/** Transitions: transfer-state.ts. */
export type TransferStatus = 'PENDING' | 'SETTLED' | 'REJECTED' | 'DEAD';

export interface Transfer {
  /** Its identity for ever: chosen by who asks for it. */
  transactionId: string;
  type: TransferType;
  status: TransferStatus;
  from: AccountId;
  to: AccountId;
  /** DIAMOND, always positive. */
  amount: Units;
  /** What the partner asked for, before conversion. */
  usdtAmount?: Units;
  /** People's words (adjustments), or why it was rejected. */
  reason?: string;
  /** Who asked: a service's code, a key, a person. */
  requestedBy: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** When it moved money: only of `SETTLED`. */
  settledAt?: string;
  /** How often it was tried, the last time included. */
  attempts: number;
}

export interface PostInput {
  /** 1 to 128 characters, none of them a control character. */
  transactionId: string;
  type: TransferType;
  from: AccountId;
  to: AccountId;
  /** DIAMOND, positive, below 10^18. */
  amount: Units;
  usdtAmount?: Units;
  /** At most 200 characters. */
  reason?: string;
  requestedBy: string;
  /** The side that is split over shards. The other one is the user. */
  house: 'from' | 'to';
  /** Milliseconds since the epoch: no try is started after it. Default: 10 s from now. */
  deadlineAt?: number;
}

export interface Posted {
  transfer: Transfer;
  /** It stood there before: another delivery of the same order settled it. */
  replayed: boolean;
}

export interface Account {
  accountId: AccountId;
  currency: 'DIAMOND';
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
export interface Entry {
  transactionId: string;
  type: TransferType;
  /** The account on the other side. */
  counterparty: AccountId;
  /** Signed: negative takes from this account. */
  amount: Units;
  usdtAmount?: Units;
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
  /** Everything holds. `false` also when it could not be seen consistently. */
  balanced: boolean;
  checkedAt: string;
}

export interface AdjustInput {
  userId: string;
  /** Signed: positive gives to the user. */
  amount: Units;
  reason: string;
  requestedBy: string;
  transactionId: string;
  deadlineAt?: number;
}

export interface Ledger {
  /**
   * Moves money exactly once per `transactionId`, in one DynamoDB call. Asking again with the same order gets
   * the same transfer; a refusal for lack of funds does not use the id up.
   * @throws `INSUFFICIENT_FUNDS`; `IDEMPOTENCY_MISMATCH` (the id stands for another order); `VALIDATION_FAILED`;
   *   `STORE_UNAVAILABLE` (unknown outcome: ask again with the same id).
   */
  post(input: PostInput): Promise<Posted>;
  transfer(transactionId: string): Promise<Transfer | undefined>;
  /** A user nobody has ever paid is `undefined`; a house is always there. `VALIDATION_FAILED` for no account id. */
  account(accountId: string): Promise<Account | undefined>;
  entries(accountId: string, query?: EntriesQuery): Promise<Statement>;
  trialBalance(options?: { deep?: boolean }): Promise<TrialBalance>;
  /** A transfer between the control account and a user. */
  adjust(input: AdjustInput): Promise<Posted>;
}

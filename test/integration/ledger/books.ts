/** What the ledger's tests share: a ledger on a table of its own, orders, and words for what they expect. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { createLedger } from '../../../lib/ledger/create-ledger.ts';
import { houseAccount, userAccount } from '../../../lib/ledger/account-id.ts';
import type { Book } from '../../../lib/ledger/book.ts';
import type { AdjustInput, Ledger, PostInput } from '../../../lib/ledger/ledger.ts';
import { formatDecimal, isProblem, parseDecimal } from '../../../lib/ledger/decimal.ts';
import type { Units } from '../../../lib/ledger/decimal.ts';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { cursors } from '../../cursors.ts';
import type { TestStores } from '../../stores.ts';
import { BOOK, SERVICE } from './orders.ts';

export { BOOK, SERVICE } from './orders.ts';

const T0 = Date.parse('2026-11-21T04:00:00Z');

/** A millisecond passes whenever somebody looks; sleeping is free. */
export function tickingClock(start = T0): Clock & { at: number; sleeps: number[] } {
  const clock = {
    at: start,
    sleeps: [] as number[],
    now: () => (clock.at += 1),
    sleep: (ms: number) => {
      clock.sleeps.push(ms);
      clock.at += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

export interface BooksOptions {
  documents?: Documents;
  clock?: Clock;
}

export function openLedger(stores: TestStores, options: BooksOptions = {}): Ledger {
  const { documents = stores.documents, clock = tickingClock() } = options;
  const { ledger: table } = stores.names.tables;
  return createLedger({ documents, table, cursors, clock, random: systemRandom });
}

export function units(decimal: string): Units {
  const parsed = parseDecimal(decimal);
  if (isProblem(parsed)) throw new Error(`${decimal} ${parsed.problem}`);
  return parsed;
}

/** Whose order it is, and in which book. */
export interface Whose {
  service?: string;
  book?: Book;
}

export function deposit(
  userId: number,
  amount: string,
  transactionId: string = randomUUID(),
  { service = SERVICE, book = BOOK }: Whose = {},
): PostInput {
  return {
    service,
    transactionId,
    book,
    type: 'deposit',
    from: houseAccount(book.name, '15'),
    to: userAccount(book.name, String(userId)),
    amount: units(amount),
    requestedBy: service,
    house: 'from',
  };
}

export function withdrawal(userId: number, amount: string, transactionId?: string, whose?: Whose): PostInput {
  const { from, to, ...order } = deposit(userId, amount, transactionId, whose);
  return { ...order, type: 'withdraw', from: to, to: from, house: 'to' };
}

export function adjustment(userId: string, amount: string, transactionId: string): AdjustInput {
  return {
    service: SERVICE,
    transactionId,
    book: BOOK,
    control: '16',
    userId,
    amount: units(amount),
    reason: 'goodwill',
    requestedBy: 'key:ops',
  };
}

/** `undefined`: no account. */
export async function balanceOf(ledger: Ledger, accountId: string): Promise<string | undefined> {
  const account = await ledger.account(accountId);
  return account && formatDecimal(account.balance);
}

export async function expectBalanced(ledger: Ledger, book = 'main'): Promise<void> {
  expect(await ledger.trialBalance({ book, deep: true })).toMatchObject({
    total: 0n,
    balanced: true,
    consistent: true,
    violations: [],
  });
}

/** Runs one per item of work, at most `width` at a time. */
export async function inParallel<T>(
  width: number,
  work: T[],
  run: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = [...work];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** What the ledger's tests share: a ledger on a table of its own, orders, and words for what they expect. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { createLedger } from '../../../lib/ledger/create-ledger.ts';
import type { Ledger, PostInput } from '../../../lib/ledger/ledger.ts';
import { DEFAULT_SETTINGS } from '../../../lib/ledger/settings.ts';
import { formatDecimal, isProblem, parseDecimal } from '../../../lib/ledger/decimal.ts';
import type { Units } from '../../../lib/ledger/decimal.ts';
import type { Clock } from '../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import type { TestStores } from '../../stores.ts';

export const T0 = Date.parse('2026-11-21T04:00:00Z');

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
  houseShards?: number;
}

export function openLedger(stores: TestStores, options: BooksOptions = {}): Ledger {
  const { documents = stores.documents, clock = tickingClock(), houseShards = 16 } = options;
  const settings = { ...DEFAULT_SETTINGS, houseShards };
  return createLedger({
    documents,
    table: stores.names.tables.ledger,
    clock,
    random: systemRandom,
    settings: () => settings,
  });
}

export function units(decimal: string): Units {
  const parsed = parseDecimal(decimal);
  if (isProblem(parsed)) throw new Error(`${decimal} ${parsed.problem}`);
  return parsed;
}

export function deposit(userId: number, amount: string, transactionId: string = randomUUID()): PostInput {
  return {
    transactionId,
    type: 'deposit',
    from: 'house:15',
    to: `user:${userId}`,
    amount: units(amount),
    requestedBy: 'URS_PROMOTION',
    house: 'from',
  };
}

export function withdrawal(userId: number, amount: string, transactionId: string = randomUUID()): PostInput {
  return {
    transactionId,
    type: 'withdraw',
    from: `user:${userId}`,
    to: 'house:15',
    amount: units(amount),
    requestedBy: 'URS_PROMOTION',
    house: 'to',
  };
}

/** `undefined`: no account. */
export async function balanceOf(ledger: Ledger, accountId: string): Promise<string | undefined> {
  const account = await ledger.account(accountId);
  return account && formatDecimal(account.balance);
}

export async function expectBalanced(ledger: Ledger): Promise<void> {
  expect(await ledger.trialBalance({ deep: true })).toMatchObject({
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

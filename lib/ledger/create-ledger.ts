import type { Documents } from '../vendors/dynamodb/documents.ts';
import type { Cursors } from '../text/cursors.ts';
import { GatewayError } from '../runtime/errors.ts';
import { invalid } from '../runtime/field-errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { MAIN, houseAccount, isAccountId, isHouse, userAccount } from './account-id.ts';
import type { AccountId } from './account-id.ts';
import { bookCurrency, readHouse } from './balances.ts';
import { BOOK_NAME } from './book.ts';
import { readUser, sum } from './accounts.ts';
import { DEFAULT_PATIENCE_MS } from './contention.ts';
import { readTransfer } from './items.ts';
import { transferKey } from './keys.ts';
import type { AdjustInput, Ledger, PostInput, Transfer } from './ledger.ts';
import { mayBeTransferId } from './post-input.ts';
import { post } from './posting.ts';
import { reverse } from './reversal.ts';
import { standingInTheWay } from './standing.ts';
import { statement } from './statement.ts';
import { fingerprintOf } from './transfer-state.ts';
import { trialBalance } from './trial-balance.ts';

export interface LedgerOptions {
  /** Best with `maxAttempts: 1`: the ledger tries again by itself, and then knows what it has sent. */
  documents: Documents;
  table: string;
  /** Of statements; whoever only posts never loads their key. */
  cursors: Cursors;
  clock: Clock;
  random: Random;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

export function createLedger(deps: LedgerOptions): Ledger {
  const { documents, table, clock, random } = deps;
  const patience = () => ({ clock, random, deadlineAt: clock.now() + DEFAULT_PATIENCE_MS });

  return {
    post: (input) => post(deps, input),

    async firstAnswer(id, order) {
      if (!mayBeTransferId(id)) return undefined;
      const identity = { fingerprint: fingerprintOf(order), attemptId: random.uuid() };
      return (await standingInTheWay(deps, id, identity))?.posted;
    },

    async transfer(id) {
      if (!mayBeTransferId(id)) return undefined;
      const item = await documents.get(table, transferKey(id), { consistent: true });
      return item && readTransfer(item).transfer;
    },

    async find(transactionId, services) {
      const ids = services.map((service) => ({ service, transactionId })).filter(mayBeTransferId);
      const items = await documents.batchGet(table, ids.map(transferKey), { consistent: true });
      return only(items.map((item) => readTransfer(item).transfer));
    },

    async account(accountId) {
      const id = checked(accountId);
      if (isHouse(id)) return readHouse(deps, id, patience());
      const balance = await readUser(deps, id);
      return balance && sum(id, [balance]);
    },

    async entries(accountId, query = {}) {
      const id = checked(accountId);
      const limit = Math.min(Math.max(1, Math.trunc(query.limit ?? DEFAULT_LIMIT)), MAX_LIMIT);
      return statement(deps, id, { ...query, limit }, patience());
    },

    trialBalance: async ({ book = MAIN, deep = false } = {}) =>
      trialBalance(deps, { book: bookNamed(book), deep, patience: patience() }),

    currencyOf: async (book) => bookCurrency(deps, bookNamed(book)),

    adjust: async (input) => post(deps, adjustment(input)),

    reverse: (input) => reverse(deps, input),
  };
}

function bookNamed(book: string): string {
  if (BOOK_NAME.test(book)) return book;
  throw invalid('book', 'is no name of a book');
}

function checked(accountId: string): AccountId {
  if (isAccountId(accountId)) return accountId;
  throw invalid(
    'accountId',
    'must be user:{id} or house:{id}, with {book}: before it where that is not main',
  );
}

function only(transfers: Transfer[]): Transfer | undefined {
  const [transfer, ...others] = transfers;
  if (others.length === 0) return transfer;
  const services = transfers.map(({ service }) => service).sort();
  throw new GatewayError('AMBIGUOUS_TRANSFER', `Known to ${services.join(', ')}: say whose with ?service=.`, {
    fields: [{ field: 'service', message: `must be one of ${services.join(', ')}` }],
  });
}

function adjustment({ userId, control, amount, ...rest }: AdjustInput): PostInput {
  if (amount === 0n) throw invalid('amount', 'must not be zero');
  const user = userAccount(rest.book.name, userId);
  const house = houseAccount(rest.book.name, control);
  return amount > 0n
    ? { ...rest, type: 'adjustment', from: house, to: user, amount, house: 'from' }
    : { ...rest, type: 'adjustment', from: user, to: house, amount: -amount, house: 'to' };
}

import { isGatewayError } from '../runtime/errors.ts';
import type { GatewayError } from '../runtime/errors.ts';
import type { Alerts } from '../watch/alerts/alerts.ts';
import { corruptRowOf } from './items.ts';
import type { Ledger, TrialBalance } from './ledger.ts';

/** Tells people what no request can mend: a row that cannot be read, a book that does not add up. */
export function watchedLedger(ledger: Ledger, alerts: Alerts): Ledger {
  async function watched<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (isGatewayError(error, 'INTERNAL')) await alertCorruptRow(error, alerts);
      throw error;
    }
  }
  return {
    post: (input) => watched(ledger.post(input)),
    adjust: (input) => watched(ledger.adjust(input)),
    reverse: (input) => watched(ledger.reverse(input)),
    firstAnswer: (id, order) => watched(ledger.firstAnswer(id, order)),
    transfer: (id) => watched(ledger.transfer(id)),
    find: (transactionId, services) => watched(ledger.find(transactionId, services)),
    account: (accountId) => watched(ledger.account(accountId)),
    entries: (accountId, query) => watched(ledger.entries(accountId, query)),
    currencyOf: (book) => watched(ledger.currencyOf(book)),
    async trialBalance(options) {
      const books = await watched(ledger.trialBalance(options));
      await alertImbalance(books, alerts);
      return books;
    },
  };
}

/** Where the error is about a row of the ledger that is not as this product writes it. */
export async function alertCorruptRow(error: GatewayError, alerts: Alerts): Promise<void> {
  const corrupt = corruptRowOf(error);
  if (!corrupt) return;
  const { row, field } = corrupt;
  await alerts.raise({
    kind: 'LEDGER_CORRUPT',
    subject: row,
    severity: 'critical',
    summary: `The ledger's row ${row} is not as this product writes it: nothing can be said of it nor moved by it.`,
    details: { field },
  });
}

/** Only of what was seen to be wrong. Only a look at every transfer proves that all is well again. */
async function alertImbalance(books: TrialBalance, alerts: Alerts): Promise<void> {
  const { book, balanced, transfers, violations } = books;
  if (balanced === false) {
    await alerts.raise({
      kind: 'LEDGER_UNBALANCED',
      subject: book,
      severity: 'critical',
      summary: `The book ${book} does not add up: its trial balance says where.`,
      details: { violations: violations.length },
    });
  } else if (balanced && transfers !== undefined) await alerts.resolve('LEDGER_UNBALANCED', book);
}

/**
 * Delivers the deposits `kill-0` to `kill-{count - 1}`, eight at a time, until it is done or killed:
 * `node posting-process.ts '{"endpoint","region","table","count"}'`. Tells its parent how many have settled.
 */
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import { createLedger } from '../../../lib/ledger/create-ledger.ts';
import { cursors } from '../../cursors.ts';
import { BOOK, SERVICE } from './orders.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';

const { endpoint, region, table, count } = JSON.parse(process.argv[2]!) as {
  endpoint: string;
  region: string;
  table: string;
  count: number;
};
const ledger = createLedger({
  documents: connectDocuments({ region, endpoint, maxAttempts: 1 }),
  table,
  cursors,
  clock: systemClock,
  random: systemRandom,
});
const answers = { fresh: 0, replayed: 0 };
let next = 0;

async function deliver(): Promise<void> {
  while (next < count) {
    const n = next++;
    const { replayed } = await ledger.post({
      service: SERVICE,
      book: BOOK,
      transactionId: `kill-${n}`,
      type: 'deposit',
      from: 'house:15',
      to: `user:${1 + (n % 7)}`,
      amount: 10_000_000_000n + BigInt(n),
      requestedBy: SERVICE,
      house: 'from',
    });
    answers[replayed ? 'replayed' : 'fresh'] += 1;
    process.send?.({ ...answers, isDone: false });
  }
}

await Promise.all(Array.from({ length: 8 }, deliver));
process.send?.({ ...answers, isDone: true });
process.disconnect();

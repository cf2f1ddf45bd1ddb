/**
 * Queued deposits settled per second: a batch of the stream in one transaction a house shard (group commit), against
 * each in a transaction of its own, 16 at a time. Contestants take turns, each on a fresh engine.
 */
import pMap from 'p-map';
import { startDynamoDb } from '../dev/stores/dynamodb.ts';
import { createTables } from '../dev/stores/tables.ts';
import { createLedger } from '../lib/ledger/create-ledger.ts';
import { readTransfer } from '../lib/ledger/items.ts';
import { transferKey } from '../lib/ledger/keys.ts';
import { isPending } from '../lib/ledger/settlement/pending.ts';
import type { PendingRow } from '../lib/ledger/settlement/pending.ts';
import { settleBatch } from '../lib/ledger/settlement/settle-batch.ts';
import { settleOne } from '../lib/ledger/settlement/settle-one.ts';
import type { SettlementDeps } from '../lib/ledger/settlement/settle-one.ts';
import { names } from '../lib/runtime/config.ts';
import { systemClock } from '../lib/runtime/clock.ts';
import { systemRandom } from '../lib/runtime/random.ts';
import { createCursors } from '../lib/text/cursors.ts';
import { connectDocuments } from '../lib/vendors/dynamodb/documents.ts';
import { median } from './measure.ts';
import type { Row } from './measure.ts';

const STAGE = 'bench';
const REGION = 'us-east-1';
/** As many as the stream hands over at once. */
const BATCH = 100;
const GOAL = 1.5;
const BOOK = { name: 'main', currency: 'DIAMOND', houses: ['15', '16'], houseShards: 16 };

type Settle = (rows: PendingRow[], deps: SettlementDeps) => Promise<unknown>;
const together: Settle = settleBatch;
const oneByOne: Settle = (rows, deps) => pMap(rows, (row) => settleOne(row, deps), { concurrency: 16 });

/** @param options.quick one short round: shows that it runs, proves no figure. */
export async function rows({ quick }: { quick: boolean }): Promise<Row[]> {
  process.env['AWS_ACCESS_KEY_ID'] ??= 'bench';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'bench';
  const ratios: number[] = [];
  for (let round = -1; round < (quick ? 1 : 11); round++) {
    const order = round % 2 === 0 ? [together, oneByOne] : [oneByOne, together];
    const seconds = new Map<Settle, number>();
    for (const settle of order) seconds.set(settle, await turn(settle, quick ? 1 : 4));
    // The first round warms up.
    if (round >= 0) ratios.push(seconds.get(oneByOne)! / seconds.get(together)!);
  }
  const ratio = median(ratios);
  const what = `queued deposits settled/s, in batches of ${BATCH}`;
  const baseline = 'each in a transaction of its own, 16 at a time';
  return [{ id: '10q', what, baseline, ratio, goal: `≥ ${GOAL}×`, pass: ratio >= GOAL }];
}

async function turn(settle: Settle, batches: number): Promise<number> {
  const store = await startDynamoDb('memory');
  try {
    const target = { endpoint: store.endpoint, region: REGION };
    await createTables({ ...target, accessKeyId: process.env['AWS_ACCESS_KEY_ID']! }, STAGE);
    const documents = connectDocuments({ ...target, maxAttempts: 1 });
    const { ledger: table } = names(STAGE).tables;
    const deps: SettlementDeps = {
      documents,
      table,
      clock: systemClock,
      random: systemRandom,
      alerts: { raise: async () => undefined, resolve: async () => undefined },
      log: { error: (message) => console.error(message) },
    };
    let seconds = 0;
    for (let batch = 0; batch < batches; batch++) {
      const accepted = await acceptAll(deps, batch);
      const start = performance.now();
      await settle(accepted, deps);
      seconds += (performance.now() - start) / 1_000;
    }
    return seconds;
  } finally {
    await store.stop();
  }
}

async function acceptAll(deps: SettlementDeps, batch: number): Promise<PendingRow[]> {
  const noCursors = () => Promise.reject(new Error('No statement is read here.'));
  const ledger = createLedger({ ...deps, cursors: createCursors(noCursors, systemClock) });
  const ids = Array.from({ length: BATCH }, (_, n) => ({ service: 'URS', transactionId: `${batch}-${n}` }));
  return pMap(
    ids,
    async (id, n) => {
      await ledger.post({
        ...id,
        book: BOOK,
        type: 'deposit',
        from: 'house:15',
        to: `user:${1_000 + n}`,
        amount: 125_000_000_000n,
        requestedBy: 'URS',
        house: 'from',
        settlement: 'QUEUED',
      });
      const row = readTransfer((await deps.documents.get(deps.table, transferKey(id)))!);
      if (!isPending(row)) throw new Error(`It is ${row.transfer.status}.`);
      return row;
    },
    { concurrency: 16 },
  );
}

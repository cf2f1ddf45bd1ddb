/** Queued settlement on a table of its own, with a clock that stands still unless somebody sleeps. */
import { afterAll, beforeEach } from 'vitest';
import { readTransfer } from '../../../lib/ledger/items.ts';
import type { TransferRow } from '../../../lib/ledger/items.ts';
import { transferKey } from '../../../lib/ledger/keys.ts';
import type { PostInput, Transfer } from '../../../lib/ledger/ledger.ts';
import { isPending } from '../../../lib/ledger/settlement/pending.ts';
import type { PendingRow } from '../../../lib/ledger/settlement/pending.ts';
import type { SettlementDeps } from '../../../lib/ledger/settlement/settle-one.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import type { Documents, Item } from '../../../lib/vendors/dynamodb/documents.ts';
import type { AlertInput } from '../../../lib/watch/alerts/alerts.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { openLedger, tickingClock } from './books.ts';

export interface Queue {
  stores: TestStores;
  table: string;
  clock: ReturnType<typeof tickingClock>;
  raised: AlertInput[];
  logged: unknown[][];
  /** With some of its store's methods replaced. */
  deps(documents?: Partial<Documents>): SettlementDeps;
  /** Has an order accepted. */
  accept(order: PostInput): Promise<PendingRow>;
  item(order: PostInput): Promise<Item>;
  row(order: PostInput): Promise<TransferRow>;
  transfer(order: PostInput): Promise<Transfer>;
}

/** One for each test of a file. */
export function useQueue(use: (queue: Queue) => void): void {
  const opened: TestStores[] = [];
  beforeEach(async () => {
    const stores = await openStores();
    opened.push(stores);
    use(openQueue(stores));
  });
  afterAll(async () => {
    for (const stores of opened) await stores.close();
  });
}

function openQueue(stores: TestStores): Queue {
  const clock = tickingClock(Date.parse('2026-11-22T04:00:00Z'));
  const { ledger: table } = stores.names.tables;
  const queue: Queue = {
    stores,
    table,
    clock,
    raised: [],
    logged: [],
    deps: (documents) => ({
      documents: { ...stores.documents, ...documents },
      table,
      clock,
      // The longest wait of each draw: what is slept is known.
      random: { ...random, fraction: () => 1 },
      alerts: { raise: async (alert) => void queue.raised.push(alert), resolve: async () => undefined },
      log: { error: (...line) => void queue.logged.push(line) },
    }),
    async accept(order) {
      await openLedger(stores, { clock }).post({ ...order, settlement: 'QUEUED' });
      const row = readTransfer(await queue.item(order));
      if (!isPending(row)) throw new Error(`It is ${row.transfer.status}.`);
      return row;
    },
    item: async (order) => (await stores.documents.get(table, transferKey(order), { consistent: true }))!,
    row: async (order) => readTransfer(await queue.item(order)),
    transfer: async (order) => (await queue.row(order)).transfer,
  };
  return queue;
}

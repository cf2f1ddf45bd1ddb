/** Reads every settled transfer there is. For what has no index: a house's statement, and the deep audit. */
import type { Item } from '../vendors/dynamodb/documents.ts';
import type { AccountId } from './account-id.ts';
import type { AccountDeps } from './accounts.ts';
import { readTransfer } from './items.ts';
import { idText, transferIdOf } from './keys.ts';
import type { Transfer } from './ledger.ts';

export type SettledTransfer = Transfer & { settledAt: string };

export interface JournalScan {
  /** Of one account only. */
  account?: AccountId;
  /** Pages of 1 MB of the table. */
  maxPages?: number;
  /** A row that cannot be read, as `{service}#{transactionId}`; without it, such a row ends the scan with its error. */
  onCorrupt?: (row: string) => void;
}

/** In no order. @returns (at the end) whether everything was read. */
export async function* settledTransfers(
  { documents, table }: AccountDeps,
  { account, maxPages = Number.POSITIVE_INFINITY, onCorrupt }: JournalScan = {},
): AsyncGenerator<SettledTransfer, boolean> {
  // Not `readPages`: at the bound this says whether more is left, without reading it.
  let startKey: Item | undefined;
  for (let pages = 1; ; pages++) {
    const page = await documents.scan({
      table,
      filter: `sk = :transfer AND #status = :settled${account ? ' AND (#from = :account OR #to = :account)' : ''}`,
      names: { '#status': 'status', ...(account ? { '#from': 'from', '#to': 'to' } : {}) },
      values: { ':transfer': 'TRANSFER', ':settled': 'SETTLED', ...(account ? { ':account': account } : {}) },
      consistent: true,
      ...(startKey ? { startKey } : {}),
    });
    for (const item of page.items) {
      const transfer = readOr(item, onCorrupt);
      if (transfer) yield transfer;
    }
    startKey = page.lastKey;
    if (!startKey) return true;
    if (pages >= maxPages) return false;
  }
}

function readOr(item: Item, onCorrupt: JournalScan['onCorrupt']): SettledTransfer | undefined {
  try {
    return readTransfer(item).transfer as SettledTransfer;
  } catch (error) {
    if (!onCorrupt) throw error;
    const id = transferIdOf(String(item['pk']));
    onCorrupt(id ? idText(id) : String(item['pk']));
    return undefined;
  }
}

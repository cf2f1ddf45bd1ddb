/** Reads every settled transfer there is: for the deep audit. */
import { readPages } from '../vendors/dynamodb/query-items.ts';
import type { Item, ScanInput } from '../vendors/dynamodb/documents.ts';
import type { AccountDeps } from './accounts.ts';
import { readTransfer } from './items.ts';
import { idText, transferIdOf } from './keys.ts';
import type { Transfer } from './ledger.ts';

export type SettledTransfer = Transfer & { settledAt: string };

/** In no order. @param onCorrupt told of a row that cannot be read, as `{service}#{transactionId}`. */
export async function* settledTransfers(
  { documents, table }: AccountDeps,
  onCorrupt: (row: string) => void,
): AsyncGenerator<SettledTransfer, void, undefined> {
  const pages = readPages((input: ScanInput) => documents.scan(input), {
    table,
    filter: 'sk = :transfer AND #status = :settled',
    names: { '#status': 'status' },
    values: { ':transfer': 'TRANSFER', ':settled': 'SETTLED' },
    consistent: true,
  });
  for await (const items of pages) {
    for (const item of items) {
      const transfer = readOr(item, onCorrupt);
      if (transfer) yield transfer;
    }
  }
}

function readOr(item: Item, onCorrupt: (row: string) => void): SettledTransfer | undefined {
  try {
    return readTransfer(item).transfer as SettledTransfer;
  } catch {
    const id = transferIdOf(String(item['pk']));
    onCorrupt(id ? idText(id) : String(item['pk']));
    return undefined;
  }
}

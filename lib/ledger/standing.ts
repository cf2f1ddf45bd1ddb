/** What the row of a transfer says to somebody who asks for it again. */
import type { Item } from '../vendors/dynamodb/documents.ts';
import { GatewayError } from '../runtime/errors.ts';
import type { AccountDeps } from './accounts.ts';
import { readTransfer } from './items.ts';
import type { TransferRow } from './items.ts';
import { transferKey } from './keys.ts';
import type { TransferId } from './keys.ts';
import type { Posted } from './ledger.ts';
import { standingOf } from './transfer-state.ts';
import type { AttemptIdentity } from './transfer-state.ts';

export type StandingInTheWay =
  { refusal: TransferRow; posted?: undefined } | { refusal?: undefined; posted: Posted };

/**
 * The row that an order meets under its id. @param given the row, where DynamoDB has just given it.
 * @returns `undefined` for no row: none is ever deleted; if one is gone all the same, the next try finds out.
 * @throws `IDEMPOTENCY_MISMATCH`, and `INTERNAL` for a row that cannot be read.
 */
export async function standingInTheWay(
  { documents, table }: AccountDeps,
  { service, transactionId }: TransferId,
  attempt: AttemptIdentity,
  given?: Item,
): Promise<StandingInTheWay | undefined> {
  const key = transferKey({ service, transactionId });
  const item = given ?? (await documents.get(table, key, { consistent: true }));
  if (item === undefined) return undefined;
  const row = readTransfer(item);
  const standing = standingOf(row, attempt);
  if (standing === 'refused') return { refusal: row };
  if (standing !== 'mismatch') return { posted: { transfer: row.transfer, replayed: standing === 'replay' } };
  throw new GatewayError('IDEMPOTENCY_MISMATCH', 'This transactionId belongs to another order.', {
    internal: { service, transactionId, standing: row.transfer.status },
  });
}

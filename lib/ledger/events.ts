/**
 * What changes of the ledger's items tell the business. A transfer's own write is the outbox: nothing is written besides.
 *
 * | change                                      | event                                                                     |
 * |---------------------------------------------|---------------------------------------------------------------------------|
 * | a user's balance: one entry more            | `transfer.settled`, of the transfer that the balance names as its last     |
 * | a transfer's row becomes `DEAD`             | `transfer.dead`                                                           |
 * | a transfer's row is marked as reversed      | `transfer.reversed`                                                       |
 *
 * A balance's changes come in the order in which they were committed: `entries` is the place of a transfer among those of
 * its user. Changes of different items come in no order.
 *
 * A person may damage a row and mend it: neither is an event. Of a transfer whose row could not be read when it was to be
 * told, the mending tells, in no order.
 */
import * as z from 'zod';
import { eventIdOf } from '../events/event.ts';
import type { BusinessEvent, EventOrder, EventType } from '../events/event.ts';
import { isGatewayError } from '../runtime/errors.ts';
import { omitUndefined } from '../runtime/omit-undefined.ts';
import type { Documents, Item } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { parseAccountId } from './account-id.ts';
import { corruptRow, readBalance, readTransfer } from './items.ts';
import { accountOf, balanceIdOf, entryOfSort, transferIdOf, transferKey } from './keys.ts';
import type { TransferId } from './keys.ts';
import type { Transfer } from './ledger.ts';
import { transferView } from './views.ts';

/** One item before and after. */
export interface LedgerChange {
  before: Item | undefined;
  after: Item | undefined;
}

/** An entry more of a user's account, and which transfer it was. */
interface Entry {
  id: TransferId;
  order: EventOrder;
}

/**
 * What a change tells; `undefined`: nothing. Of events with an order the caller records those of one account one after the other.
 * @throws GatewayError `INTERNAL` naming the row that cannot be read; what the store rejects with.
 */
export async function eventOf(
  { before, after }: LedgerChange,
  { documents, table }: { documents: Pick<Documents, 'get'>; table: string },
): Promise<BusinessEvent | undefined> {
  if (!after) return undefined;
  const pk = String(after['pk']);
  const settled = async (id: TransferId, field: string): Promise<Transfer & { settledAt: string }> => {
    const item = await documents.get(table, transferKey(id), { consistent: true });
    const { transfer } = readTransfer(item ?? unreadable(after, field));
    const { settledAt = unreadable(after, field) } = transfer;
    return { ...transfer, settledAt };
  };
  const id = transferIdOf(pk);
  if (id) {
    if (after['status'] === 'DEAD' && before?.['status'] !== 'DEAD') return died(after);
    if (isMended({ before, after })) return settlementOf(after);
    const { reversedBy } = after;
    if (typeof reversedBy !== 'string' || before?.['reversedBy'] !== undefined) return undefined;
    const reversal = await settled({ ...id, transactionId: reversedBy }, 'reversedBy');
    return told('transfer.reversed', readTransfer(after).transfer, reversal.settledAt);
  }
  const entry = entryAdded(before, after);
  if (!entry) return undefined;
  const transfer = await settled(entry.id, 'lastTransfer');
  return { ...told('transfer.settled', transfer, transfer.settledAt), order: entry.order };
}

/** Could the row not be read before this change, and can it be read now? */
export function isMended({ before, after }: LedgerChange): boolean {
  return before !== undefined && after !== undefined && !isReadable(before) && isReadable(after);
}

function isReadable(item: Item): boolean {
  try {
    if (transferIdOf(String(item['pk']))) readTransfer(item);
    else readBalance(item);
    return true;
  } catch (error) {
    if (isGatewayError(error, 'INTERNAL')) return false;
    throw error;
  }
}

/** By its id: where it was told before it was damaged, nobody is told again. */
function settlementOf(row: Item): BusinessEvent | undefined {
  const { transfer } = readTransfer(row);
  return transfer.settledAt === undefined
    ? undefined
    : told('transfer.settled', transfer, transfer.settledAt);
}

/** The account whose order a change has a place in. */
export function accountOfChange({ after }: LedgerChange): string | undefined {
  const balanceId = balanceIdOf(String(after?.['pk']));
  return balanceId === undefined ? undefined : accountOf(balanceId);
}

/** It may die more than once: a person can have it tried again. */
function died(row: Item): BusinessEvent {
  const { transfer, version } = readTransfer(row);
  return told('transfer.dead', transfer, transfer.history.at(-1)!.at, version);
}

function entryAdded(before: Item | undefined, after: Item): Entry | undefined {
  const balance = readBalance(after);
  const account = accountOf(balance.balanceId);
  // Every transfer has one user; the house's side is the same event.
  if (parseAccountId(account)?.kind !== 'user') return undefined;
  const last = before && placeOf(before);
  // Of a count that somebody has damaged nothing follows: was it another transfer, then it names another one.
  const more =
    last?.entries === null
      ? Number(last.lastTransfer !== balance.lastTransfer)
      : balance.entries - (last?.entries ?? 0);
  if (more === 0) return undefined;
  if (more !== 1) return unreadable(after, 'entries');
  const entry = entryOfSort(balance.lastTransfer) ?? unreadable(after, 'lastTransfer');
  const previous = last && entryOfSort(last.lastTransfer);
  const order = omitUndefined({
    account,
    sequence: balance.entries,
    after: previous && previousOf(previous),
  });
  return { id: entry, order };
}

const Place = z.object({
  entries: StoredNumber.nullable().catch(null),
  lastTransfer: z.string().catch(''),
});
/** What a transfer is put behind, as far as it can be read: it is told whatever had been damaged before it. */
const placeOf = (before: Item) => Place.parse(before);

const previousOf = ({ at, service, transactionId }: NonNullable<ReturnType<typeof entryOfSort>>) => ({
  id: eventIdOf('transfer.settled', service, transactionId),
  at,
  service,
});

function told(type: EventType, transfer: Transfer, at: string, ...version: number[]): BusinessEvent {
  const { service, transactionId } = transfer;
  return {
    id: eventIdOf(type, service, transactionId, ...version),
    type,
    at,
    service,
    dataText: JSON.stringify(transferView(transfer)),
  };
}

function unreadable(item: Item, field: string): never {
  throw corruptRow(String(item['pk']), field);
}

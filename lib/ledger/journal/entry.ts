/** What a settled transfer is, in one text, and its hash: what a page of the journal keeps of it. */
import { createHash } from 'node:crypto';
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { formatDecimal } from '../decimal.ts';
import { readTransfer } from '../items.ts';
import { idText } from '../keys.ts';
import type { Transfer } from '../ledger.ts';

export interface SealedEntry {
  /** `{service}#{transactionId}` */
  id: string;
  /** When it settled, as its row says: ISO 8601, UTC. */
  at: string;
  /** SHA-256 of its content, base64url. */
  hash: string;
}

/** @throws `INTERNAL`, naming a row that cannot be read. */
export function entryOf(item: Item): SealedEntry {
  const { transfer } = readTransfer(item);
  return {
    id: idText(transfer),
    at: transfer.settledAt ?? '',
    hash: sha256(contentText(transfer)),
  };
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

/**
 * Everything that cannot change once it has settled, in one order. Not `attempts` and `history`, which tell how it came to be,
 * nor `reversedBy`, which may come later.
 */
function contentText(transfer: Transfer): string {
  const { service, transactionId, type, from, to, amount, currency, asked, reason } = transfer;
  const { requestedBy, createdAt, settledAt, reverses } = transfer;
  return JSON.stringify([
    service,
    transactionId,
    type,
    from,
    to,
    formatDecimal(amount),
    currency,
    asked ? [formatDecimal(asked.amount), asked.currency] : null,
    reason ?? null,
    requestedBy,
    createdAt,
    settledAt ?? null,
    reverses ?? null,
  ]);
}

/** What a settled transfer is, in one text, and its hash: what a page of the journal keeps of it. */
import { createHash } from 'node:crypto';
import { exactOf } from '../../vendors/dynamodb/documents.ts';
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { formatDecimal, isProblem, parseTotal } from '../decimal.ts';
import { readTransfer } from '../items.ts';
import { idText } from '../keys.ts';
import type { Transfer } from '../ledger.ts';

export interface SealedEntry {
  /** `{service}#{transactionId}` */
  id: string;
  /** When it settled, as its row says: ISO 8601, UTC. */
  at: string;
  /** `2:` and SHA-256 of its row, base64url. Without the prefix: of what earlier code put under the seal. */
  hash: string;
}

const WHOLE_ROW = '2:';

/** @throws `INTERNAL`, naming a row that cannot be read. */
export function entryOf(item: Item): SealedEntry {
  const { transfer } = readTransfer(item);
  return {
    id: idText(transfer),
    at: transfer.settledAt ?? '',
    hash: `${WHOLE_ROW}${sha256(rowText(item))}`,
  };
}

/** @throws `INTERNAL`, naming a row that cannot be read. */
export function isAsSealed(item: Item, { hash }: SealedEntry): boolean {
  if (hash.startsWith(WHOLE_ROW)) return entryOf(item).hash === hash;
  return sha256(earlierText(readTransfer(item).transfer)) === hash;
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

/**
 * What is not under the seal: `reversedBy` may come later, and is compared with the reversal; the index keys repeat what
 * the rest says, and are compared with that.
 */
const NOT_SEALED = new Set(['reversedBy', 'gsi1pk', 'gsi1sk']);

/** The whole row, whatever is in it: what no code writes, too. */
const rowText = (item: Item): string =>
  JSON.stringify(canonicalMap(Object.entries(item).filter(([name]) => !NOT_SEALED.has(name))));

const canonicalMap = (members: [string, unknown][]): unknown => [
  'M',
  members.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, canonical(value)]),
];

/** One text for one value, with its type: a number is none of the texts that it may be written as. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return ['L', value.map(canonical)];
  if (value instanceof Set)
    return ['SET', [...value].map((each) => JSON.stringify(canonical(each))).toSorted()];
  if (value instanceof Uint8Array) return ['B', Buffer.from(value).toString('base64')];
  if (typeof value !== 'object' && typeof value !== 'number') return value;
  if (value === null) return value;
  if (Object.getPrototypeOf(value) === Object.prototype) return canonicalMap(Object.entries(value));
  const text = exactOf(value);
  const units = parseTotal(text);
  return ['N', isProblem(units) ? text : formatDecimal(units)];
}

/** What earlier code sealed: not `attempts`, `history`, `fingerprint`, and no attribute that it did not know. */
function earlierText(transfer: Transfer): string {
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

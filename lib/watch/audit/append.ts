import { TransactionCancelled } from '../../vendors/dynamodb/documents.ts';
import type { Documents, TransactItem } from '../../vendors/dynamodb/documents.ts';
import type { Clock } from '../../runtime/clock.ts';
import { GatewayError, isGatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { waitForNextTry } from '../../runtime/patience.ts';
import type { Random } from '../../runtime/random.ts';
import { redactJson } from '../../text/redaction/redact.ts';
import { queryItems } from '../../vendors/dynamodb/query-items.ts';
import {
  FIRST,
  HEAD_KEY,
  NOTHING_BEFORE,
  PARTITION,
  entryItem,
  hashOf,
  readEntry,
  readHead,
  sortOf,
} from './entry.ts';
import type { AuditEntry, AuditHead, StoredEntry } from './entry.ts';

export interface AuditStore {
  documents: Documents;
  table: string;
  clock: Clock;
  random: Random;
}

/** What an entry is made of; the rest it gets here. */
export type NewEntry = Omit<AuditEntry, 'id' | 'seq' | 'at'>;

/** An action waits no longer for its entry, milliseconds. */
const PATIENCE_MS = 5_000;
/** Of `before` and `after` each, characters: an entry stays far below the 400 KB of an item. */
const MAX_TEXT = 60_000;

/**
 * Appends to the chain.
 * @returns its number.
 * @throws GatewayError `STORE_UNAVAILABLE`: it is not there, or nobody can tell; what it is about must not happen.
 */
export async function append(store: AuditStore, entry: NewEntry): Promise<number> {
  const { clock, random } = store;
  const patience = { clock, random, deadlineAt: clock.now() + PATIENCE_MS };
  const id = random.id(clock.now());
  /** The sort key after which the entry lies, if a write of it that was not answered went through. */
  let unanswered: string | undefined;
  for (let tries = 1; ; tries++) {
    try {
      const written = unanswered === undefined ? undefined : await find(store, id, unanswered);
      if (written) return written.seq;
      const head = readHead(await store.documents.get(store.table, HEAD_KEY, { consistent: true }));
      const next = entryAfter(head, { ...entry, id }, clock.now());
      unanswered = head ? sortOf(head.at, head.seq) : FIRST;
      await store.documents.transact(writing(store.table, next, head));
      return next.seq;
    } catch (error) {
      const lost = error instanceof TransactionCancelled && error.fault === undefined;
      if (lost) unanswered = undefined;
      else if (!isGatewayError(error, 'STORE_UNAVAILABLE')) throw error;
      if (await waitForNextTry(patience, tries)) continue;
      throw unwritten(error);
    }
  }
}

const unwritten = (cause: unknown) =>
  new GatewayError('STORE_UNAVAILABLE', 'The audit could not be written, so nothing was done. Try again.', {
    cause,
    retryAfterSeconds: 1,
  });

/** The entry with this id among those after a sort key. */
async function find({ documents, table }: AuditStore, id: string, after: string) {
  const items = queryItems(documents, {
    table,
    where: 'pk = :audit AND sk > :after',
    values: { ':audit': PARTITION, ':after': after },
    consistent: true,
  });
  for await (const item of items) {
    const entry = readEntry(item);
    if (entry?.id === id) return entry;
  }
  return undefined;
}

function entryAfter(head: AuditHead | undefined, entry: NewEntry & { id: string }, now: number): StoredEntry {
  const { before, after, ...rest } = entry;
  const time = new Date(now).toISOString();
  const content = omitUndefined({
    ...rest,
    seq: (head?.seq ?? 0) + 1,
    at: head && head.at > time ? head.at : time,
    before: textOf(before),
    after: textOf(after),
    previous: head?.hash ?? NOTHING_BEFORE,
  });
  return { ...content, hash: hashOf(content) };
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return JSON.stringify(redactJson(value)).slice(0, MAX_TEXT);
}

const NEW = 'attribute_not_exists(pk)';

function writing(table: string, entry: StoredEntry, head: AuditHead | undefined): TransactItem[] {
  const { seq, hash, at } = entry;
  const put = { Put: { TableName: table, Item: entryItem(entry), ConditionExpression: NEW } };
  const Item = { ...HEAD_KEY, seq, hash, at };
  if (!head) return [put, { Put: { TableName: table, Item, ConditionExpression: NEW } }];
  const moved = {
    TableName: table,
    Item,
    ConditionExpression: 'seq = :seq AND #hash = :hash',
    ExpressionAttributeNames: { '#hash': 'hash' },
    ExpressionAttributeValues: { ':seq': head.seq, ':hash': head.hash },
  };
  return [put, { Put: moved }];
}

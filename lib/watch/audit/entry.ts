/** Entries of the audit, and their hashes. Each holds the hash of the one before it. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../../vendors/dynamodb/stored-number.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';

/** What a person or a key did, as it is shown. */
export interface AuditEntry {
  id: string;
  /** From 1, without gaps. */
  seq: number;
  /** ISO 8601, UTC; never before that of the entry before. */
  at: string;
  /** Key id, `user:alice`, `admin-key`. */
  who: string;
  /** The route's name: `putCredentials`. */
  action: string;
  /** A path: `services/CODE/quotas`. */
  target: string;
  /** JSON, redacted; `null`: there was nothing, or nothing is to be said of it. */
  before: unknown;
  after: unknown;
  /** The address that the request came from. */
  from: string;
  requestId: string;
  /** Of a second entry: `seq` of the action that did not happen, or of which nobody can tell, and its error code. */
  of?: number;
  failed?: string;
}

/** As it is kept: texts, so that the hash is over what is there byte for byte. */
export interface StoredEntry extends Omit<AuditEntry, 'before' | 'after'> {
  before?: string;
  after?: string;
  previous: string;
  hash: string;
}

/** What the first entry continues. */
export const NOTHING_BEFORE = '';
export const PARTITION = 'AUDIT';
/** Sorts before every entry. */
export const FIRST = ' ';
export const HEAD_KEY = { pk: 'HEAD', sk: 'HEAD' };

/** Sorts as `seq` does, because `at` never goes back. */
export const sortOf = (at: string, seq: number): string => `${at}#${String(seq).padStart(12, '0')}`;

export function hashOf(entry: Omit<StoredEntry, 'hash'>): string {
  const { previous, seq, id, at, who, action, target, before, after, from, requestId, of, failed } = entry;
  const all = [previous, seq, id, at, who, action, target, before, after, from, requestId, of, failed];
  return createHash('sha256')
    .update(JSON.stringify(all.map((value) => value ?? null)))
    .digest('hex');
}

export const entryItem = (entry: StoredEntry): Item => ({
  pk: PARTITION,
  sk: sortOf(entry.at, entry.seq),
  ...entry,
});

const Stored = z.object({
  id: z.string(),
  seq: StoredNumber,
  at: z.string(),
  who: z.string(),
  action: z.string(),
  target: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
  from: z.string(),
  requestId: z.string(),
  of: StoredNumber.optional(),
  failed: z.string().optional(),
  previous: z.string(),
  hash: z.string(),
});
const Head = z.object({ seq: StoredNumber, hash: z.string(), at: z.string() });
export type AuditHead = z.output<typeof Head>;

/** `undefined` for an item that is no entry. */
export function readEntry(item: Item): StoredEntry | undefined {
  const { data } = Stored.safeParse(item);
  return data && omitUndefined(data);
}

/** `undefined`: there is none. @throws ZodError for one that cannot be read. */
export const readHead = (item: Item | undefined): AuditHead | undefined => item && Head.parse(item);

export function shown({ before, after, previous: _p, hash: _h, ...entry }: StoredEntry): AuditEntry {
  return { ...entry, before: valueOf(before), after: valueOf(after) };
}

/** Of a text that was cut, the text. */
function valueOf(text: string | undefined): unknown {
  if (text === undefined) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

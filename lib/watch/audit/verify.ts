/** Was the audit changed by hand? Goes through the chain from its first entry, in steps. */
import * as z from 'zod';
import type { Cursors } from '../../text/cursors.ts';
import type { Item } from '../../vendors/dynamodb/documents.ts';
import { queryItems } from '../../vendors/dynamodb/query-items.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { AuditStore } from './append.ts';
import { FIRST, HEAD_KEY, NOTHING_BEFORE, PARTITION, hashOf, readEntry, readHead } from './entry.ts';
import type { AuditHead, StoredEntry } from './entry.ts';

export interface AuditViolation {
  seq: number;
  /** Unknown of an entry that is missing. */
  id?: string;
  what: string;
}

export interface AuditVerification {
  /** Nothing was found so far. */
  ok: boolean;
  /** Entries that were looked at, also by the steps before. */
  checked: number;
  /** Of this step, by `seq`. */
  violations: AuditViolation[];
  /** Hash of the last entry that was looked at: to be kept elsewhere. */
  hash: string;
  /** There is more. */
  cursor?: string;
}

/** Entries a step goes through. */
const STEP = 2_000;

/** Where a step ended. */
export const Position = z.object({
  after: z.string(),
  seq: z.int(),
  id: z.string().optional(),
  hash: z.string(),
  checked: z.int(),
  ok: z.boolean(),
});
export type Position = z.output<typeof Position>;
const START: Position = { after: FIRST, seq: 0, hash: NOTHING_BEFORE, checked: 0, ok: true };

/** @throws GatewayError `VALIDATION_FAILED` for an invalid cursor; `STORE_UNAVAILABLE`. */
export async function verifyAudit(
  { cursors, ...store }: Pick<AuditStore, 'documents' | 'table'> & { cursors: Cursors },
  cursor?: string,
): Promise<AuditVerification> {
  const codec = cursors.of('audit verify', Position);
  const start = cursor === undefined ? undefined : await codec.read(cursor);
  const { verification, position } = await verifyStep(store, start);
  return omitUndefined({ ...verification, cursor: position && (await codec.write(position)) });
}

/**
 * One step of a pass, from its beginning or where the step before has ended.
 * @returns `position` where there is more. Rejects as the store does.
 */
export async function verifyStep(
  { documents, table }: Pick<AuditStore, 'documents' | 'table'>,
  start: Position = START,
): Promise<{ verification: AuditVerification; position?: Position }> {
  // Read before the entries: what is appended meanwhile lies after it.
  const head = readHead(await documents.get(table, HEAD_KEY, { consistent: true }));
  const walk = new Walk(start, head);
  const entries = queryItems(documents, {
    table,
    where: 'pk = :audit AND sk > :after',
    values: { ':audit': PARTITION, ':after': start.after },
    consistent: true,
  });
  for await (const item of entries) {
    walk.look(item);
    if (walk.steps >= STEP) return { verification: walk.result(), position: walk.position };
  }
  walk.end();
  return { verification: walk.result() };
}

class Walk {
  readonly #head: AuditHead | undefined;
  readonly #violations: AuditViolation[] = [];
  position: Position;
  steps = 0;

  constructor(start: Position, head: AuditHead | undefined) {
    this.position = start;
    this.#head = head;
  }

  look(item: Item): void {
    const before = this.position;
    const entry = readEntry(item);
    const { seq, id, hash } = entry ?? { seq: before.seq + 1, id: textOf(item['id']), hash: UNREADABLE };
    if (!entry) this.#found(seq, id, 'cannot be read');
    else {
      this.#compare(entry, before);
      if (hashOf(entry) !== hash || (this.#head?.seq === seq && this.#head.hash !== hash))
        this.#found(seq, id, 'was changed');
    }
    const at = { after: String(item['sk']), seq: Math.max(seq, before.seq), id, hash };
    this.position = { ...this.position, ...at, checked: before.checked + 1 };
    this.steps += 1;
  }

  /** No entry is left. */
  end(): void {
    const { seq, id } = this.position;
    const last = this.#head?.seq ?? 0;
    if (last > seq) this.#found(seq + 1, undefined, missing(seq + 1, last));
    if (!this.#head && seq > 0) this.#found(seq, id, 'is the last: what says which is the newest is missing');
  }

  result(): AuditVerification {
    const { ok, checked, hash } = this.position;
    return { ok, checked, violations: this.#violations, hash };
  }

  #compare({ seq, id, previous }: StoredEntry, before: Position): void {
    const expected = before.seq + 1;
    if (seq > expected) this.#found(expected, undefined, missing(expected, seq - 1));
    else if (seq < expected) this.#found(seq, id, 'stands in the wrong place');
    else if (previous !== before.hash && before.hash !== UNREADABLE) {
      // The one before was given a hash that fits it; the first continues nothing.
      if (before.seq === 0) this.#found(seq, id, 'was changed');
      else this.#found(before.seq, before.id, 'was changed');
    }
  }

  #found(seq: number, id: string | undefined, what: string): void {
    this.position = { ...this.position, ok: false };
    if (!this.#violations.some((known) => known.seq === seq))
      this.#violations.push(omitUndefined({ seq, id, what }));
  }
}

/** In place of a hash, of an entry that cannot be read: nothing is said of whether the next one continues it. */
const UNREADABLE = '?';
const missing = (from: number, to: number): string =>
  from === to ? 'is missing' : `is missing, and all up to ${to}`;
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

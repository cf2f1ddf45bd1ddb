/**
 * Two sets of transactions, too large for memory, compared in 64 parts: which part an id belongs to is its hash, and each
 * part is a pair of temporary files.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PARTS = 64;
/** Bytes that are gathered before a file is written. */
const BUFFER = 32_768;

export type Side = 'ours' | 'theirs';

export interface Listed {
  transactionId: string;
}

export interface IdFiles {
  /** Keeps the row as JSON. */
  add<Row extends Listed>(side: Side, row: Row): void;
  /** Every part: which rows of ours are not theirs, and which of theirs are there more than once. */
  compare<Ours extends Listed, Theirs extends Listed>(
    onlyOurs: (row: Ours) => Promise<void>,
    twice: (last: Theirs, times: number) => void,
  ): Promise<void>;
  /** Removes the files. */
  close(): void;
}

export function createIdFiles(): IdFiles {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-reconcile-'));
  const gathered = new Map<string, string>();
  const fileOf = (side: Side, part: number) => join(folder, `${side}-${part}`);
  const flush = (file: string) => {
    appendFileSync(file, gathered.get(file) ?? '');
    gathered.delete(file);
  };

  async function* rowsOf<Row>(side: Side, part: number): AsyncGenerator<Row, void, undefined> {
    const file = fileOf(side, part);
    if (!existsSync(file)) return;
    for await (const line of createInterface({ input: createReadStream(file) }))
      yield JSON.parse(line) as Row;
  }

  return {
    add(side, row) {
      const file = fileOf(side, partOf(row.transactionId));
      const text = `${gathered.get(file) ?? ''}${JSON.stringify(row)}\n`;
      gathered.set(file, text);
      if (text.length > BUFFER) flush(file);
    },

    async compare<Ours extends Listed, Theirs extends Listed>(
      onlyOurs: (row: Ours) => Promise<void>,
      twice: (last: Theirs, times: number) => void,
    ) {
      for (const file of gathered.keys()) flush(file);
      for (let part = 0; part < PARTS; part++) {
        const times = new Map<string, number>();
        const repeated = new Map<string, Theirs>();
        for await (const row of rowsOf<Theirs>('theirs', part)) {
          const { transactionId } = row;
          const before = times.get(transactionId) ?? 0;
          times.set(transactionId, before + 1);
          if (before > 0) repeated.set(transactionId, row);
        }
        for (const [id, row] of repeated) twice(row, times.get(id)!);
        for await (const row of rowsOf<Ours>('ours', part))
          if (!times.has(row.transactionId)) await onlyOurs(row);
      }
    },

    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const partOf = (id: string): number => createHash('sha256').update(id).digest()[0]! % PARTS;

/** A partner's list as a file, however long. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { isFault } from '../../lib/partners/reconcile/line.ts';
import type { LineFault, ListedOrder } from '../../lib/partners/reconcile/line.ts';
import { readList } from '../../lib/partners/reconcile/list.ts';
import type { ListFormat } from '../../lib/partners/reconcile/list.ts';
import { CommandFailed, EXIT } from '../api.ts';

/** Lines of one request. */
const PART = 2_000;
const MAX_FAULTS = 100;

export type ListParts = AsyncGenerator<ListedOrder[], void, undefined>;

/**
 * Its orders in parts. Rejects with `CommandFailed` `INVALID` for a file that is not there, and for lines that cannot be
 * taken, naming each.
 */
export function openList(file: string, format: ListFormat | undefined): ListParts {
  return partsOf(file, format ?? formatOf(file));
}

function formatOf(file: string): ListFormat {
  if (/\.csv$/i.test(file)) return 'csv';
  if (/\.(ndjson|jsonl)$/i.test(file)) return 'ndjson';
  throw new CommandFailed(`${file}: say --format csv or --format ndjson.`, EXIT.USAGE);
}

async function* partsOf(file: string, format: ListFormat): ListParts {
  let orders: ListedOrder[] = [];
  const faults: LineFault[] = [];
  for await (const line of readList(await bytesOf(file), format)) {
    if (isFault(line)) faults.push(line);
    else orders.push(line);
    if (faults.length === MAX_FAULTS) break;
    if (orders.length === PART && faults.length === 0) {
      yield orders;
      orders = [];
    }
  }
  if (faults.length > 0) throw refused(file, faults);
  if (orders.length > 0) yield orders;
}

async function bytesOf(file: string): Promise<AsyncIterable<Uint8Array>> {
  if (file === '-') return process.stdin;
  try {
    await (await open(file)).close();
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CommandFailed(`${file}: ${missing ? 'not found' : 'cannot be read'}.`, EXIT.INVALID);
  }
  return createReadStream(file);
}

function refused(file: string, faults: LineFault[]): CommandFailed {
  const lines = faults.map(({ field, message }) => `  ${field}: ${message}`);
  return new CommandFailed([`${file} cannot be taken:`, ...lines].join('\n'), EXIT.INVALID, {
    errors: faults,
  });
}

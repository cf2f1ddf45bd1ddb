/** Seals what the stream's consumer has not: after an outage, and what was there before there was a journal. */
import { ConditionFailed } from '../../vendors/dynamodb/documents.ts';
import { DEFAULT_PATIENCE_MS, patiently } from '../contention.ts';
import { headKey } from '../keys.ts';
import { NEWEST, OLDEST } from '../lines.ts';
import { LATE_MS } from './append.ts';
import { readHead, sealedIn } from './page.ts';
import type { JournalStore } from './page.ts';
import { entriesOf, sealEntries, unlessTampered } from './seal.ts';
import type { SealDeps } from './seal.ts';
import { closableAt } from './sealed-up-to.ts';
import { byPeriod, houseShards, rowsById, settledByTime } from './settled-rows.ts';

export interface CaughtUp {
  /** Entries that were missing. */
  sealed: number;
  /** Everything that settled before this is sealed; absent where nothing ever settled, or that cannot be said. */
  closedUpTo?: string;
}

/**
 * Looks through what settled in a book from ten minutes before `closedUpTo` on, seals what is missing, and moves
 * `closedUpTo`. What the time does not suffice for is left to the next call, which goes on from there.
 * @param deadlineAt milliseconds since the epoch. Default: 10 s from now.
 * @throws `STORE_UNAVAILABLE`
 */
export async function sealBehind(
  deps: SealDeps,
  book: string,
  deadlineAt = deps.clock.now() + DEFAULT_PATIENCE_MS,
): Promise<CaughtUp> {
  const read = await unlessTampered(deps.alerts, book, 'its head cannot be read', async () => ({
    head: await readHead(deps, book),
  }));
  if (!read) return { sealed: 0 };
  const startedAt = deps.clock.now();
  const shards = await houseShards(deps, book);
  if (shards.length === 0) return { sealed: 0 };
  const rows = settledByTime(deps, shards, { after: startOf(read.head?.closedUpTo), before: NEWEST });
  let sealed = 0;
  let end: string | undefined;
  for await (const [period, group] of byPeriod(rows)) {
    if (deps.clock.now() >= deadlineAt) {
      end = group[0]!.at;
      break;
    }
    const known = await sealedIn(deps, book, period);
    const missing = group.filter(({ id }) => !known.has(id));
    const entries = entriesOf([...(await rowsById(deps, missing)).values()]);
    const written = await sealEntries(deps, book, entries, deadlineAt);
    if (written === undefined) return { sealed };
    sealed += written;
  }
  const mayClose = closableAt(startedAt);
  const closedUpTo = end !== undefined && end < mayClose ? end : mayClose;
  const patience = { clock: deps.clock, random: deps.random, deadlineAt };
  await patiently(patience, () => close(deps, book, closedUpTo));
  return { sealed, closedUpTo };
}

const startOf = (closedUpTo: string | undefined): string =>
  closedUpTo === undefined ? OLDEST : new Date(Date.parse(closedUpTo) - LATE_MS).toISOString();

async function close({ documents, table }: JournalStore, book: string, closedUpTo: string): Promise<void> {
  try {
    await documents.update(table, headKey(book), 'SET closedUpTo = :time', {
      condition: 'attribute_exists(pk) AND (attribute_not_exists(closedUpTo) OR closedUpTo < :time)',
      values: { ':time': closedUpTo },
    });
  } catch (error) {
    // Nothing is sealed yet, or somebody else was here.
    if (!(error instanceof ConditionFailed)) throw error;
  }
}

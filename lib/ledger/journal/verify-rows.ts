/** Settled transfers against the pages of their time: is each of them sealed, and those that are not yet, as they were written? */
import { idOfText } from '../keys.ts';
import { newestPages, sealedIn } from './page.ts';
import { faultsOfOpen } from './row-faults.ts';
import { byPeriod, houseShards, rowsById, settledByTime } from './settled-rows.ts';
import type { ListedRow } from './settled-rows.ts';
import type { Position, Step, Until, Violation } from './verification.ts';
import { reversalFaults } from './verify-reversals.ts';
import type { ReversalDeps } from './verify-reversals.ts';

/** By then the stream and the next sweep have both had their turn, a few times. */
const SEALED_WITHIN_MS = 5 * 60_000;
/** An index lists a page a moment after it was written. */
const LOOKS = 4;
const LOOK_AGAIN_MS = 250;
/** What may have been written in that moment. */
const NEWEST = 20;
/** Rows of what is in no page yet, read at a time. */
const CHUNK = 100;

/** All rows, ten minutes of them at a time. */
export async function verifyRows(
  deps: ReversalDeps,
  book: string,
  position: Position,
  isOver: Until,
): Promise<Step> {
  const violations: Violation[] = [];
  const now = deps.clock.now();
  const due = new Date(now - SEALED_WITHIN_MS).toISOString();
  const shards = await houseShards(deps, book);
  const before = new Date(now).toISOString();
  const rows = settledByTime(deps, shards, { after: position.after, before });
  let { after } = position;
  for await (const [period, group] of byPeriod(rows)) {
    const old = group.filter(({ at }) => at < due);
    const open = await notSealed(deps, book, period, group.slice(old.length));
    for (const part of [old, ...inChunks(open)]) {
      if (part.length === 0) continue;
      // Before the next part, not after the last one: under load there would always be another.
      if (after !== position.after && isOver(violations))
        return { violations, position: { ...position, after } };
      violations.push(
        ...(part === old ? await unsealed(deps, book, period, old) : await checkOpen(deps, part)),
      );
      after = part.at(-1)!.gsi1sk;
    }
  }
  return { violations, position: { ...position, part: 'done' } };
}

const inChunks = (rows: ListedRow[]): ListedRow[][] =>
  Array.from({ length: Math.ceil(rows.length / CHUNK) }, (_, n) => rows.slice(n * CHUNK, (n + 1) * CHUNK));

async function notSealed(
  deps: ReversalDeps,
  book: string,
  period: string,
  rows: ListedRow[],
): Promise<ListedRow[]> {
  if (rows.length === 0) return [];
  const sealed = await sealedIn(deps, book, period);
  return rows.filter(({ id }) => !sealed.has(id));
}

/** Of what is in no page yet, so that no page tells whether it was changed. */
async function checkOpen(deps: ReversalDeps, open: ListedRow[]): Promise<Violation[]> {
  const rows = await rowsById(deps, open);
  const faults = [...rows].flatMap(([id, row]) =>
    faultsOfOpen(row).map((what) => ({ ...idOfText(id), what })),
  );
  return [...faults, ...(await reversalFaults(deps, rows))];
}

async function unsealed(
  deps: ReversalDeps,
  book: string,
  period: string,
  rows: ListedRow[],
): Promise<Violation[]> {
  let left = rows;
  for (let looks = 1; ; looks++) {
    const sealed = await sealedIn(deps, book, period);
    left = left.filter(({ id }) => !sealed.has(id));
    if (left.length === 0) return [];
    const pages = await newestPages(deps, book, NEWEST).catch(() => []);
    const newest = new Set(pages.flatMap(({ entries }) => entries.map(({ id }) => id)));
    left = left.filter(({ id }) => !newest.has(id));
    if (left.length === 0 || looks === LOOKS) break;
    await deps.clock.sleep(LOOK_AGAIN_MS);
  }
  // What the index still lists may be gone; then it moves no sum, or the balances tell.
  const there = await rowsById(deps, left);
  return left
    .filter(({ id }) => there.has(id))
    .map(({ id, at }) => ({ ...idOfText(id), what: `settled at ${at}, and was never sealed` }));
}

/** Settled transfers against the pages of their time: is each of them sealed? */
import type { Clock } from '../../runtime/clock.ts';
import { idOfText } from '../keys.ts';
import { newestPages, sealedIn } from './page.ts';
import type { JournalStore } from './page.ts';
import { byPeriod, houseShards, rowsById, settledByTime } from './settled-rows.ts';
import type { ListedRow } from './settled-rows.ts';
import type { Position, Step, Until, Violation } from './verification.ts';

/** By then the stream and the next sweep have both had their turn, a few times. */
const SEALED_WITHIN_MS = 5 * 60_000;
/** An index lists a page a moment after it was written. */
const LOOKS = 4;
const LOOK_AGAIN_MS = 250;
/** What may have been written in that moment. */
const NEWEST = 20;

type Deps = JournalStore & { clock: Clock };

/** Rows that settled long enough ago; ten minutes of them at a time. */
export async function verifyRows(deps: Deps, book: string, position: Position, isOver: Until): Promise<Step> {
  const violations: Violation[] = [];
  const before = new Date(deps.clock.now() - SEALED_WITHIN_MS).toISOString();
  const shards = await houseShards(deps, book);
  const rows = settledByTime(deps, shards, { after: position.after, before });
  let after = position.after;
  for await (const [period, group] of byPeriod(rows)) {
    violations.push(...(await unsealed(deps, book, period, group)));
    after = group.at(-1)!.gsi1sk;
    if (isOver(violations)) return { violations, position: { ...position, after } };
  }
  return { violations, position: { ...position, part: 'done' } };
}

async function unsealed(deps: Deps, book: string, period: string, rows: ListedRow[]): Promise<Violation[]> {
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

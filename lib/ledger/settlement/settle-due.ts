/** Settles what is due, for as long as somebody has time: retries, and what was lost on the way. */
import type { SettlementDeps, SettlementOutcome } from './settle-one.ts';
import { insist } from '../../vendors/dynamodb/insist.ts';
import { dueRows } from './due.ts';
import { claim } from './pending.ts';
import { settleBatch } from './settle-batch.ts';
import type { SettledRow } from './settle-batch.ts';

/** How often each outcome came. `unwritten`: not even what went wrong could be written. */
export type Tally = Partial<Record<SettlementOutcome | 'unwritten', number>>;

/** How long the index may be behind what it lists: it is not asked again before that. */
const INDEX_LAG_MS = 200;
/** What cannot be taken so many times in a row is left to the next sweep. */
const IDLE_ROUNDS = 5;

export const tallyOf = (settled: SettledRow[]): Tally => count({}, settled);

/**
 * Waits for a store that is away, as long as there is time: what comes due meanwhile is not left to the next sweep.
 * @param until milliseconds since the epoch: nothing is begun after it.
 */
export async function settleDue(until: number, deps: SettlementDeps): Promise<Tally> {
  const { clock } = deps;
  const tally: Tally = {};
  let idle = 0;
  while (clock.now() < until) {
    const { rows, firstDueAt: next } = await insist(() => dueRows(deps, clock.now()), clock, until);
    const claimed = await Promise.all(
      rows.map((row) => insist(() => claim(deps, row, clock.now()), clock, until)),
    );
    const settled = await settleBatch(
      claimed.filter((row) => row !== undefined),
      deps,
    );
    count(tally, settled);
    if (settled.length > 0) {
      idle = 0;
      continue;
    }
    if (next >= until) break;
    // Listed as due, and nobody can take it: the index is behind, others have it, or it cannot be read.
    if (next <= clock.now() && ++idle === IDLE_ROUNDS) break;
    await clock.sleep(Math.max(INDEX_LAG_MS, next - clock.now()));
  }
  return tally;
}

function count(tally: Tally, settled: SettledRow[]): Tally {
  for (const { outcome = 'unwritten' } of settled) tally[outcome] = (tally[outcome] ?? 0) + 1;
  return tally;
}

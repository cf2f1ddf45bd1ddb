/** What every benchmark shares: the row it reports and how two things are compared on a noisy machine. */

/** One line of the table. `ratio` is ours over the baseline's, measured in turns in the same run. */
export interface Row {
  id: string;
  what: string;
  baseline: string;
  ratio: number;
  goal: string;
  pass: boolean;
}

/** Until the compiler has seen enough of both: what is measured is the steady state. */
const WARM_UP_MS = 500;

/** Runs A and B in turns; one ratio of their times per round. */
export function interleaved(
  rounds: number,
  { ours, baseline }: { ours: () => void; baseline: () => void },
): number[] {
  for (const start = performance.now(); performance.now() - start < WARM_UP_MS;) {
    ours();
    baseline();
  }
  return Array.from({ length: rounds }, () => timed(ours) / timed(baseline));
}

/** Nanoseconds. */
function timed(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

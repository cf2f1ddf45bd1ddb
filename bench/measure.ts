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

/** Runs A and B in turns; one ratio of their times per round. The first round only warms up. */
export function interleaved(
  rounds: number,
  { ours, baseline }: { ours: () => void; baseline: () => void },
): number[] {
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const mine = timed(ours);
    const theirs = timed(baseline);
    if (round > 0) ratios.push(mine / theirs);
  }
  return ratios;
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

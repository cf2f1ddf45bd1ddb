/**
 * How long the calls of a minute took: a histogram of whole milliseconds that can be added to and kept in one item. While
 * there are few different values it holds them as they are, so that a percentile that is shown is the one that was
 * measured; beyond that, each stands for a bucket of values at most 0.8 % from it.
 */

/** How often each duration was seen, milliseconds. */
export type Durations = Map<number, number>;

/** So many different values are kept exactly: at most 2.5 KB. */
const MOST_EXACT = 256;
/** Values below are never put together; above, an octave is 64 buckets, so one is 1/64 of its values wide. */
const EXACT_BELOW = 128;
const OCTAVE_BITS = 6;

export function count(durations: Durations, value: number, times = 1): void {
  const whole = Math.max(0, Math.round(value));
  durations.set(whole, (durations.get(whole) ?? 0) + times);
}

/** The value that the share `of` (0 to 1) of all is at most; by nearest rank. `null`: there is none. */
export function percentile(durations: Durations, of: number): number | null {
  const sorted = [...durations].sort(([a], [b]) => a - b);
  const rank = Math.max(1, Math.ceil(of * sorted.reduce((sum, [, times]) => sum + times, 0)));
  let seen = 0;
  for (const [value, times] of sorted) {
    seen += times;
    if (seen >= rank) return value;
  }
  return null;
}

/** `12 15:3`: 12 once, 15 three times. */
export function toText(durations: Durations): string {
  return [...compact(durations)]
    .sort(([a], [b]) => a - b)
    .map(([value, times]) => (times === 1 ? `${value}` : `${value}:${times}`))
    .join(' ');
}

/** What cannot be read is left out. */
export function fromText(text: string): Durations {
  const durations: Durations = new Map();
  for (const [, value, times] of text.matchAll(/(\d+)(?::(\d+))?/g))
    count(durations, Number(value), Number(times ?? 1));
  return durations;
}

function compact(durations: Durations): Durations {
  if (durations.size <= MOST_EXACT) return durations;
  const bucketed: Durations = new Map();
  for (const [value, times] of durations) count(bucketed, bucketOf(value), times);
  return bucketed;
}

/** The middle of the bucket that a value falls in; a middle is its own. */
function bucketOf(value: number): number {
  if (value < EXACT_BELOW) return value;
  const width = 2 ** (Math.floor(Math.log2(value)) - OCTAVE_BITS);
  return Math.floor(value / width) * width + width / 2;
}

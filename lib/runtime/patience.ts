/** Waiting for a store that is busy: full jitter, up to a deadline. */
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

/** First wait, milliseconds; doubles up to the longest. Each is drawn evenly between nothing and that. */
const FIRST_MS = 10;
const LONGEST_MS = 500;

export interface Patience {
  clock: Clock;
  random: Random;
  /** Milliseconds since the epoch. */
  deadlineAt: number;
}

/** Waits before try `tries + 1`. @returns `false` at once where it would start after the deadline. */
export async function waitForNextTry(
  { clock, random, deadlineAt }: Patience,
  tries: number,
): Promise<boolean> {
  const waitMs = random.fraction() * Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1));
  if (clock.now() + waitMs >= deadlineAt) return false;
  await clock.sleep(waitMs);
  return true;
}

/**
 * Which minutes are read when. Each is read three times: at the two runs after its end, for what is shown, and once more
 * when every call that began in it has ended (the longest lasts 300 s). The last time is kept book of, so that minutes
 * of an outage of the monitor are made up for, the newest first.
 */
import { MINUTE_MS, minuteOf } from './minute.ts';
import type { Minutes } from './minute.ts';

/** Minutes before `head` were read for the last time, but for those of `gap`. */
export interface Progress {
  head: number;
  gap?: Minutes;
}

/** After its beginning: a call began at its end, lasted 300 s, and was written within ten. */
const LAST_READ_AFTER_MS = 6 * MINUTE_MS + 10_000;
/** What is read at once: of a quiet stretch that is one page per shard. */
const STEP_MS = 10 * MINUTE_MS;
/** What was longer ago is not made up for. */
const LONGEST_GAP_MS = 24 * 60 * MINUTE_MS;

/** Minutes that have ended just now. */
export function freshMinutes(now: number): Minutes {
  const to = minuteOf(now);
  return { from: to - 2 * MINUTE_MS, to };
}

/** What has to be read for the last time: the newer first. */
export function dueMinutes(progress: Progress | undefined, now: number): Minutes[] {
  const to = minuteOf(now - LAST_READ_AFTER_MS) + MINUTE_MS;
  const oldest = to - LONGEST_GAP_MS;
  const { head, gap } = progress ?? { head: oldest };
  const since = (from: number) => Math.max(from, oldest);
  return [{ from: since(head), to }, ...(gap ? [{ from: since(gap.from), to: gap.to }] : [])].filter(
    (minutes) => minutes.from < minutes.to,
  );
}

/** The newest of what is due, and what is left when it has been read. */
export function nextDue([first, ...others]: Minutes[]): { step: Minutes; left: Minutes[] } | undefined {
  if (!first) return undefined;
  const from = Math.max(first.from, first.to - STEP_MS);
  const left = from > first.from ? [{ from: first.from, to: from }, ...others] : others;
  return { step: { from, to: first.to }, left };
}

/** @param before what was known. What is left of two stretches becomes one: a minute read again stays what it is. */
export function progressAfter(before: Progress | undefined, left: Minutes[], now: number): Progress {
  const head = Math.max(before?.head ?? 0, minuteOf(now - LAST_READ_AFTER_MS) + MINUTE_MS);
  if (left.length === 0) return { head };
  const gap = {
    from: Math.min(...left.map(({ from }) => from)),
    to: Math.max(...left.map(({ to }) => to)),
  };
  return { head, gap };
}

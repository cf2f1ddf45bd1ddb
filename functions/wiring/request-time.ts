import type { Deadline } from '../../lib/runtime/clock.ts';

/** All the time a request has, from when it reached API Gateway, which gives up after 30 s. Milliseconds. */
const REQUEST_MS = 29_000;
/** Reserved for writing records and answering, milliseconds. */
const MARGIN_MS = 400;

/**
 * When a request came, by API Gateway's clock. Where that cannot be (absent, ahead of ours, or so long ago that nobody
 * waits for an answer), the clocks differ, and it came now. Milliseconds since the epoch.
 */
export function arrivalOf(timeEpoch: unknown, now: number): number {
  const known = typeof timeEpoch === 'number' && timeEpoch <= now && timeEpoch > now - REQUEST_MS;
  return known ? timeEpoch : now;
}

/** Counts from the arrival: the authorizer and a cold start have used some of it. */
export function deadlineOf(arrivedAt: number, now: number, remainingMs: number): Deadline {
  return { at: Math.min(arrivedAt + REQUEST_MS, now + remainingMs) - MARGIN_MS };
}

import { remaining } from '../../runtime/clock.ts';
import type { Clock, Deadline } from '../../runtime/clock.ts';
import { loginInProgress } from './failures.ts';
import { MARGIN_MS } from './session-request.ts';

/** What a login of this process comes to. @throws GatewayError `LOGIN_IN_PROGRESS` when the deadline is too near. */
export async function waitFor<T>(running: Promise<T>, deadline: Deadline, clock: Clock): Promise<T> {
  const patience = new AbortController();
  const tooLate = clock
    .sleep(Math.max(0, remaining(deadline, clock) - MARGIN_MS), patience.signal)
    .then(() => Promise.reject(loginInProgress(1)));
  try {
    return await Promise.race([running, tooLate]);
  } finally {
    patience.abort();
  }
}

/**
 * When a waiter checks again whether the login it waits for is done: once 0.9 of the usual time has passed,
 * then every 10 ms, growing slowly. An answer is picked up within 20 ms, at few round trips. A login that
 * usually takes long is checked once a second: it may be faster this time.
 */
const FIRST_POLL_MS = 10;
const LAST_POLL_MS = 250;
const GROWTH = 1.2;
const LONGEST_SLEEP_MS = 1_000;
/** Before a login was measured. */
const UNKNOWN_POLL_MS = 50;

export interface LoginWait {
  /** Milliseconds to sleep now. @param usualMs 0: unknown. */
  next(elapsedMs: number, usualMs: number): number;
}

export function createLoginWait(): LoginWait {
  let poll = 0;
  return {
    next(elapsedMs, usualMs) {
      const early = 0.9 * usualMs - elapsedMs;
      if (early > FIRST_POLL_MS) return Math.min(early, LONGEST_SLEEP_MS);
      poll = poll === 0 ? (usualMs > 0 ? FIRST_POLL_MS : UNKNOWN_POLL_MS) : poll * GROWTH;
      return Math.min(poll, LAST_POLL_MS);
    },
  };
}

/**
 * Notices that this process stood still: a Lambda frozen between two invocations, SIGSTOP, a laptop asleep. Meanwhile
 * its timers did not run, and what happened on its sockets passed it by.
 *
 * Told by the wall clock: whether a process's own clock goes on meanwhile depends on what stopped it.
 */

const LOOK_EVERY_MS = 250;
/** Not looked for this long: it stood still, or was too busy to look, which costs no more than new connections. */
const STANDSTILL_MS = 1_500;

let seenAt: number | undefined;
let count = 0;

function look(): void {
  const now = Date.now();
  if (seenAt === undefined) setInterval(look, LOOK_EVERY_MS).unref();
  // Set back: how long it stood still cannot be told.
  else if (now < seenAt || now - seenAt >= STANDSTILL_MS) count += 1;
  seenAt = now;
}

/** The last moment at which something was known to work. */
export class LastUse {
  #at = 0;
  #standstills = 0;

  /** @param now milliseconds since the epoch */
  note(now: number): void {
    look();
    this.#at = now;
    this.#standstills = count;
  }

  /** Was it at most `ms` ago, without a standstill since? */
  isWithin(ms: number, now: number): boolean {
    look();
    const ago = now - this.#at;
    return ago >= 0 && ago <= ms && this.#standstills === count;
  }
}

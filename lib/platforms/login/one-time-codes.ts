/** A one-time code (TOTP) is good for one use: platforms refuse it when it comes a second time (RFC 6238 5.2). */
import { endOfWindow, windowAt } from '../../definition/template/filters/totp.ts';
import { remaining } from '../../runtime/clock.ts';
import type { Clock, Deadline } from '../../runtime/clock.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { script } from '../../vendors/redis/redis.ts';
import type { Redis } from '../../vendors/redis/redis.ts';

/** Longer than any window in which a code may be sent again. */
const KEEP_MS = 10 * 60_000;
/** Into the window: the platform's clock may be a little behind. */
const INTO_WINDOW_MS = 500;

/** KEYS last window used. ARGV window, ttl in ms → 1 when it is later than any before, else 0. */
const CLAIM = script(`
if tonumber(redis.call('GET', KEYS[1]) or '-1') >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`);

export interface OneTimeCodes {
  /** Takes a window of time for one code. `false`: a code of it, or of a later one, was sent before. Never rejects. */
  claim(key: string, window: number): Promise<boolean>;
}

/** Fleet-wide; without Redis each process answers for itself. */
export function createOneTimeCodes(redis: Redis): OneTimeCodes {
  const usedHere = new Map<string, number>();
  return {
    async claim(key, window) {
      if ((usedHere.get(key) ?? -1) >= window) return false;
      const free = await redis.run<number>(CLAIM, [key], [window, KEEP_MS]).catch(() => 1);
      if (free === 1) usedHere.set(key, window);
      return free === 1;
    },
  };
}

export interface CodeWait {
  oneTimeCodes: OneTimeCodes;
  /** Under which used codes are remembered: one account's. */
  oneTimeCodeKey: string;
  clock: Clock;
  deadline: Deadline;
}

/**
 * Before a request with a one-time code: waits for a window of time whose code was not sent yet.
 * @throws GatewayError `DEADLINE_EXCEEDED` when there is no time for that.
 */
export async function awaitUnusedCode(wait: CodeWait): Promise<void> {
  const { oneTimeCodes, oneTimeCodeKey, clock, deadline } = wait;
  for (;;) {
    const window = windowAt(clock.now());
    if (await oneTimeCodes.claim(oneTimeCodeKey, window)) return;
    const waitMs = endOfWindow(window) - clock.now() + INTO_WINDOW_MS;
    if (remaining(deadline, clock) <= waitMs) {
      throw new GatewayError('DEADLINE_EXCEEDED', 'No time was left to wait for the next one-time code.');
    }
    await clock.sleep(waitMs);
  }
}

import type { Clock } from '../../runtime/clock.ts';
import { isGatewayError } from '../../runtime/errors.ts';

/** Of a store that is away for a moment: a batch of a stream, or a run, waits for it rather than being given up. */
export async function insist<T>(run: () => Promise<T>, clock: Clock, until: number): Promise<T> {
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 5_000)) {
    try {
      return await run();
    } catch (error) {
      if (!isGatewayError(error, 'STORE_UNAVAILABLE') || clock.now() + waitMs >= until) throw error;
    }
    await clock.sleep(waitMs);
  }
}

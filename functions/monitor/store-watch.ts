import type { Clock } from '../../lib/runtime/clock.ts';
import type { EmfLine } from '../../lib/vendors/log/emf.ts';
import type { MinuteTask } from './monitor.ts';

export interface StoreWatchDeps {
  /** By the store's name; rejects where it does not answer. */
  probes: Record<string, () => Promise<unknown>>;
  clock: Clock;
  emit: (line: EmfLine) => void;
  log: { error(message: string, fields: Record<string, unknown>): void };
}

/**
 * Asks each store, whether anybody calls or not: a call goes out without Redis, and a warm process without Secrets Manager,
 * so that no answer would tell.
 */
export const storeWatch = ({ probes, clock, emit, log }: StoreWatchDeps): MinuteTask => ({
  name: 'stores',
  async run() {
    await Promise.all(
      Object.entries(probes).map(async ([store, probe]) => {
        const isAway = await probe().then(
          () => false,
          (error: unknown) => {
            log.error('A store does not answer.', { store, error });
            return true;
          },
        );
        emit({
          at: clock.now(),
          dimensions: [['store']],
          metrics: { storeAway: { unit: 'Count', value: isAway ? 1 : 0 } },
          fields: { store },
        });
      }),
    );
  },
});

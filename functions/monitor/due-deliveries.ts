import { wakeDeliveries } from '../../lib/events/fan-out.ts';
import type { SweepDeps } from '../../lib/events/fan-out.ts';
import type { MinuteTask } from './monitor.ts';

/** Has what is due sent: retries, and whatever a run that died has left. */
export const dueDeliveries = (deps: SweepDeps): MinuteTask => ({
  name: 'due-deliveries',
  run: async () => void (await wakeDeliveries(deps)),
});

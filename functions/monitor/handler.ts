import { backgroundFunction } from '../wiring/background-function.ts';
import { log } from '../wiring/log.ts';
import { compose } from './compose.ts';
import { runMonitor } from './monitor.ts';

/** Reserved for storing the outcome, milliseconds. */
const MARGIN_MS = 2_000;

export const handler = backgroundFunction('monitor', MARGIN_MS, async (_event, context) => {
  const failed = await runMonitor(compose(), context);
  for (const [task, error] of Object.entries(failed))
    log().error('A task of the monitor failed.', { task, error });
  return { failed: Object.keys(failed) };
});

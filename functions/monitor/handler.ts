import { backgroundFunction } from '../wiring/background-function.ts';
import { log } from '../wiring/log.ts';
import { compose } from './compose.ts';
import { runMonitor } from './monitor.ts';

/** Reserved for storing the outcome, milliseconds. */
const MARGIN_MS = 2_000;

export const handler = backgroundFunction('monitor', MARGIN_MS, (_event, context) =>
  runMonitor(compose(), context, log()),
);

import { backgroundFunction } from '../wiring/background-function.ts';
import { credentials } from '../wiring/credentials.ts';
import { log } from '../wiring/log.ts';
import { compose } from './compose.ts';
import { runKeepalive } from './keepalive.ts';

/** Reserved for storing the outcome, milliseconds. */
const MARGIN_MS = 2_000;

export const handler = backgroundFunction('keepalive', MARGIN_MS, async (event, context) => {
  const done = await runKeepalive(event, context, compose());
  await credentials().flush();
  log().info('Keepalive finished.', { done });
  return done;
});

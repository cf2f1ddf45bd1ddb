import { backgroundFunction } from '../wiring/background-function.ts';
import { log } from '../wiring/log.ts';
import { compose } from './compose.ts';
import { runSettle } from './settle.ts';

/** Reserved for a transfer that is begun last, milliseconds. */
const MARGIN_MS = 10_000;

export const handler = backgroundFunction('settle', MARGIN_MS, async (event, { deadline }) => {
  const { tally, batchItemFailures } = await runSettle(event, deadline, compose());
  log().info('Settled.', { ...tally });
  return { batchItemFailures };
});

import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { requestIdOf } from '../../lib/runtime/request-id.ts';
import { credentials } from '../wiring/credentials.ts';
import { observed } from '../wiring/invocation.ts';
import { log } from '../wiring/log.ts';
import { compose } from './compose.ts';
import { runKeepalive } from './keepalive.ts';

/** Reserved for storing the outcome, milliseconds. */
const MARGIN_MS = 2_000;

export const handler = middy((event: unknown, context: Context) => {
  const now = clock.now();
  const requestId = requestIdOf(now, context.awsRequestId);
  const deadline = { at: now + context.getRemainingTimeInMillis() - MARGIN_MS };
  return observed(
    context,
    requestId,
    async () => {
      const done = await runKeepalive(event, { requestId, deadline }, compose());
      await credentials().flush();
      log().info('Keepalive finished.', { done });
      return done;
    },
    // A service that cannot be kept alive has been alerted; the run itself was a good one.
    () => ({ routeGroup: 'keepalive', status: 200 }),
    { routeGroup: 'keepalive' },
  );
});

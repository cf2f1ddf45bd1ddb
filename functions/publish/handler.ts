import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { requestIdOf } from '../../lib/runtime/request-id.ts';
import { observed } from '../wiring/invocation.ts';
import { compose } from './compose.ts';
import { runPublish } from './publish.ts';

/** Reserved for writing down what came of it, milliseconds. */
const MARGIN_MS = 2_000;

export const handler = middy((event: unknown, context: Context) => {
  const now = clock.now();
  const requestId = requestIdOf(now, context.awsRequestId);
  const deadline = { at: now + context.getRemainingTimeInMillis() - MARGIN_MS };
  return observed(
    context,
    requestId,
    () => runPublish(event, { deadline }, compose()),
    (done) => ({ routeGroup: 'delivered' in done ? 'deliver' : 'stream', status: 200 }),
    { routeGroup: 'publish' },
  );
});

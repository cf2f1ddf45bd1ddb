import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { credentials } from '../wiring/credentials.ts';
import { log } from '../wiring/log.ts';
import { compose } from './compose.ts';
import { runKeepalive } from './keepalive.ts';

/** Reserved for storing the outcome, milliseconds. */
const MARGIN_MS = 2_000;

export const handler = middy(async (event: unknown, context: Context) => {
  const deadline = { at: Date.now() + context.getRemainingTimeInMillis() - MARGIN_MS };
  const done = await runKeepalive(event, { requestId: context.awsRequestId, deadline }, compose());
  await credentials().flush();
  log().info('Keepalive finished.', { done });
  return done;
});

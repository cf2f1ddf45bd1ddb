/** A function that no request waits for: invoked by a schedule, a stream, or another function. */
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import type { Deadline } from '../../lib/runtime/clock.ts';
import { requestIdOf } from '../../lib/runtime/request-id.ts';
import { observed } from './invocation.ts';

/** @param marginMs reserved for storing the outcome. */
export const backgroundFunction = <T>(
  routeGroup: string,
  marginMs: number,
  run: (event: unknown, context: { requestId: string; deadline: Deadline }) => Promise<T>,
) =>
  middy((event: unknown, context: Context) => {
    const now = clock.now();
    const requestId = requestIdOf(now, context.awsRequestId);
    const deadline = { at: now + context.getRemainingTimeInMillis() - marginMs };
    return observed(
      context,
      requestId,
      () => run(event, { requestId, deadline }),
      // What went wrong with one service or transfer has been told where it was seen; the run itself was a good one.
      () => ({ routeGroup, status: 200 }),
      { routeGroup },
    );
  });

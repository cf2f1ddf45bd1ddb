import middy from '@middy/core';
import type { APIGatewayRequestAuthorizerEventV2, Context } from 'aws-lambda';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { requestIdOf } from '../../lib/runtime/request-id.ts';
import { apiKeys } from '../wiring/api-keys.ts';
import { observed } from '../wiring/invocation.ts';
import { people } from '../wiring/people.ts';
import { contextOf } from '../wiring/principal-context.ts';
import { arrivalOf } from '../wiring/request-time.ts';
import { identify } from './authorizer.ts';

/** API Gateway answers 500 for what is thrown here. */
export const handler = middy(async (event: APIGatewayRequestAuthorizerEventV2, context: Context) => {
  const { requestId, timeEpoch } = event.requestContext;
  let cause: unknown;
  const unavailable = (error: unknown) => void (cause = error);
  const principal = await observed(
    context,
    requestIdOf(arrivalOf(timeEpoch, clock.now()), requestId),
    () => identify(event, { keys: apiKeys(), people: people(), unavailable }),
    () => ({ routeGroup: 'authorizer', status: cause === undefined ? 200 : 503, cause }),
    { routeGroup: 'authorizer' },
  );
  return { isAuthorized: true, context: contextOf(principal) };
});

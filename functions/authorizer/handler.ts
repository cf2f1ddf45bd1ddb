import middy from '@middy/core';
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { access } from '../access.ts';
import { identify } from './authorizer.ts';

export const handler = middy(async (event: APIGatewayRequestAuthorizerEventV2) => {
  const { role, id } = await identify(event.headers ?? {}, access());
  return { isAuthorized: true, context: { role, principal: id } };
});

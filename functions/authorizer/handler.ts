import middy from '@middy/core';
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { apiKeys } from '../wiring/api-keys.ts';
import { identify } from './authorizer.ts';

export const handler = middy(async (event: APIGatewayRequestAuthorizerEventV2) => {
  const { role, id } = await identify(event.headers ?? {}, { keys: apiKeys() });
  return { isAuthorized: true, context: { role, principal: id } };
});

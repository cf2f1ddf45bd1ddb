import './environment.ts';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { afterEach, expect, it, vi } from 'vitest';
import { recordOutput } from './written.ts';
import { httpFunction } from '../../../functions/wiring/http-function.ts';
import type { ApiRequest } from '../../../lib/api/message.ts';
import { WEBHOOK_ROUTES } from '../../../lib/api/routes/webhook.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';

const event = {
  rawPath: '/webhook/urs/check',
  rawQueryString: '',
  headers: {},
  body: '{}',
  isBase64Encoded: false,
  requestContext: { requestId: 'r', timeEpoch: Date.now(), http: { method: 'POST', sourceIp: '192.0.2.1' } },
} as unknown as APIGatewayProxyEventV2;

afterEach(() => void vi.restoreAllMocks());

it.each([4_000, 12_000])('a request has what is left of the Lambda, %d ms, and no more (T)', async (left) => {
  const requests: ApiRequest[] = [];
  const handler = httpFunction(
    WEBHOOK_ROUTES,
    async (request) => {
      requests.push(request);
      return { status: 200, headers: {}, body: '' };
    },
    {
      finish: async () => undefined,
    },
  );
  recordOutput();
  const startedAt = Date.now();
  await handler(event, { getRemainingTimeInMillis: () => left } as Context);
  const { at } = requests[0]!.deadline;
  // Less what is kept for records and the answer.
  expect(at).toBeLessThan(Date.now() + left);
  expect(at).toBeGreaterThan(startedAt + left - 2_000);
});

it('a failure of ours is logged and counted, also where its answer has to be 200', async () => {
  const cause = new GatewayError('STORE_UNAVAILABLE', 'DynamoDB is away.');
  const answer = { status: 200, headers: {}, body: 'fail', cause };
  const handler = httpFunction(WEBHOOK_ROUTES, async () => answer, { finish: async () => undefined });
  const output = recordOutput();
  await handler(event, { getRemainingTimeInMillis: () => 10_000 } as Context);
  expect(output.errors()).toMatchObject([{ status: 200, code: 'STORE_UNAVAILABLE' }]);
  expect(output.metrics()).toMatchObject([{ errors5xx: 1, code: 'STORE_UNAVAILABLE' }]);
});

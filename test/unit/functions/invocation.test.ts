import './environment.ts';
import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { handler as adminHandler } from '../../../functions/admin/handler.ts';
import { handler as authorizerHandler } from '../../../functions/authorizer/handler.ts';
import { handler as keepaliveHandler } from '../../../functions/keepalive/handler.ts';
import { handler as proxyHandler } from '../../../functions/proxy/handler.ts';
import { handler as webhookHandler } from '../../../functions/webhook/handler.ts';
import { httpFunction } from '../../../functions/wiring/http-function.ts';
import { log } from '../../../functions/wiring/log.ts';
import { json } from '../../../lib/api/message.ts';
import type { ApiRequest, ApiResponse } from '../../../lib/api/message.ts';
import { WebhookRefused } from '../../../lib/partners/reply.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { recordOutput } from './written.ts';

const SECRET = 'canary-5d1f0c';
const context = (functionName: string, remainingMs = 29_000) =>
  ({
    awsRequestId: 'lambda-1',
    functionName,
    getRemainingTimeInMillis: () => remainingMs,
  }) as Context;

/** As API Gateway sends it, with the authorizer's answer. */
function event(method: string, path: string, timeEpoch: unknown = Date.now()) {
  return {
    rawPath: path,
    rawQueryString: '',
    headers: { authorization: 'Bearer gh_nobody' },
    requestContext: {
      requestId: 'api-1',
      timeEpoch,
      http: { method, sourceIp: '127.0.0.1' },
      authorizer: { lambda: { role: 'admin', principal: 'key_a' } },
    },
  } as never;
}

let output: ReturnType<typeof recordOutput>;
beforeEach(() => void (output = recordOutput()));
afterEach(() => void vi.restoreAllMocks());

const ROUTE = {
  method: 'GET',
  path: '/v1/things/{id}',
  role: 'caller',
  function: 'proxy',
  tag: 'T',
  summary: 'S',
} as const;

async function answerWith(serve: (request: ApiRequest) => Promise<ApiResponse>, path = '/v1/things/7') {
  const handler = httpFunction({ getThing: ROUTE }, serve, { finish: async () => undefined });
  return (await handler(event('GET', path), context('gatehouse-unit-proxy'))) as {
    statusCode: number;
    headers: Record<string, string>;
    body: string;
  };
}

const failing = (thrown: Error) => async (): Promise<ApiResponse> => {
  throw thrown;
};
const answering =
  (status: number, body: unknown): (() => Promise<ApiResponse>) =>
  async () =>
    json(status, body);

describe('a 5xx is one ERROR line and one metric line (W1)', () => {
  const stored = { type: 'x', code: 'DEADLINE_EXCEEDED', detail: '' };
  const cause = new Error(`SET session ${SECRET}`, {
    cause: Object.assign(new Error(SECRET), { code: 'EPIPE' }),
  });
  it.each<[string, () => Promise<ApiResponse>, number, string]>([
    [
      'of ours',
      failing(new GatewayError('STORE_UNAVAILABLE', 'DynamoDB did not answer.')),
      503,
      'STORE_UNAVAILABLE',
    ],
    ['that nobody expected', failing(new TypeError('x is undefined')), 500, 'INTERNAL'],
    [
      'told in a partner’s own shape',
      async () => ({
        ...json(503, {}),
        cause: new WebhookRefused('SERVICE_UNAVAILABLE', 'This service is switched off.'),
      }),
      503,
      'SERVICE_UNAVAILABLE',
    ],
    ['that was kept under a key', answering(504, stored), 504, 'DEADLINE_EXCEEDED'],
    ['of a third party', answering(502, { code: 'THEIR_OWN' }), 502, 'PASSED_THROUGH'],
    ['too large to send', answering(200, 'x'.repeat(6_300_000)), 502, 'RESPONSE_TOO_LARGE'],
  ])('%s', async (_name, serve, status, code) => {
    const { statusCode, headers } = await answerWith(serve);
    expect(statusCode).toBe(status);
    const ids = { requestId: headers['x-request-id'], awsRequestId: 'lambda-1' };
    expect(ids.requestId).toMatch(/^[0-9a-f]{12}-api-1$/);
    expect(output.errors()).toHaveLength(1);
    expect(output.errors()[0]).toMatchObject({ ...ids, function: 'gatehouse-unit-proxy', status, code });
    expect(output.metrics()).toHaveLength(1);
    expect(output.metrics()[0]).toMatchObject({
      ...ids,
      function: 'gatehouse-unit-proxy',
      routeGroup: 'things',
      code,
      requests: 1,
      errors5xx: 1,
      duration: expect.any(Number) as number,
    });
  });

  it('names what caused it, vendors by name and code alone', async () => {
    const inner = new GatewayError('STORE_UNAVAILABLE', 'Redis did not answer SET.', { cause });
    const outer = new GatewayError('LOGIN_IN_PROGRESS', `A login with password=${SECRET} waits.`, {
      cause: inner,
    });
    const { body } = await answerWith(failing(outer));
    expect(output.errors()[0]!['error']).toMatchObject({
      code: 'LOGIN_IN_PROGRESS',
      causes: ['STORE_UNAVAILABLE: Redis did not answer SET.', 'Error', 'Error (EPIPE)'],
    });
    expect(output.text()).not.toContain(SECRET);
    expect(body).not.toContain('causes');
  });

  it.each([
    ['200', answering(200, {}), '/v1/things/7', 'things'],
    ['a refusal', failing(new GatewayError('NOT_FOUND', 'No such thing.')), '/v1/things/7', 'things'],
    ['no route', answering(200, {}), '/v1/secret-path', 'none'],
  ])('%s is a metric line alone', async (_name, serve, path, routeGroup) => {
    await answerWith(serve, path);
    expect(output.errors()).toEqual([]);
    expect(output.metrics()).toHaveLength(1);
    expect(output.metrics()[0]).toMatchObject({ routeGroup, requests: 1, errors5xx: 0 });
    const [directive] = (output.metrics()[0]!['_aws'] as { CloudWatchMetrics: { Dimensions: string[][] }[] })
      .CloudWatchMetrics;
    expect(directive!.Dimensions).toEqual([['function'], ['function', 'routeGroup']]);
  });
});

describe('every function says when a store is down (W1)', () => {
  const deployed = (name: string) => context(`gatehouse-unit-${name}`);
  const operation = event('POST', '/v1/services/ANY/operations/any');
  const FUNCTIONS: [name: string, run: () => Promise<unknown>, routeGroup: string][] = [
    ['proxy', () => proxyHandler(operation, deployed('proxy')), 'operations'],
    ['admin', () => adminHandler(event('GET', '/v1/admin/services'), deployed('admin')), 'admin/services'],
    ['admin', () => adminHandler(event('GET', '/health'), deployed('admin')), 'health'],
    ['webhook', () => webhookHandler(event('POST', '/webhook/urs/check'), deployed('webhook')), 'webhook'],
    ['authorizer', () => authorizerHandler(event('GET', '/x'), deployed('authorizer')), 'authorizer'],
    ['keepalive', () => keepaliveHandler({ source: 'aws.events' }, deployed('keepalive')), 'keepalive'],
  ];
  it.each(FUNCTIONS)('%s', async (name, run, routeGroup) => {
    await run().catch(() => undefined);
    const expected = {
      function: `gatehouse-unit-${name}`,
      awsRequestId: 'lambda-1',
      code: 'STORE_UNAVAILABLE',
    };
    expect(output.errors()).toHaveLength(1);
    expect(output.errors()[0]).toMatchObject(expected);
    expect(output.metrics()).toHaveLength(1);
    expect(output.metrics()[0]).toMatchObject({ ...expected, routeGroup, errors5xx: 1 });
  });
});

it('lines of two requests at once carry their own ids, whoever writes them (W11)', async () => {
  const serve = async ({ requestId }: ApiRequest) => {
    log().warn('before', { expected: requestId });
    await new Promise((resolve) => setImmediate(resolve));
    log().warn('after', { expected: requestId });
    return json(200, {});
  };
  const handler = httpFunction({ getThing: ROUTE }, serve, { finish: async () => undefined });
  await Promise.all(
    [1, 2].map((n) =>
      handler(event('GET', '/v1/things/1', n), { ...context('f'), awsRequestId: `lambda-${n}` }),
    ),
  );
  const lines = output.logged();
  expect(lines).toHaveLength(4);
  for (const line of lines) expect(line['requestId']).toBe(line['expected']);
  expect(new Set(lines.map((line) => line['awsRequestId']))).toEqual(new Set(['lambda-1', 'lambda-2']));
});

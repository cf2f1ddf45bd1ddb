import './environment.ts';
import type { Context } from 'aws-lambda';
import { expect, it, vi } from 'vitest';

const TOKEN = 'canary-token-93c1';

it.each(['proxy', 'admin', 'webhook'])(
  'D2: %s fails closed without a variable, and names it, not the values of others',
  async (name) => {
    vi.resetModules();
    vi.stubEnv('UPSTASH_REDIS_REST_URL', undefined);
    vi.stubEnv('UPSTASH_REDIS_REST_TOKEN', TOKEN);
    const { handler } = (await import(`../../../functions/${name}/handler.ts`)) as {
      handler: (event: object, context: Context) => Promise<unknown>;
    };
    const path = { proxy: '/v1/accounts/user:1', admin: '/v1/admin/services', webhook: '/webhook/urs/check' }[
      name
    ];
    const event = {
      rawPath: path,
      rawQueryString: '',
      headers: {},
      requestContext: {
        requestId: 'r',
        http: { method: name === 'webhook' ? 'POST' : 'GET', sourceIp: '127.0.0.1' },
        authorizer: { lambda: { role: 'admin', principal: 'key_a' } },
      },
    };
    const context = {
      getRemainingTimeInMillis: () => 9_000,
      awsRequestId: 'l',
      functionName: name,
    } as Context;
    const error = await handler(event, context).then(String, (thrown: unknown) => String(thrown));
    expect(error).toContain('UPSTASH_REDIS_REST_URL');
    expect(error).not.toContain(TOKEN);
    vi.unstubAllEnvs();
  },
);

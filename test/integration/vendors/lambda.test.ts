import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInvoker } from '../../../lib/vendors/lambda/invoke.ts';

process.env['AWS_ACCESS_KEY_ID'] ??= 'local';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local';

const received: { url: string; type: string | undefined; body: string }[] = [];
let status = 202;

const lambda = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const type = request.headers['x-amz-invocation-type']?.toString();
    received.push({ url: request.url ?? '', type, body });
    response
      .writeHead(status, status === 202 ? {} : { 'x-amzn-errortype': 'TooManyRequestsException' })
      .end();
  });
});

let endpoint = '';
beforeAll(async () => {
  lambda.listen(0, '127.0.0.1');
  await once(lambda, 'listening');
  endpoint = `http://127.0.0.1:${(lambda.address() as AddressInfo).port}`;
});
afterAll(() => {
  lambda.closeAllConnections();
  lambda.close();
});

describe('starting another function', () => {
  it('queues an event and does not wait for the run', async () => {
    await createInvoker({ region: 'us-east-1', endpoint }).invokeAsync('gatehouse-test-keepalive', {
      service: 'ANY',
    });
    expect(received).toEqual([
      {
        url: '/2015-03-31/functions/gatehouse-test-keepalive/invocations',
        type: 'Event',
        body: '{"service":"ANY"}',
      },
    ]);
  });

  it('says STORE_UNAVAILABLE when the event was not taken', async () => {
    status = 429;
    await expect(
      createInvoker({ region: 'us-east-1', endpoint }).invokeAsync('gatehouse-test-keepalive', {}),
    ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});

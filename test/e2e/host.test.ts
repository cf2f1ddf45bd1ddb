import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { APIGatewayProxyEventV2, APIGatewayRequestAuthorizerEventV2, Context } from 'aws-lambda';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Declared } from '../../dev/host/declared.ts';
import type { FunctionHandler } from '../../dev/host/functions.ts';
import { startHost } from '../../dev/host/index.ts';
import type { Host } from '../../dev/host/index.ts';
import { startSchedules } from '../../dev/host/schedules.ts';

const fn = (name: string, timeoutSeconds = 10) => ({
  name,
  deployedName: `gatehouse-local-${name}`,
  module: `functions/${name}/handler`,
  export: 'handler',
  timeoutSeconds,
  schedules: [],
  streams: [],
});
const route = (method: string, path: string, functionName: string, authorizer?: string) => ({
  method,
  path,
  functionName,
  authorizer,
});

const declared: Declared = {
  functions: [fn('echo'), fn('odd'), fn('slow', 0.05), fn('authorizer'), fn('broken')],
  routes: [
    route('*', '/v1/{code}/proxy/{path+}', 'echo'),
    route('POST', '/v1/{code}/proxy/exact', 'odd'),
    route('GET', '/odd/{case}', 'odd'),
    route('GET', '/slow', 'slow'),
    route('GET', '/guarded', 'echo', 'authorizer'),
    route('GET', '/half-guarded', 'echo', 'broken'),
  ],
};

type Asked = { event: APIGatewayProxyEventV2; remaining: number; functionName: string };

const ODD: Record<string, () => unknown> = {
  plain: () => ({ hello: '世界' }),
  cookies: () => ({
    statusCode: 201,
    cookies: ['a=1; HttpOnly', 'b=2'],
    headers: { 'X-Count': 3 },
    body: 'x',
  }),
  binary: () => ({
    statusCode: 200,
    headers: { 'content-type': 'image/png' },
    body: Buffer.from([0, 255, 128, 10]).toString('base64'),
    isBase64Encoded: true,
  }),
  large: () => ({ statusCode: 200, body: 'x'.repeat(6 * 1024 * 1024 + 1) }),
  escaped: () => ({ statusCode: 200, body: '\u0001'.repeat(1_100_000) }),
  throws: () => {
    throw new Error('on purpose');
  },
  malformed: () => ({ statusCode: 'two hundred' }),
  split: () => ({ statusCode: 200, headers: { 'x-a': 'b\r\nx-injected: 1' } }),
  empty: () => ({ statusCode: 204 }),
};

const asynchronous: unknown[] = [];
const logged: { function: string; error: string }[] = [];
const handlers: Record<string, FunctionHandler> = {
  echo: (event: APIGatewayProxyEventV2, context: Context) => ({
    event,
    remaining: context.getRemainingTimeInMillis(),
    functionName: context.functionName,
  }),
  odd: (event: { pathParameters?: Record<string, string>; note?: string }) => {
    if (event.note === 'fail') throw new TypeError('no such thing');
    if (event.note !== undefined) return void asynchronous.push(event);
    return (ODD[event.pathParameters?.['case'] ?? ''] ?? (() => 'exact'))();
  },
  slow: () => new Promise(() => undefined),
  authorizer: (event: APIGatewayRequestAuthorizerEventV2) => ({
    isAuthorized: event.headers?.['authorization'] !== 'Bearer refused',
    context: { role: 'viewer', type: event.type },
  }),
  broken: () => 'neither yes nor no',
};

let host: Host;
beforeAll(async () => {
  host = await startHost({ declared, handlers, log: (entry) => void logged.push(entry) });
});
afterAll(() => host.stop());

async function asked(path: string, init?: RequestInit): Promise<Asked> {
  const answer = await fetch(host.url + path, init);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Asked;
}

/** Sends the target as it stands; `fetch` would tidy it. */
function raw(target: string, headers: string[] = ['Host: gate.example'], method = 'GET'): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      host.url,
      { path: target, method, headers: headers.flatMap((line) => line.split(': ')) },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(text));
      },
    );
    request.on('error', reject).end();
  });
}

test('an event has path, query, headers, cookies and parameters as API Gateway gives them', async () => {
  const text = await raw('/v1/A%252FB/proxy/x/%E5%B8%82//..%2f?a=1&b=%20&a=2', [
    'Host: gate.example',
    'X-Many: one',
    'X-Many: two',
    'Cookie: a=1; b=2',
    'User-Agent: tester',
  ]);
  const { event, remaining, functionName } = JSON.parse(text) as Asked;
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: 'ANY /v1/{code}/proxy/{path+}',
    rawPath: '/v1/A/B/proxy/x/市//../',
    rawQueryString: 'a=1&b=%20&a=2',
    queryStringParameters: { a: '1,2', b: ' ' },
    pathParameters: { code: 'A/B', path: 'x/市//../' },
    cookies: ['a=1', 'b=2'],
    headers: { host: 'gate.example', 'x-many': 'one,two', 'x-forwarded-for': '127.0.0.1' },
    requestContext: {
      http: { method: 'GET', sourceIp: '127.0.0.1', userAgent: 'tester' },
      stage: '$default',
    },
    isBase64Encoded: false,
  });
  expect(event.body).toBeUndefined();
  expect(event.requestContext.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(event.requestContext.timeEpoch).toBeGreaterThan(1_700_000_000_000);
  expect(event.requestContext.time).toMatch(/^\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  expect(remaining).toBeGreaterThan(0);
  expect(remaining).toBeLessThanOrEqual(10_000);
  expect(functionName).toBe('gatehouse-local-echo');
});

// Sent to a real HTTP API, and what its function got: github.com/hotsock/voker, `ingress-paths.json`, July 2026.
test.each([
  ['plain', 'plain'],
  ['space%20value', 'space value'],
  ['question%3Fvalue', 'question'],
  ['hash%23value', 'hash#value'],
  ['slash%2Fvalue', 'slash/value'],
  ['unicode-%CE%BB-%E4%B8%96%E7%95%8C', 'unicode-λ-世界'],
  ['literal%252Fvalue', 'literal/value'],
  ['literal%253Fvalue', 'literal?value'],
  ['literal%2525value', 'literal%value'],
])('W8 a path is decoded as API Gateway does: %s', async (sent, got) => {
  const { event } = JSON.parse(await raw(`/v1/S/proxy/${sent}?q=a%2Fb`)) as Asked;
  expect(event).toMatchObject({
    rawPath: `/v1/S/proxy/${got}`,
    rawQueryString: 'q=a%2Fb',
    pathParameters: { code: 'S', path: got },
    requestContext: { http: { path: `/v1/S/proxy/${got}` } },
  });
});

test('W8 an escape that is none is refused, before and after decoding; routes see the path decoded once', async () => {
  for (const sent of ['percent%25done', 'x%zz', 'x%2']) {
    expect(await raw(`/v1/S/proxy/${sent}`)).toBe('{"message":"Bad Request"}');
  }
  expect(await raw('/v1/A%2FB/proxy/x')).toBe('{"message":"Not Found"}');
  expect((JSON.parse(await raw('/v1/S%2Fproxy/x')) as Asked).event.rawPath).toBe('/v1/S/proxy/x');
});

const BODIES: [string | undefined, Buffer, boolean][] = [
  ['application/json', Buffer.from('{"市":1}'), false],
  ['application/problem+json; charset=utf-8', Buffer.from('{}'), false],
  ['text/plain', Buffer.from('text'), false],
  [undefined, Buffer.from('no type'), false],
  ['text/html; charset=gbk', Buffer.from([0xca, 0xd0]), true],
  ['text/plain', Buffer.from([0xff, 0xfe]), true],
  ['application/x-www-form-urlencoded', Buffer.from('a=1'), true],
  ['application/octet-stream', Buffer.from([0, 1, 2, 255]), true],
];
test.each(BODIES)('a body of %s arrives whole', async (type, bytes, base64) => {
  const { event } = await asked('/v1/S/proxy/x', {
    method: 'POST',
    body: new Uint8Array(bytes),
    headers: type === undefined ? {} : { 'content-type': type },
  });
  expect(event.isBase64Encoded).toBe(base64);
  expect(Buffer.from(event.body ?? '', base64 ? 'base64' : 'utf8')).toEqual(bytes);
});

test('the most specific route wins, whatever the order of declaration; what is no route is 404', async () => {
  expect(await (await fetch(`${host.url}/v1/S/proxy/exact`, { method: 'POST' })).json()).toBe('exact');
  expect((await asked('/v1/S/proxy/exact')).event.routeKey).toBe('ANY /v1/{code}/proxy/{path+}');
  for (const path of ['/', '/v1/S/proxy', '/v1/S/proxy/', '/v1//proxy/x', '/slow/', '/SLOW']) {
    const answer = await fetch(host.url + path);
    expect([path, answer.status, await answer.text()]).toEqual([path, 404, '{"message":"Not Found"}']);
  }
});

test('answers: a plain value, cookies and headers, bytes, nothing', async () => {
  const plain = await fetch(`${host.url}/odd/plain`);
  expect(plain.headers.get('content-type')).toBe('application/json');
  expect(await plain.json()).toEqual({ hello: '世界' });

  const cookies = await fetch(`${host.url}/odd/cookies`);
  expect(cookies.status).toBe(201);
  expect(cookies.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
  expect(cookies.headers.get('x-count')).toBe('3');

  const binary = await fetch(`${host.url}/odd/binary`);
  expect(binary.headers.get('content-type')).toBe('image/png');
  expect([...new Uint8Array(await binary.arrayBuffer())]).toEqual([0, 255, 128, 10]);

  expect((await fetch(`${host.url}/odd/empty`)).status).toBe(204);
});

test.each(['throws', 'malformed', 'large', 'escaped', 'split'])(
  'P6 a function that %s: 500 in API Gateway’s words, and a log line',
  async (kind) => {
    logged.length = 0;
    const answer = await fetch(`${host.url}/odd/${kind}`);
    expect(answer.status).toBe(500);
    expect(answer.headers.get('x-injected')).toBeNull();
    expect(await answer.text()).toBe('{"message":"Internal Server Error"}');
    expect(logged).toHaveLength(1);
    expect(logged[0]?.function).toBe('odd');
  },
);

test('a function at its time limit: 503', async () => {
  logged.length = 0;
  const answer = await fetch(`${host.url}/slow`);
  expect(answer.status).toBe(503);
  expect(await answer.text()).toBe('{"message":"Service Unavailable"}');
  expect(logged[0]?.error).toContain('FunctionTimedOut');
});

test('P6 E17 a request over 6 MB, declared or chunked: 413', async () => {
  const large = new Uint8Array(6 * 1024 * 1024 + 1);
  const answer = await fetch(`${host.url}/v1/S/proxy/x`, { method: 'POST', body: large });
  expect(answer.status).toBe(413);
  // 5 MB of bytes are over 6 MB of base64
  const bytes = await fetch(`${host.url}/v1/S/proxy/x`, {
    method: 'POST',
    body: large.subarray(0, 5_000_000),
    headers: { 'content-type': 'image/png' },
  });
  expect(bytes.status).toBe(413);
  const status = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(host.url).port), '127.0.0.1');
    socket.once('data', (data) => {
      resolve(data.toString().split('\r\n')[0] ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
    socket.write('POST /v1/S/proxy/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x10_00_00), Buffer.from('\r\n')]);
    for (let n = 0; n < 7; n += 1) socket.write(chunk);
  });
  expect(status).toContain('413');
});

test('the authorizer’s context reaches the function; a refusal and a fault do not', async () => {
  const { event } = await asked('/guarded');
  expect(event.requestContext).toMatchObject({ authorizer: { lambda: { role: 'viewer', type: 'REQUEST' } } });
  const refused = await fetch(`${host.url}/guarded`, { headers: { authorization: 'Bearer refused' } });
  expect([refused.status, await refused.text()]).toEqual([403, '{"message":"Forbidden"}']);
  const fault = await fetch(`${host.url}/half-guarded`);
  expect([fault.status, await fault.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
});

test('functions are invoked by the AWS SDK: at once, and for an answer', async () => {
  const lambda = new LambdaClient({
    region: 'us-east-1',
    endpoint: host.invocationUrl,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  const Payload = Buffer.from(JSON.stringify({ note: 'hello' }));
  const name = 'gatehouse-local-odd';
  const event = await lambda.send(
    new InvokeCommand({ FunctionName: name, InvocationType: 'Event', Payload }),
  );
  expect(event.StatusCode).toBe(202);
  await vi.waitFor(() => expect(asynchronous).toEqual([{ note: 'hello' }]));

  const answer = await lambda.send(new InvokeCommand({ FunctionName: name }));
  expect(Buffer.from(answer.Payload ?? []).toString()).toBe('"exact"');

  const failing = Buffer.from(JSON.stringify({ note: 'fail' }));
  const failed = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: failing }));
  expect(failed.FunctionError).toBe('Unhandled');
  expect(JSON.parse(Buffer.from(failed.Payload ?? []).toString())).toMatchObject({ errorType: 'TypeError' });

  await expect(lambda.send(new InvokeCommand({ FunctionName: 'other' }))).rejects.toThrow('not found');
  lambda.destroy();
});

test('a port that is taken is an error, and nothing stays open', async () => {
  const taken = Number(new URL(host.url).port);
  await expect(startHost({ declared, handlers, port: taken })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await expect(startHost({ declared, handlers, invocationPort: taken })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

test('schedules run after each interval, first after one; what is no rate is named', () => {
  vi.useFakeTimers();
  try {
    const runs: unknown[] = [];
    const schedules = startSchedules(
      [{ ...fn('keepalive'), schedules: ['rate(2 minutes)'] }],
      (name, event) => {
        runs.push([name, (event as { source: string }).source]);
      },
    );
    vi.advanceTimersByTime(119_000);
    expect(runs).toEqual([]);
    vi.advanceTimersByTime(121_000);
    expect(runs).toEqual([
      ['keepalive', 'aws.events'],
      ['keepalive', 'aws.events'],
    ]);
    schedules.stop();
    vi.advanceTimersByTime(600_000);
    expect(runs).toHaveLength(2);
    expect(() => startSchedules([{ ...fn('x'), schedules: ['cron(0 * * * ? *)'] }], () => undefined)).toThrow(
      'cron(0 * * * ? *)',
    );
  } finally {
    vi.useRealTimers();
  }
});

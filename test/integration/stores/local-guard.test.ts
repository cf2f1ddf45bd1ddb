import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHost } from '../../../dev/host/index.ts';
import type { Host } from '../../../dev/host/index.ts';
import { startDynamoDb } from '../../../dev/stores/dynamodb.ts';
import { ensureSecret } from '../../../dev/stores/secrets-api.ts';
import { startSecretsManager } from '../../../dev/stores/secrets-manager.ts';

const SECRET = 'canary-40d2';
const stops: (() => Promise<void>)[] = [];
const ran: unknown[] = [];
let secrets: URL;
let lambda: URL;
let host: Host;
let described = '';

beforeAll(async () => {
  const manager = await startSecretsManager({ dataDir: 'memory' });
  described = manager.describe;
  secrets = new URL(manager.endpoint);
  const target = { endpoint: manager.endpoint, region: 'us-east-1', accessKeyId: 'local' };
  await ensureSecret(target, 'gatehouse/local/A', () => SECRET);
  const declaration = {
    name: 'keepalive',
    deployedName: 'gatehouse-local-keepalive',
    module: '',
    export: '',
    timeoutSeconds: 5,
    schedules: [],
    streams: [],
  };
  host = await startHost({
    declared: { functions: [declaration], routes: [] },
    handlers: { keepalive: (event: unknown) => void ran.push(event) },
  });
  lambda = new URL(host.invocationUrl);
  stops.push(
    () => manager.stop(),
    () => host.stop(),
  );
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

/** `fetch` would not send `Host` and `Origin` as they are given. */
function send(
  url: URL,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const body = url === secrets ? '{"SecretId":"gatehouse/local/A"}' : '{"service":"ANY"}';
  return new Promise((resolve, reject) => {
    const { hostname, port } = url;
    const sent = httpRequest({ hostname, port, path, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject).end(body);
  });
}

const ENDPOINTS: [name: string, url: () => URL, path: string, headers: Record<string, string>][] = [
  ['Secrets Manager', () => secrets, '/', { 'x-amz-target': 'secretsmanager.GetSecretValue' }],
  [
    'Lambda',
    () => lambda,
    '/2015-03-31/functions/gatehouse-local-keepalive/invocations',
    { 'x-amz-invocation-type': 'RequestResponse' },
  ],
];

describe.each(ENDPOINTS)('the %s of a laptop (H6)', (_name, url, path, headers) => {
  const own = (change: Record<string, string> = {}) =>
    send(url(), url().pathname + path, { ...headers, ...change });

  it('answers who knows its token', async () => {
    expect((await own()).status).toBe(200);
    expect((await own({ host: `localhost:${url().port}` })).status).toBe(200);
  });

  it.each<[string, () => Promise<{ status: number; text: string }>]>([
    ['nobody without the token', () => send(url(), path, headers)],
    ['nobody with another one', () => send(url(), `/${'A'.repeat(32)}${path}`, headers)],
    ['nobody with a part of it', () => send(url(), url().pathname.slice(0, -1) + path, headers)],
    ['no page of another origin', () => own({ origin: 'https://evil.example' })],
    ['no page of its own origin', () => own({ origin: url().origin })],
    ['no navigation of a browser', () => own({ 'sec-fetch-site': 'cross-site' })],
    ['no name that was made to resolve to this machine', () => own({ host: 'evil.example' })],
    ['no name that begins like ours', () => own({ host: '127.0.0.1.evil.example' })],
  ])('answers %s', async (_who, ask) => {
    ran.length = 0;
    const { status, text } = await ask();
    expect(status).toBe(403);
    expect(text).not.toContain(SECRET);
    expect(ran).toEqual([]);
  });
});

it('tells nobody its token at the start (H6)', () => {
  expect(described).toContain(secrets.origin);
  expect(described).not.toContain(secrets.pathname.slice(1));
});

it('the DynamoDB of a laptop is at an address that a web page cannot guess (H6)', async () => {
  const stores = await Promise.all([startDynamoDb('memory'), startDynamoDb('memory')]);
  const hosts = stores.map(({ endpoint }) => new URL(endpoint).hostname);
  for (const [at, store] of stores.entries()) {
    const { port } = new URL(store.endpoint);
    expect(hosts[at]).toMatch(/^127\.\d+\.\d+\.\d+$/);
    expect((await fetch(store.endpoint)).status).toBeLessThan(500);
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow('fetch failed');
    await expect(fetch(`http://localhost:${port}`)).rejects.toThrow('fetch failed');
  }
  expect(hosts[0]).not.toBe(hosts[1]);
  for (const store of stores) await store.stop();
});

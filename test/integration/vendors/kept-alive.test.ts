import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import { httpModule, keptAliveAgent } from '../../../lib/vendors/kept-alive/agents.ts';
import { awsConnection } from '../../../lib/vendors/kept-alive/aws-connection.ts';
import { BoundedHandler } from '../../../lib/vendors/kept-alive/bounded-handler.ts';
import { startPeer } from '../../peer.ts';
import type { Peer } from '../../peer.ts';
import { startRelay } from '../../relay.ts';
import type { Relay } from '../../relay.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

let stores: TestStores;
let peer: Peer;
let relay: Relay;
beforeAll(async () => {
  stores = await openStores();
  peer = await startPeer();
});
afterEach(() => relay.stop());
afterAll(async () => {
  await peer.stop();
  await stores.close();
});

it('the ledger and the other records of a function share one connection to DynamoDB (W11)', async () => {
  const { config, names } = stores;
  relay = await startRelay(config.endpoints.dynamodb!);
  const connection = { region: config.region, endpoint: relay.url, agent: keptAliveAgent(relay.url) };
  const documents = connectDocuments(connection);
  const ledger = connectDocuments({ ...connection, maxAttempts: 1 });
  for (let n = 0; n < 3; n += 1) {
    await documents.get(names.tables.registry, { pk: 'A', sk: 'A' });
    await ledger.get(names.tables.ledger, { pk: 'A', sk: 'A' });
  }
  expect(relay.connections()).toBe(1);
});

let now = 1_000_000;

function get(agent: ReturnType<typeof keptAliveAgent>): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpModule(relay.url).get(relay.url, { agent }, (response) => {
      response.resume().on('close', resolve);
    });
    request.on('error', reject);
  });
}

it.each([
  ['for a while', 19_000, 1],
  ['not after a longer one', 21_000, 2],
  ['not when the clock was set back', -1, 2],
])('an idle connection is used again %s (W3)', async (_name, passes, connections) => {
  relay = await startRelay(peer.url);
  const agent = keptAliveAgent(relay.url, { now: () => now });
  await get(agent);
  now += passes;
  await get(agent);
  expect(relay.connections()).toBe(connections);
});

it('a connection in use is left alone, and all idle ones that are old are dropped at once (W3)', async () => {
  relay = await startRelay(peer.url);
  const agent = keptAliveAgent(relay.url, { now: () => now });
  await Promise.all([get(agent), get(agent), get(agent)]);
  expect(relay.connections()).toBe(3);
  now += 60_000;
  await Promise.all([get(agent), get(agent)]);
  expect(relay.connections()).toBe(5);
  expect(Object.values(agent.freeSockets).flat()).toHaveLength(2);
});

it('the agent is for the scheme of the address: AWS is reached by TLS', () => {
  const https = process.getBuiltinModule('node:https');
  expect(httpModule('https://example.com')).toBe(https);
  expect(keptAliveAgent('https://example.com')).toBeInstanceOf(https.Agent);
  expect(httpModule('http://127.0.0.1:8000')).toBe(process.getBuiltinModule('node:http'));
});

it.each([undefined, 'https://dynamodb.eu-central-1.amazonaws.com'])(
  'a client of AWS with the endpoint %s keeps its connections by TLS',
  async (endpoint) => {
    const agent = keptAliveAgent('https:');
    const client = awsConnection({ region: 'r', endpoint, maxAttempts: 1, timeoutMs: 1_000, agent });
    // Where the SDK keeps its options until the first request.
    const { configProvider } = client.requestHandler as unknown as { configProvider: Promise<object> };
    expect((await configProvider) as { httpsAgent: unknown }).toHaveProperty('httpsAgent', agent);
  },
);

it('a request that was answered leaves no timer behind: nothing keeps a process awake', async () => {
  relay = await startRelay(peer.url);
  const { port } = new URL(peer.url);
  const handler = new BoundedHandler(60_000, { httpAgent: keptAliveAgent(peer.url) });
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const request = { protocol: 'http:', hostname: '127.0.0.1', port: Number(port), path: '/', method: 'GET' };
  const { response } = await handler.handle({ ...request, headers: {}, query: {} } as never);
  expect(response.statusCode).toBe(200);
  expect(timers()).toBe(before);
});

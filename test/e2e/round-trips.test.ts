import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson, startPeer } from '../peer.ts';
import type { Peer } from '../peer.ts';
import { countRoundTrips } from '../round-trips.ts';

/** The counts of a warm call, exact: what every request costs, whatever the machine. */
let gatehouse: Gatehouse;
let peer: Peer;

beforeAll(async () => {
  [gatehouse, peer] = await Promise.all([
    startGatehouse(),
    startPeer(({ url }, response) => {
      if (url.startsWith('/login')) response.setHeader('set-cookie', 'sid=1; Path=/');
      sendJson(response, {});
    }),
  ]);
});
afterAll(() => Promise.all([gatehouse.stop(), peer.stop()]));

async function warm(code: string, parts: Record<string, unknown>): Promise<() => Promise<void>> {
  await gatehouse.register(
    {
      code,
      name: code,
      baseUrl: peer.url,
      allowedPaths: ['/*'],
      operations: { get: { method: 'GET', path: '/things' } },
      ...parts,
    },
    { username: 'u' },
  );
  const calls = async () => {
    expect((await gatehouse.ask('GET', `/v1/services/${code}/proxy/things`)).status).toBe(200);
    expect((await gatehouse.call(code, 'get')).status).toBe(200);
  };
  await calls();
  await calls();
  return calls;
}

const session = {
  type: 'SESSION',
  login: { submit: { path: '/login', fields: { u: '{{credentials.username}}' } }, success: { status: 200 } },
};
const guards = {
  quotas: [
    { type: 'PER_MINUTE', limit: 100 },
    { type: 'PER_DAY', limit: 100 },
  ],
  breaker: {},
};

describe('a pair of warm calls, one raw and one operation', () => {
  it.each([
    ['PLAIN', { auth: { type: 'NONE' } }, 0],
    ['GUARDED', { auth: { type: 'NONE' }, ...guards }, 2],
    ['SESSION_ONLY', { auth: session }, 0],
    ['SESSION_GUARDED', { auth: session, ...guards }, 2],
  ])(
    'costs %s one Redis round trip each at most, and one DynamoDB write each',
    async (code, parts, redis) => {
      const calls = await warm(code, parts);
      expect(await countRoundTrips(calls)).toEqual({ redis, dynamodb: 2, secretsManager: 0 });
    },
  );
});

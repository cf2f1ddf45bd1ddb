import type { ServerResponse } from 'node:http';
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
      if (url.startsWith('/together')) return together(response);
      if (url.startsWith('/login')) response.setHeader('set-cookie', 'sid=1; Path=/');
      return sendJson(response, {});
    }),
  ]);
});
afterAll(() => Promise.all([gatehouse.stop(), peer.stop()]));

const TOGETHER = 64;
let held: ServerResponse[] = [];

/** Answers so many requests at the same moment. */
function together(response: ServerResponse): void {
  held.push(response);
  if (held.length < TOGETHER) return;
  for (const each of held) sendJson(each, {});
  held = [];
}

async function warm(
  code: string,
  parts: Record<string, unknown>,
  credentials: object,
): Promise<() => Promise<void>> {
  await gatehouse.register(
    {
      code,
      name: code,
      baseUrl: peer.url,
      allowedPaths: ['/*'],
      operations: { get: { method: 'GET', path: '/things' } },
      ...parts,
    },
    credentials,
  );
  const calls = async () => {
    expect((await gatehouse.ask('GET', `/v1/services/${code}/proxy/things`)).status).toBe(200);
    expect((await gatehouse.call(code, 'get')).status).toBe(200);
  };
  // One of two accounts is warm after two of these, the other after four.
  for (let i = 0; i < 4; i += 1) await calls();
  return calls;
}

const session = {
  type: 'SESSION',
  login: { submit: { path: '/login', fields: { u: '{{credentials.username}}' } }, success: { status: 200 } },
};
const one = { username: 'u', token: 't' };
const several = { accounts: { north: one, south: one } };
const guards = {
  quotas: [
    { type: 'PER_MINUTE', limit: 100 },
    { type: 'PER_DAY', limit: 100 },
  ],
  breaker: {},
};

describe('a pair of warm calls, one raw and one operation', () => {
  it.each([
    ['PLAIN', { auth: { type: 'NONE' } }, one, 0],
    ['GUARDED', { auth: { type: 'NONE' }, ...guards }, one, 2],
    ['SESSION_ONLY', { auth: session }, one, 0],
    ['SESSION_GUARDED', { auth: session, ...guards }, one, 2],
    ['KEYED_SEVERAL', { auth: { type: 'BEARER' } }, several, 2],
    ['SESSION_SEVERAL', { auth: session }, several, 2],
    ['SESSION_SEVERAL_GUARDED', { auth: session, ...guards }, several, 2],
  ])(
    'costs %s one Redis round trip each at most, and one DynamoDB write each',
    async (code, parts, credentials, redis) => {
      const calls = await warm(code, parts, credentials);
      expect(await countRoundTrips(calls)).toEqual({ redis, dynamodb: 2, secretsManager: 0 });
    },
  );
});

it('calls that end together share their writes, and what they ask of Redis (row 13)', async () => {
  await warm(
    'TOGETHER',
    { auth: { type: 'NONE' }, ...guards, quotas: [{ type: 'PER_DAY', limit: 1_000 }] },
    one,
  );
  const trips = await countRoundTrips(async () => {
    const path = '/v1/services/TOGETHER/proxy/together';
    const answers = await Promise.all(Array.from({ length: TOGETHER }, () => gatehouse.ask('GET', path)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });
  // How many exactly depends on the speed of everything: each by itself they would be 64.
  expect(trips.dynamodb).toBeLessThan(TOGETHER / 2);
  expect(trips.redis).toBeLessThan(TOGETHER);
  expect(trips.secretsManager).toBe(0);
});

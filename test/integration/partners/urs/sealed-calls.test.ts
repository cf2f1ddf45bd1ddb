import { createDecipheriv } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startUrs } from '../../../../dev/sandbox/urs/service.ts';
import type { Urs } from '../../../../dev/sandbox/urs/service.ts';
import { startGatehouse } from '../../../gatehouse.ts';
import type { Gatehouse } from '../../../gatehouse.ts';
import { sendJson, startPeer } from '../../../peer.ts';
import type { Peer } from '../../../peer.ts';
import { prepareKey, sealEnvelope } from '../../../../lib/partners/urs/envelope.ts';

const APP_KEY = 'knY4NP4SiMnB3L3TaPnR27lJWQrab7rY';
const USER_KEY = '$2y$10$i.h97m13olfIaU.ZTYiyeeXFl8xqn48w2bFiAhcoQsJdU6K3w.Lgu';
const shipped = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../services/urs-promotion.json'), 'utf8'),
) as { code: string; operations: Record<string, object> };

let gatehouse: Gatehouse;
let urs: Urs;
let peer: Peer;

/** What ships, at another address under another name and without its webhook, without waits between its retries. */
const definition = (code: string, baseUrl: string, more: object = {}) => ({
  ...shipped,
  code,
  baseUrl,
  webhook: undefined,
  healthCheck: undefined,
  retry: {
    networkTimeout: { attempts: 1, delaysSeconds: [0] },
    serverError: { attempts: 2, delaysSeconds: [0] },
  },
  ...more,
});

/** The same without a cache: every call is seen by URS. */
const uncached = Object.fromEntries(
  Object.entries(shipped.operations).map(([name, operation]) => [
    name,
    { ...operation, cacheSeconds: undefined },
  ]),
);

beforeAll(async () => {
  [gatehouse, urs, peer] = await Promise.all([startGatehouse(), startUrs(), startPeer()]);
  await gatehouse.register(definition('URS_CACHED', urs.baseUrl), { appKey: APP_KEY });
  await gatehouse.register(definition('URS_LIVE', urs.baseUrl, { operations: uncached }), {
    appKey: APP_KEY,
  });
  await gatehouse.register(
    definition('URS_PEER', peer.url, {
      operations: {
        ...uncached,
        look: {
          method: 'GET',
          path: '/look/{{params.shelf}}',
          params: { type: 'object', properties: { shelf: {}, secret: {} }, additionalProperties: false },
        },
      },
    }),
    { appKey: APP_KEY },
  );
});
beforeEach(() => {
  urs.control.reset();
  peer.seen.length = 0;
  peer.answer((_, response) => sendJson(response, '{"success":true}'));
});
afterAll(() => Promise.all([gatehouse.stop(), urs.stop(), peer.stop()]));

const sealed = (text: string, appKey = APP_KEY, drift = 0) =>
  sealEnvelope(text, prepareKey(appKey, 'v1'), {
    nowSeconds: Math.floor(Date.now() / 1_000) + drift,
    iv: Buffer.alloc(16, 3),
  });

function opened(envelope: { data: string; iv: string }): string {
  const decipher = createDecipheriv('aes-256-cbc', APP_KEY, Buffer.from(envelope.iv, 'base64'));
  return decipher.update(envelope.data, 'base64', 'utf8') + decipher.final('utf8');
}

test.each(['plain', 'sealed'] as const)('the three operations, answered %s', async (answers) => {
  urs.control.set({ answers });
  const info = await gatehouse.call('URS_LIVE', 'userInfo', { userKey: USER_KEY });
  expect([info.status, info.at('data')]).toEqual([
    200,
    { success: true, data: { userId: 10_002, nickname: '农场主李雷🌾' } },
  ]);
  const team = await gatehouse.call('URS_LIVE', 'userTeam', { userId: 10_005 });
  expect(team.at('data.data')).toEqual({ userId: 10_005, team: [10_003, 10_002, 10_001] });
  for (const [level, count] of [
    [1, 3],
    [3, 6],
  ] as const) {
    const answer = await gatehouse.call('URS_LIVE', 'userLevelCount', { userId: 10_002, level });
    expect(answer.at('data.data')).toEqual({ userId: 10_002, level, count });
  }
  expect(urs.counters()).toMatchObject({ refused: {}, reusedIvs: 0, twiceSealed: 4 });
});

test('what URS refuses, and what it answers 200 but calls no success, is PLATFORM_API_ERROR with its words', async () => {
  const unknown = await gatehouse.call('URS_LIVE', 'userInfo', { userKey: 'nobody' });
  expect([unknown.status, unknown.at('code'), unknown.at('upstream.body.error')]).toEqual([
    502,
    'PLATFORM_API_ERROR',
    '用户不存在',
  ]);
  peer.answer((_, response) => sendJson(response, { success: false, error: '维护中' }));
  const failed = await gatehouse.call('URS_PEER', 'userTeam', { userId: 1 });
  expect([failed.status, failed.at('code'), failed.at('upstream.body.error')]).toEqual([
    502,
    'PLATFORM_API_ERROR',
    '维护中',
  ]);
});

test('nothing of the params is on the wire but in the envelope, which body and headers both carry', async () => {
  await gatehouse.call('URS_PEER', 'userInfo', { userKey: USER_KEY });
  const [seen] = peer.seen;
  expect(seen).toMatchObject({ method: 'POST', url: '/ecology/1/userInfo' });
  const envelope = JSON.parse(seen!.body.toString()) as ReturnType<typeof sealed>;
  expect(Object.keys(envelope)).toEqual(['data', 'iv', 'timestamp', 'sign']);
  expect(seen!.headers).toMatchObject({
    'content-type': 'application/json',
    'x-encrypted-data': seen!.body.toString(),
    'x-timestamp': String(envelope.timestamp),
    'x-signature': envelope.sign,
  });
  expect(opened(envelope)).toBe(JSON.stringify({ userKey: USER_KEY }));
  const wire = JSON.stringify(seen!.headers) + seen!.url + seen!.body.toString();
  for (const canary of ['userKey', '2y$10', APP_KEY]) expect(wire).not.toContain(canary);
});

test('an operation without body carries its envelope in the headers, and in the path what its template names', async () => {
  await gatehouse.call('URS_PEER', 'look', { shelf: 'top', secret: 'behind the books' });
  const [seen] = peer.seen;
  expect([seen!.method, seen!.url, seen!.body.length]).toEqual(['GET', '/look/top', 0]);
  const envelope = JSON.parse(String(seen!.headers['x-encrypted-data'])) as ReturnType<typeof sealed>;
  expect(opened(envelope)).toBe('{"secret":"behind the books"}');
});

test('each try is an envelope of its own', async () => {
  let tries = 0;
  peer.answer((_, response) => sendJson(response, '{"success":true}', (tries += 1) < 3 ? 503 : 200));
  const answer = await gatehouse.call('URS_PEER', 'userTeam', { userId: 7 });
  expect([answer.status, answer.at('meta.attempts')]).toEqual([200, 3]);
  const envelopes = peer.seen.map(({ body }) => JSON.parse(body.toString()) as ReturnType<typeof sealed>);
  expect(new Set(envelopes.map(({ iv }) => iv)).size).toBe(3);
  expect(envelopes.map(opened)).toEqual(Array(3).fill('{"userId":7}'));
});

test('numbers of a sealed answer reach the caller digit by digit', async () => {
  const text = '{"success":true,"balance":123456789012345678.0123456789,"ratio":1.0e-10,"whole":10.0}';
  peer.answer((_, response) => sendJson(response, sealed(text)));
  const answer = await gatehouse.call('URS_PEER', 'userTeam', { userId: 7 });
  expect(answer.text).toContain(text);
});

test.each<[string, () => object]>([
  ['E2: with another sign', () => ({ ...sealed('{"secret":1}'), sign: '0'.repeat(64) })],
  ['under another key', () => sealed('{"secret":1}', 'somebody else')],
  ['E6: from 301 s ago', () => sealed('{"secret":1}', APP_KEY, -310)],
  ['E3: of something that is no JSON', () => sealed('secret')],
])('an answer sealed %s is PLATFORM_API_ERROR, without a word of it', async (_, make) => {
  const envelope = make();
  peer.answer((_request, response) => sendJson(response, envelope));
  const answer = await gatehouse.call('URS_PEER', 'userTeam', { userId: 7 });
  expect([answer.status, answer.at('code')]).toEqual([502, 'PLATFORM_API_ERROR']);
  expect(answer.at('detail')).toBe('URS_PEER answered with an invalid envelope.');
  for (const canary of ['secret', (envelope as { data: string }).data, APP_KEY]) {
    expect(answer.text).not.toContain(canary);
  }
  expect(peer.seen).toHaveLength(1);
});

test('E15: during a rotation calls go out under the new key and answers under the old one open', async () => {
  await gatehouse.register(definition('URS_ROTATING', peer.url, { operations: uncached }), {
    appKey: APP_KEY,
  });
  const path = '/v1/admin/services/URS_ROTATING/credentials';
  await gatehouse.ask('PUT', path, { body: { appKey: 'the new key' } });
  peer.answer((_, response) => sendJson(response, sealed('{"from":"before"}')));
  const answer = await gatehouse.call('URS_ROTATING', 'userTeam', { userId: 7 });
  expect([answer.status, answer.at('data')]).toEqual([200, { from: 'before' }]);
  const versions = await gatehouse.ask('GET', path);
  expect(versions.at<{ useCount: number }[]>('items').map(({ useCount }) => useCount)).toEqual([1, 1]);
});

test.each([2, 0, '1', null])('level %j is refused before any request', async (level) => {
  const answer = await gatehouse.call('URS_LIVE', 'userLevelCount', { userId: 10_002, level });
  expect([answer.status, answer.at('code'), answer.at('errors.0.field')]).toEqual([
    422,
    'VALIDATION_FAILED',
    'params.level',
  ]);
  expect(urs.counters().requests).toEqual({});
});

test('a sealed answer still serves when URS is down, marked stale', async () => {
  const operations = Object.fromEntries(
    // Stale at once.
    Object.entries(shipped.operations).map(([name, each]) => [name, { ...each, cacheSeconds: 0.001 }]),
  );
  await gatehouse.register(definition('URS_STALE', urs.baseUrl, { operations }), { appKey: APP_KEY });
  urs.control.set({ answers: 'sealed' });
  const first = await gatehouse.call('URS_STALE', 'userTeam', { userId: 10_005 });
  urs.control.down();
  const second = await gatehouse.call('URS_STALE', 'userTeam', { userId: 10_005 });
  expect([first.at('meta.stale'), second.status, second.at('meta.stale')]).toEqual([false, 200, true]);
  expect(second.at('data')).toEqual(first.at('data'));
  const other = await gatehouse.call('URS_STALE', 'userTeam', { userId: 10_004 });
  expect([other.status, other.at('code')]).toEqual([503, 'PLATFORM_UNAVAILABLE']);
});

test('answers are cached', async () => {
  urs.control.set({ answers: 'sealed' });
  const first = await gatehouse.call('URS_CACHED', 'userInfo', { userKey: USER_KEY });
  const second = await gatehouse.call('URS_CACHED', 'userInfo', { userKey: USER_KEY });
  expect([first.at('meta.cached'), second.at('meta.cached')]).toEqual([false, true]);
  expect(second.at('data')).toEqual(first.at('data'));
  expect(urs.counters().requests).toEqual({ userInfo: 1 });
});

test('without an app key the call says so', async () => {
  await gatehouse.register(definition('URS_KEYLESS', peer.url));
  const answer = await gatehouse.call('URS_KEYLESS', 'userTeam', { userId: 7 });
  expect([answer.status, answer.at('code')]).toEqual([500, 'CONFIGURATION_ERROR']);
  expect(peer.seen).toHaveLength(0);
});

test('A3 an app key that URS echoes reaches nobody', async () => {
  await gatehouse.register(definition('URS_ECHO', peer.url), { appKey: APP_KEY });
  for (const [status, body] of [
    [401, `mismatch ${APP_KEY}`],
    [500, JSON.stringify({ trace: `seal('${APP_KEY}')` })],
    [200, `<b>Fatal error</b> ${APP_KEY}`],
  ] as const) {
    peer.answer((_, response) => sendJson(response, body, status));
    const answer = await gatehouse.call('URS_ECHO', 'userTeam', { userId: 8 });
    expect([answer.status, answer.text.includes(APP_KEY)]).toEqual([status === 500 ? 503 : 502, false]);
  }
  peer.answer((_, response) => sendJson(response, { data: { nickname: APP_KEY } }));
  await gatehouse.call('URS_ECHO', 'userTeam', { userId: 9 });
  expect((await gatehouse.ask('GET', '/v1/admin/calls?service=URS_ECHO')).text).not.toContain(APP_KEY);
});

test('H11: the raw proxy seals nothing for anybody', async () => {
  const answer = await gatehouse.ask('POST', '/v1/services/URS_PEER/proxy/raw', { body: '{"userId":7}' });
  expect([answer.status, answer.at('code')]).toEqual([403, 'PATH_NOT_ALLOWED']);
  expect(answer.at('detail')).toContain('sealed');
  expect(peer.seen).toEqual([]);
});

test('H11: a definition that leaves open what is sealed is refused, naming each place', async () => {
  const open = {
    ...definition('URS_OPEN', peer.url),
    allowedPaths: ['/raw'],
    operations: {
      any: { method: 'POST', path: '/any', body: 'json' },
      more: {
        method: 'POST',
        path: '/more',
        body: 'json',
        params: { type: 'object', properties: { a: {} } },
      },
      shut: {
        method: 'POST',
        path: '/shut',
        body: 'json',
        params: { type: 'object', additionalProperties: false },
      },
    },
  };
  const put = await gatehouse.ask('PUT', '/v1/admin/services/URS_OPEN', { body: open });
  expect([put.status, put.at<{ field: string }[]>('errors').map(({ field }) => field)]).toEqual([
    422,
    ['allowedPaths', 'operations.any.params', 'operations.more.params'],
  ]);
  const other = { ...open, auth: { type: 'NONE' } };
  expect((await gatehouse.ask('PUT', '/v1/admin/services/URS_OPEN', { body: other })).status).toBe(201);
});

test('H11: whoever is sent an envelope of ours cannot send it to our webhook as an order of URS', async () => {
  const webhook = { path: 'mirror' };
  await gatehouse.register(definition('URS_MIRROR', peer.url, { webhook, operations: uncached }), {
    appKey: APP_KEY,
  });
  const order = { userId: 10_002, usdtAmount: 5, transactionId: 'reflected' };
  await gatehouse.call('URS_MIRROR', 'userTeam', { userId: 10_002 });
  const ours = JSON.parse(peer.seen[0]!.body.toString()) as ReturnType<typeof sealed>;
  const deliver = async (envelope: unknown) =>
    (await gatehouse.ask('POST', '/webhook/mirror/check', { body: envelope })).status;
  expect(await deliver(ours)).toBe(401);
  const refused = await gatehouse.ask('GET', '/v1/admin/deliveries?cause=REFLECTED');
  expect(refused.at('items.0.verdict')).toBe('rejected');
  expect(await deliver(sealed(JSON.stringify(order)))).toBe(200);
});

test('a batch is sealed call by call', async () => {
  const calls = [10_002, 10_003].map((userId) => ({ operation: 'userTeam', params: { userId } }));
  const answer = await gatehouse.ask('POST', '/v1/services/URS_LIVE/batch', { body: calls });
  expect([answer.status, urs.counters().requests]).toEqual([200, { userTeam: 2 }]);
  expect(answer.text).toContain('[10002,10001,10000]');
});

test('A3: neither the ukey nor the envelope is in the call log', async () => {
  const calls = await gatehouse.ask('GET', '/v1/admin/calls?service=URS_LIVE');
  expect(calls.text).toContain('userInfo');
  for (const canary of ['i.h97m13olfIaU', APP_KEY]) expect(calls.text).not.toContain(canary);
});

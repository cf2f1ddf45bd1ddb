import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startUrs } from '../../../dev/sandbox/urs/service.ts';
import type { Urs } from '../../../dev/sandbox/urs/service.ts';
import { envelopeHeaders, readPlacement } from '../../../lib/partners/urs/envelope-placement.ts';
import { openEnvelope, prepareKey, sealEnvelope } from '../../../lib/partners/urs/envelope.ts';
import { startPeer } from '../../peer.ts';
import type { Peer } from '../../peer.ts';

const NOW = 1_767_225_600;
const IV = Buffer.alloc(16, 1);

let urs: Urs;
let gatehouse: Peer;

beforeAll(async () => {
  gatehouse = await startPeer();
  urs = await startUrs({ now: () => NOW * 1_000, webhookUrl: `${gatehouse.url}/webhook/urs` });
});
beforeEach(() => {
  urs.control.reset();
  gatehouse.seen.length = 0;
});
afterAll(() => Promise.all([urs.stop(), gatehouse.stop()]));

const key = (appKey = urs.credentials.appKey) => prepareKey(appKey, 'v1');

async function ask(
  action: string,
  params: object,
  { nowSeconds = NOW, appKey = urs.credentials.appKey } = {},
) {
  const envelope = sealEnvelope(JSON.stringify(params), key(appKey), { nowSeconds, iv: IV });
  const response = await fetch(`${urs.baseUrl}/ecology/1/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...envelopeHeaders(envelope) },
    body: JSON.stringify(envelope),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}

test('userInfo, userTeam, userLevelCount', async () => {
  const { userKey } = urs.world.byId(10_005)!;
  expect(await ask('userInfo', { userKey })).toEqual({
    status: 200,
    body: { success: true, data: { userId: 10_005, nickname: '陈小妹' } },
  });
  expect(await ask('userTeam', { userId: 10_008 })).toMatchObject({
    body: { data: { team: [10_007, 10_005, 10_003] } },
  });
  expect(await ask('userTeam', { userId: 10_000 })).toMatchObject({ body: { data: { team: [] } } });
  expect(await ask('userLevelCount', { userId: 10_003, level: 1 })).toMatchObject({
    body: { data: { count: 2 } },
  });
  expect(await ask('userLevelCount', { userId: 10_003, level: 3 })).toMatchObject({
    body: { data: { count: 4 } },
  });
  // The same iv five times: that is what it counts.
  expect(urs.counters()).toMatchObject({ reusedIvs: 4, twiceSealed: 5 });
});

test.each([
  ['nobody', 'userInfo', { userKey: 'x' }, {}, 404],
  ['level 2', 'userLevelCount', { userId: 10_003, level: 2 }, {}, 422],
  ['another action', 'userSecrets', {}, {}, 404],
  ['another key', 'userTeam', { userId: 10_003 }, { appKey: 'other' }, 401],
  ['too old', 'userTeam', { userId: 10_003 }, { nowSeconds: NOW - 301 }, 401],
])('refuses %s', async (_, action, params, sealing, status) => {
  expect(await ask(action, params, sealing)).toMatchObject({ status, body: { success: false } });
});

test('refuses what is not sealed', async () => {
  const response = await fetch(`${urs.baseUrl}/ecology/1/userTeam`, {
    method: 'POST',
    body: '{"userId":10003}',
  });
  expect(response.status).toBe(401);
});

test('answers sealed, or forged, when told to', async () => {
  const opened = (body: unknown) =>
    openEnvelope(body, { keys: [key()], nowSeconds: NOW, windowSeconds: 300 }).text;
  urs.control.set({ answers: 'sealed' });
  expect(opened((await ask('userTeam', { userId: 10_001 })).body)).toContain('"team":[10000]');
  urs.control.set({ answers: 'forged' });
  const { body } = await ask('userTeam', { userId: 10_001 });
  expect(() => opened(body)).toThrow('The envelope is invalid.');
});

test.each(['body', 'headers', 'both'] as const)('sends webhooks, envelope in %s', async (placement) => {
  const payload = '{"userId":10002,"usdtAmount":10.0,"transactionId":"a/b"}';
  const answer = await urs.sendWebhook('deposit', payload, { placement, timestamp: NOW - 300 });
  expect(answer).toMatchObject({ status: 200, body: {} });
  const [seen] = gatehouse.seen;
  expect(seen).toMatchObject({ method: 'POST', url: '/webhook/urs/deposit' });
  expect([seen!.body.length > 0, 'x-encrypted-data' in seen!.headers]).toEqual([
    placement !== 'headers',
    placement !== 'body',
  ]);
  const envelope = readPlacement(seen!.headers as Record<string, string>, seen!.body.toString());
  expect(openEnvelope(envelope, { keys: [key()], nowSeconds: NOW, windowSeconds: 300 }).text).toBe(payload);
});

test('a person sends one with curl', async () => {
  const response = await fetch(`${new URL(urs.baseUrl).origin}/__webhook`, {
    method: 'POST',
    body: '{"action":"check","payload":{"userId":10002,"usdtAmount":1}}',
  });
  expect(await response.json()).toEqual({ status: 200, body: {} });
  expect(gatehouse.seen[0]!.url).toBe('/webhook/urs/check');
});

test('switches by HTTP: down, failing, new users; the key is not shown', async () => {
  const control = `${new URL(urs.baseUrl).origin}/__control`;
  const set = (change: object) => fetch(control, { method: 'POST', body: JSON.stringify(change) });
  await set({ down: true });
  await expect(fetch(`${urs.baseUrl}/health`)).rejects.toThrow('fetch failed');
  await set({ down: false, failStatus: 503, failNext: 1 });
  expect((await fetch(`${urs.baseUrl}/health`)).status).toBe(503);
  expect((await fetch(`${urs.baseUrl}/health`)).status).toBe(200);
  await set({ users: [{ userId: 20_000, nickname: '新人', superior: 10_008 }] });
  expect(await ask('userTeam', { userId: 20_000 })).toMatchObject({
    body: { data: { team: [10_008, 10_007, 10_005] } },
  });
  expect((await set({ colour: 'red' })).status).toBe(400);
  expect(await (await fetch(control)).text()).not.toContain(urs.credentials.appKey);
});

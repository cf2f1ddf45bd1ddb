/** What routes answer is what the route table says they answer: no field more, none less. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonRouteId } from '../../bin/route-types.ts';
import { ROUTES } from '../../lib/api/routes.ts';
import type { Route } from '../../lib/api/routes.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';

const CODE = 'CITY_CENTER_WORK_ORDER';
let gatehouse: Gatehouse;

beforeAll(async () => {
  gatehouse = await startGatehouse({ sandbox: true });
  const { workOrder } = gatehouse.stack.sandbox!.control;
  const post = (path: string, body: object) => gatehouse.ask('POST', path, { body });
  const partner = { code: 'A_PARTNER', name: 'A', baseUrl: 'http://127.0.0.1:9', auth: { type: 'BEARER' } };
  await gatehouse.register(partner);
  await gatehouse.call(CODE, 'getUserInfo', { userId: '10002' });
  await post('/webhook/urs/deposit', { data: 'x', iv: 'x', timestamp: 1, sign: 'x' });
  await post('/v1/admin/transfers', {
    userId: 10002,
    amount: '12.5',
    reason: 'A refund',
    transactionId: 'REFUND-1',
  });
  workOrder.refuseCredentials(true);
  for (let n = 0; n < 3; n += 1) await post(`/v1/admin/services/${CODE}/session/login`, {});
  workOrder.refuseCredentials(false);
});
afterAll(() => gatehouse.stop());

/** Asks a route, and holds the answer against its schema: whatever the schema does not name it drops. */
async function answerOf(route: JsonRouteId, path: string, body?: unknown) {
  const { method, answer } = ROUTES[route] as Route;
  const { status, json } = await gatehouse.ask(method, path, body === undefined ? {} : { body });
  expect(status).toBe(answer!.status);
  expect(answer!.schema!.parse(json)).toEqual(json);
  return json as { items?: unknown[] };
}

/** Routes with something to show, and where they are asked. */
const LISTS: [JsonRouteId, string][] = [
  ['listServices', '/v1/admin/services'],
  ['getCredentials', `/v1/admin/services/${CODE}/credentials`],
  ['listLogins', `/v1/admin/services/${CODE}/logins`],
  ['listCalls', `/v1/admin/calls?service=${CODE}&limit=1`],
  ['listAlerts', '/v1/admin/alerts'],
  ['listDeliveries', '/v1/admin/deliveries'],
  ['listEntries', '/v1/accounts/user:10002/entries'],
];
test.each(LISTS)('%s', async (route, path) => {
  expect((await answerOf(route, path)).items).not.toEqual([]);
});

const SINGLES: [JsonRouteId, string, unknown?][] = [
  ['root', '/'],
  ['health', '/health'],
  ['getService', `/v1/admin/services/${CODE}`],
  ['getSession', `/v1/admin/services/${CODE}/session`],
  ['getAccount', '/v1/accounts/user:10002'],
  ['getTrialBalance', '/v1/admin/ledger/trial-balance?deep=true'],
  ['createKey', '/v1/admin/keys', { name: 'of a test', role: 'viewer' }],
  ['listKeys', '/v1/admin/keys'],
  ['putCredentials', '/v1/admin/services/A_PARTNER/credentials', { token: 't-1' }],
  ['callOperation', `/v1/services/${CODE}/operations/getUserInfo`, { params: { userId: '10002' } }],
  ['callBatch', `/v1/services/${CODE}/batch`, [{ operation: 'getUserInfo' }, { operation: 'nothing' }]],
];
test.each(SINGLES)('%s', async (route, path, body) => {
  expect(await answerOf(route, path, body)).toBeTypeOf('object');
});

test('loginSession: refused, walked, done', async () => {
  const path = `/v1/admin/services/${CODE}/session/login`;
  expect(await answerOf('loginSession', path, {})).toMatchObject({ success: false });
  const unlocked = await gatehouse.ask('POST', `/v1/admin/services/${CODE}/session/unlock`);
  expect(unlocked.status).toBe(204);
  expect(await answerOf('loginSession', path, { dryRun: true })).toMatchObject({ success: true });
  expect(await answerOf('loginSession', path, {})).toMatchObject({ success: true, state: 'live' });
  await answerOf('getSession', `/v1/admin/services/${CODE}/session`);
});

test('putService: a definition comes back as it is kept', async () => {
  const path = `/v1/admin/services/${CODE}`;
  const { json } = await gatehouse.ask('GET', path);
  expect(await answerOf('putService', path, json)).toEqual(json);
});

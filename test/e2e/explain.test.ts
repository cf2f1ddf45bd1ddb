/** `/test`: one call as the operation's own, and the requests it would send, with `gatehouse call --explain`. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runGatehouse } from '../command-line.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson, startPeer } from '../peer.ts';
import type { Peer } from '../peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
const CANARY = { username: 'canary-user-77', password: 'canary-Pass-99', clientKey: 'short1' };

beforeAll(async () => {
  gatehouse = await startGatehouse();
  peer = await startPeer((request, response) => {
    if (request.url === '/login') {
      response.setHeader('set-cookie', ['sid=canary-cookie-1; path=/', 'csrftoken=canary-csrf-2; path=/']);
      return sendJson(response, { token: 'canary.token.12345', lang: 'zh-CN' });
    }
    if (request.url === '/form') return void response.end('<input name=nonce value=canary-nonce-3>');
    return sendJson(response, { got: request.body.toString() });
  });
  await gatehouse.register(
    {
      code: 'EXPLAINED',
      name: 'x',
      baseUrl: peer.url,
      auth: {
        type: 'SESSION',
        login: {
          submit: { path: '/login', fields: { p: '{{credentials.password}}' } },
          success: { status: 200 },
          extract: { token: { pointer: '/token' }, lang: { pointer: '/lang' } },
        },
        sessionHeaders: { Authorization: 'Bearer {{session.token}}', 'X-CSRF': '{{cookie.csrftoken}}' },
      },
      operations: {
        order: {
          method: 'POST',
          path: '/orders/{{params.id}}?lang={{session.lang}}',
          body: 'form',
          before: [{ path: '/form', extract: { nonce: { selector: 'input', attribute: 'value' } } }],
          fields: {
            title: '{{params.title}}',
            nonce: '{{before.nonce}}',
            key: '{{credentials.clientKey}}',
            hash: '{{credentials.password | md5}}',
          },
        },
      },
    },
    CANARY,
  );
});
afterAll(async () => {
  await peer.stop();
  await gatehouse.stop();
});

const run = (...args: string[]) =>
  runGatehouse(args, { GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey });
const testCall = (code: string, body: object) =>
  gatehouse.ask('POST', `/v1/admin/services/${code}/test`, { body });
const ORDER = { operation: 'order', params: { id: 'a/b', title: '漏水 & more' }, explain: true };

test('shows the requests of an operation with secrets by their names, without a login and without sending', async () => {
  const sent = peer.seen.length;
  const { status, json, text } = await testCall('EXPLAINED', ORDER);
  expect(status).toBe(200);
  expect(json).toEqual({
    requests: [
      {
        of: 'operations.order.before.0',
        method: 'GET',
        url: `${peer.url}/form`,
        headers: expect.objectContaining({ authorization: 'Bearer {{session.token}}' }) as object,
      },
      {
        of: 'operations.order',
        method: 'POST',
        url: `${peer.url}/orders/a%2Fb?lang={{session.lang}}`,
        headers: expect.objectContaining({
          authorization: 'Bearer {{session.token}}',
          'x-csrf': '{{cookie.csrftoken}}',
          'content-type': 'application/x-www-form-urlencoded',
        }) as object,
        body: 'title=%E6%BC%8F%E6%B0%B4+%26+more&nonce={{before.nonce}}&key={{credentials.clientKey}}&hash=***',
      },
    ],
    notes: ['There is no live session: a call would log in first. Its cookies are not shown.'],
  });
  expect(text).not.toMatch(/canary|short1/);
  expect(peer.seen.length).toBe(sent);
});

test('a live session is used for its names, and for what is no secret', async () => {
  const called = await testCall('EXPLAINED', { ...ORDER, explain: false });
  expect(called.at('data.got')).toContain('nonce=canary-nonce-3&key=short1');
  const sent = peer.seen.length;
  const { json, text } = await testCall('EXPLAINED', ORDER);
  expect(json).toMatchObject({
    requests: [
      { headers: { cookie: 'sid={{cookie.sid}}; csrftoken={{cookie.csrftoken}}' } },
      { url: `${peer.url}/orders/a%2Fb?lang=zh-CN`, headers: { authorization: 'Bearer {{session.token}}' } },
    ],
    notes: [],
  });
  expect(text).not.toMatch(/canary|short1/);
  expect(peer.seen.length).toBe(sent);
});

test.each([
  [{ type: 'API_KEY', value: '{{credentials.k}}' }, { 'x-api-key': '{{credentials.k}}' }],
  [{ type: 'API_KEY', in: 'query', name: 'key', value: '{{credentials.k}}' }, {}],
  [{ type: 'BEARER', token: '{{credentials.k}}' }, { authorization: 'Bearer {{credentials.k}}' }],
  [
    { type: 'BASIC', username: '{{credentials.k}}', password: '{{credentials.p}}' },
    { authorization: 'Basic ***' },
  ],
  [{ type: 'NONE' }, {}],
])('what %j adds stands under its name', async (auth, headers) => {
  const code = `EXPLAINED_${auth.type}_${Object.keys(auth).length}`;
  const operations = { ping: { method: 'GET', path: '/ping' } };
  await gatehouse.register(
    { code, name: 'x', baseUrl: peer.url, auth, operations },
    { k: 'canary-k', p: 'canary-p' },
  );
  const { json, text } = await testCall(code, { operation: 'ping', explain: true });
  expect(json).toMatchObject({ requests: [{ method: 'GET', headers }], notes: [] });
  expect(text).not.toContain('canary');
  expect(json).toMatchObject({
    requests: [{ url: `${peer.url}/ping${'in' in auth ? '?key={{credentials.k}}' : ''}` }],
  });
});

test('what is sealed is shown as it is before, and a missing credential is told', async () => {
  const operations = {
    userInfo: {
      method: 'POST',
      path: '/u',
      body: 'json',
      params: { type: 'object', properties: { userKey: { type: 'string' } }, additionalProperties: false },
    },
  };
  await gatehouse.register({
    code: 'EXPLAINED_SEALED',
    name: 'x',
    baseUrl: peer.url,
    auth: { type: 'SIGNATURE' },
    operations,
  });
  const { json } = await testCall('EXPLAINED_SEALED', {
    operation: 'userInfo',
    params: { userKey: 'u1' },
    explain: true,
  });
  expect(json).toEqual({
    requests: [
      expect.objectContaining({
        of: 'operations.userInfo',
        method: 'POST',
        body: '{"userKey":"u1"}',
      }) as object,
    ],
    notes: [
      'Not stored yet: appKey of the credentials. A call would fail.',
      'The body is shown as it is before SIGNATURE seals it: what is sent is the envelope, in the body or in the headers.',
    ],
  });
});

test('a signature is shown as ***, with what it is made of', async () => {
  const auth = {
    type: 'SIGNED_REQUEST',
    algorithm: 'hmac-sha256',
    key: '{{credentials.secret}}',
    message: '{{request.method}}{{request.sortedParams}}{{now.s}}',
    headers: { 'X-Key': '{{credentials.id}}', 'X-Sign': '{{signature}}' },
    query: { at: '{{now.s}}' },
  };
  const operations = { list: { method: 'GET', path: '/list' } };
  const secrets = { id: 'canary-id-1', secret: 'canary-secret-2' };
  await gatehouse.register(
    { code: 'EXPLAINED_SIGNED', name: 'x', baseUrl: peer.url, auth, operations },
    secrets,
  );
  const { json, text } = await testCall('EXPLAINED_SIGNED', {
    operation: 'list',
    params: { q: 1 },
    explain: true,
  });
  expect(json).toEqual({
    requests: [
      expect.objectContaining({
        url: expect.stringMatching(/\/list\?q=1&at=\d{10}$/) as string,
        headers: expect.objectContaining({ 'x-key': '{{credentials.id}}', 'x-sign': '***' }) as object,
      }) as object,
    ],
    notes: [`The signature is shown as ***. What is signed: ${auth.message}`],
  });
  expect(text).not.toContain('canary');
});

test('no token is asked for', async () => {
  const auth = {
    type: 'OAUTH2',
    grant: 'client_credentials',
    tokenUrl: `${peer.url}/oauth/token`,
    clientId: '{{credentials.id}}',
    clientSecret: '{{credentials.secret}}',
  };
  const operations = { list: { method: 'GET', path: '/list' } };
  const secrets = { id: 'canary-id-1', secret: 'canary-secret-2' };
  await gatehouse.register(
    { code: 'EXPLAINED_OAUTH', name: 'x', baseUrl: peer.url, auth, operations },
    secrets,
  );
  const sent = peer.seen.length;
  const { json } = await testCall('EXPLAINED_OAUTH', { operation: 'list', explain: true });
  expect(json).toMatchObject({ requests: [{ headers: { authorization: 'Bearer {{token}}' } }] });
  expect(peer.seen.length).toBe(sent);
});

test('of several accounts one is shown, the pinned one where one is', async () => {
  const auth = { type: 'BEARER', token: '{{credentials.token}}' };
  const operations = { list: { method: 'GET', path: '/{{credentials.region}}' } };
  const accounts = { north: { token: 'canary-n', region: 'n' }, south: { token: 'canary-s', area: 's' } };
  await gatehouse.register(
    { code: 'EXPLAINED_TWO', name: 'x', baseUrl: peer.url, auth, operations },
    { accounts },
  );
  const body = { operation: 'list', explain: true };
  const pinned = (account: string) =>
    gatehouse.ask('POST', '/v1/admin/services/EXPLAINED_TWO/test', {
      body,
      headers: { 'x-gatehouse-account': account },
    });
  expect((await testCall('EXPLAINED_TWO', body)).at('notes')).toEqual([
    'Shown for north, one of 2 accounts: a call takes the least used one that is fit.',
  ]);
  expect((await pinned('south')).at('notes')).toEqual([
    'Not stored yet: region of the credentials. A call would fail.',
  ]);
  expect((await pinned('west')).at('errors.0.field')).toBe('X-Gatehouse-Account');
});

test('answers, and refuses, as the operation does', async () => {
  const body = { operation: 'order', params: { id: '1', title: 'x' } };
  expect((await testCall('EXPLAINED', body)).json).toMatchObject({ success: true, meta: { attempts: 2 } });
  expect((await testCall('EXPLAINED', { operation: 'none' })).at('code')).toBe('NOT_FOUND');
  for (const explain of [false, true]) {
    const refused = await testCall('EXPLAINED', { operation: 'order', params: { id: '1' }, explain });
    expect([refused.status, refused.at('errors.0.field')]).toEqual([422, 'params.title']);
  }
});

test('the command line shows them as a person reads them', async () => {
  const params = JSON.stringify(ORDER.params);
  const { code, out } = await run('call', 'EXPLAINED', 'order', '--params', params, '--explain');
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines).toContain(`2. POST ${peer.url}/orders/a%2Fb?lang=zh-CN`);
  expect(lines).toContain('   (operations.order)');
  expect(lines).toContain('   authorization: Bearer {{session.token}}');
  expect(lines.at(-2)).toBe('-- Nothing was sent.');
  const asJson = await run('--json', 'call', 'EXPLAINED', 'order', '--params', params, '--explain');
  expect(JSON.parse(asJson.out)).toMatchObject({ requests: [{}, { of: 'operations.order' }] });
  const twice = await run('call', 'EXPLAINED', 'order', 'id=1', '--params', params);
  expect(twice).toMatchObject({ code: 2, err: expect.stringContaining('Give the params once') as string });
});

test('a checked PUT answers what it would store, names what is wrong, and stores nothing', async () => {
  const definition = { code: 'EXPLAINED_NEW', name: 'x', baseUrl: peer.url, auth: { type: 'NONE' } };
  const put = (body: object) => gatehouse.ask('PUT', '/v1/admin/services/EXPLAINED_NEW?check=true', { body });
  expect((await put(definition)).json).toMatchObject({ code: 'EXPLAINED_NEW', revision: 1 });
  const wrong = await put({ ...definition, auth: { type: 'NONE', x: 1 } });
  expect([wrong.status, wrong.at('errors.0.field')]).toEqual([422, 'auth.x']);
  expect((await put({ ...definition, revision: 3 })).at('code')).toBe('REVISION_CONFLICT');
  expect((await gatehouse.ask('GET', '/v1/admin/services/EXPLAINED_NEW')).status).toBe(404);
});

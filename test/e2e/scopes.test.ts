/** Keys that are limited to services, operations and a time; what a key may call. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson, startPeer } from '../peer.ts';
import type { Peer } from '../peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
const params = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };
const operations = {
  list: { description: 'All of them', method: 'GET', path: '/list' },
  item: { method: 'GET', path: '/item/{{params.id}}', params },
  remove: { method: 'POST', path: '/remove' },
  'list-all': { method: 'GET', path: '/list-all' },
};

beforeAll(async () => {
  gatehouse = await startGatehouse();
  peer = await startPeer();
  peer.answer((request, response) => sendJson(response, { path: request.url }));
  const shared = { baseUrl: peer.url, operations };
  await gatehouse.register(
    {
      code: 'SHOP',
      name: 'A shop',
      description: 'Of things',
      auth: { type: 'BEARER' },
      defaultHeaders: { 'X-Canary': 'canary' },
      allowedPaths: ['/list'],
      ...shared,
    },
    { token: 'canary-token' },
  );
  await gatehouse.register({ code: 'SHOP2', name: 'Another', auth: { type: 'NONE' }, ...shared });
});
afterAll(async () => {
  await peer.stop();
  await gatehouse.stop();
});

const create = (body: object) => gatehouse.ask('POST', '/v1/admin/keys', { body: { name: 'k', ...body } });
const keyWith = async (scopes: string[] | undefined, role = 'caller') =>
  (await create({ role, ...(scopes && { scopes }) })).at<string>('key');
const statusOf = async (key: string, method: string, path: string, body?: unknown) =>
  (await gatehouse.ask(method, path, { key, body })).status;
const call = (key: string, operation: string, code = 'SHOP') =>
  statusOf(key, 'POST', `/v1/services/${code}/operations/${operation}`, {});

describe('a key with scopes', () => {
  it('calls the operations it names, and no other, there or not', async () => {
    const key = await keyWith(['SHOP:list']);
    expect(await call(key, 'list')).toBe(200);
    for (const operation of ['remove', 'list-all', 'nothing', 'List', '*']) {
      expect(await call(key, operation), operation).toBe(403);
    }
    expect(await call(key, 'list', 'SHOP2')).toBe(403);
    expect(await call(key, 'list', 'NO_SUCH')).toBe(403);
    expect(await statusOf(key, 'GET', '/v1/services/SHOP/proxy/list')).toBe(403);
    expect(await statusOf(key, 'GET', '/v1/accounts/user:1')).toBe(403);
  });

  it('has all of a service by CODE:*, its raw proxy and its management, as far as its role goes', async () => {
    const [caller, operator] = [await keyWith(['SHOP:*']), await keyWith(['SHOP:*'], 'operator')];
    for (const key of [caller, operator]) {
      expect(await call(key, 'remove')).toBe(200);
      expect(await statusOf(key, 'GET', '/v1/services/SHOP/proxy/list')).toBe(200);
      expect(await call(key, 'list', 'SHOP2')).toBe(403);
    }
    expect(await statusOf(operator, 'GET', '/v1/admin/services/SHOP')).toBe(200);
    expect(await statusOf(operator, 'GET', '/v1/admin/services/SHOP2')).toBe(403);
    expect(await statusOf(operator, 'GET', '/v1/admin/services')).toBe(403);
    expect(await statusOf(caller, 'GET', '/v1/admin/services/SHOP')).toBe(403);
  });

  it('has users by the service of the query', async () => {
    const key = await keyWith(['SHOP:*']);
    const team = (query: string) => statusOf(key, 'GET', `/v1/urs/users/7/team${query}`);
    expect(await team('')).toBe(403);
    expect(await team('?service=URS_PROMOTION')).toBe(403);
    expect(await team('?service=SHOP')).not.toBe(403);
    expect(await team('?service=SHOP&service=URS_PROMOTION')).toBe(422);
    expect(await statusOf(await keyWith(['URS_PROMOTION:*']), 'GET', '/v1/urs/users/7/team')).not.toBe(403);
  });

  it('has each entry of a batch judged by itself', async () => {
    const key = await keyWith(['SHOP:list']);
    const entries = [{ operation: 'list' }, { operation: 'remove' }, { operation: 'nothing' }];
    const before = peer.seen.length;
    const batch = await gatehouse.ask('POST', '/v1/services/SHOP/batch', { key, body: entries });
    const items = batch.at<{ success: boolean; error?: { code: string } }[]>('items');
    expect(items.map(({ success, error }) => error?.code ?? success)).toEqual([
      true,
      'FORBIDDEN',
      'FORBIDDEN',
    ]);
    expect(peer.seen.slice(before).map(({ url }) => url)).toEqual(['/list']);
    const other = await gatehouse.ask('POST', '/v1/services/SHOP2/batch', { key, body: entries });
    expect(other.status).toBe(403);
  });

  it('reads money by money:read, and nothing else', async () => {
    const key = await keyWith(['money:read']);
    expect(await statusOf(key, 'GET', '/v1/accounts/user:1')).toBe(200);
    expect(await statusOf(key, 'GET', '/v1/accounts/user:1/entries')).toBe(200);
    expect(await statusOf(key, 'GET', '/v1/transfers/none')).toBe(404);
    expect(await call(key, 'list')).toBe(403);
  });

  it('makes no keys and no people, whatever its role: it could make itself another', async () => {
    const key = await keyWith(['SHOP:*', 'money:read'], 'admin');
    expect(await statusOf(key, 'POST', '/v1/admin/keys', { name: 'x', role: 'admin' })).toBe(403);
    const person = { username: 'x', password: 'x'.repeat(12), role: 'admin' };
    expect(await statusOf(key, 'POST', '/v1/admin/users', person)).toBe(403);
    expect(await statusOf(key, 'POST', '/v1/admin/transfers', {})).toBe(403);
  });

  it.each([
    [['SHOP:*', 'shop:*'], 'scopes.1'],
    [['SHOP'], 'scopes.0'],
    [['SHOP:'], 'scopes.0'],
    [['SHOP:li*'], 'scopes.0'],
    [['*'], 'scopes.0'],
    [['*:*'], 'scopes.0'],
    [['money:write'], 'scopes.0'],
    [['SHOP:list SHOP:*'], 'scopes.0'],
    [['SHOP:list\n'], 'scopes.0'],
    [[7], 'scopes.0'],
    [['SHOP:*', 'SHOP:*'], 'scopes'],
    [[], 'scopes'],
    ['SHOP:*', 'scopes'],
  ])('is not made with %j: %s', async (scopes, field) => {
    const answer = await create({ role: 'caller', scopes });
    expect([answer.status, answer.at('errors.0.field')]).toEqual([422, field]);
  });

  it('is shown with its scopes, which may name what is not there yet', async () => {
    const scopes = ['NOT_YET:anything', 'money:read'];
    const made = await create({ role: 'caller', scopes });
    expect([made.status, made.at('scopes')]).toEqual([201, scopes]);
    const { json } = await gatehouse.ask('GET', '/v1/admin/keys');
    expect((json as { items: object[] }).items).toContainEqual(
      expect.objectContaining({ id: made.at('id'), scopes }),
    );
  });
});

describe('a key with an end', () => {
  it('is valid until then, and a time that has gone is refused', async () => {
    const later = await create({ role: 'caller', expiresAt: '2099-01-01T08:00:00+08:00' });
    expect(later.at('expiresAt')).toBe('2099-01-01T00:00:00.000Z');
    expect(await call(later.at('key'), 'list')).toBe(200);
    for (const expiresAt of ['2020-01-01T00:00:00Z', 'tomorrow', '2099-01-01', 7]) {
      const answer = await create({ role: 'caller', expiresAt });
      expect([answer.status, answer.at('errors.0.field')]).toEqual([422, 'expiresAt']);
    }
  });

  it('is no key from then on', async () => {
    const made = await create({ role: 'caller', expiresAt: new Date(Date.now() + 2_000).toISOString() });
    expect(made.status).toBe(201);
    await expect.poll(() => call(made.at('key'), 'list'), { timeout: 15_000 }).toBe(401);
  });
});

describe('what a key may call', () => {
  const list = async (key: string) =>
    (await gatehouse.ask('GET', '/v1/services', { key })).at<{ code: string }[]>('items');

  it('is everything without scopes: operations with their parameters, no address, no header', async () => {
    const key = await keyWith(undefined);
    expect((await list(key)).map(({ code }) => code).toSorted()).toEqual(['SHOP', 'SHOP2']);
    const shop = await gatehouse.ask('GET', '/v1/services/SHOP', { key });
    expect(shop.json).toEqual({
      code: 'SHOP',
      name: 'A shop',
      description: 'Of things',
      status: 'ACTIVE',
      operations: {
        list: { description: 'All of them', idempotent: true, params: { type: 'object' } },
        item: { idempotent: true, params },
        remove: { idempotent: false, params: { type: 'object' } },
        'list-all': { idempotent: true, params: { type: 'object' } },
      },
      rawProxy: true,
    });
    expect(shop.text).not.toMatch(/canary|127\.0\.0\.1/);
    expect((await list(key)).find(({ code }) => code === 'SHOP2')).toMatchObject({ rawProxy: false });
  });

  it('is what its scopes name; of the rest it is not told whether it is there', async () => {
    const key = await keyWith(['SHOP:item', 'NOT_YET:x']);
    expect(await list(key)).toMatchObject([
      { code: 'SHOP', operations: { item: { params } }, rawProxy: false },
    ]);
    const one = await gatehouse.ask('GET', '/v1/services/SHOP', { key });
    expect(Object.keys(one.at('operations'))).toEqual(['item']);
    const texts = await Promise.all(
      ['SHOP2', 'NO_SUCH', 'NOT_YET'].map(async (code) => {
        const { status, text } = await gatehouse.ask('GET', `/v1/services/${code}`, { key });
        expect(status).toBe(404);
        return text.replaceAll(code, '').replace(/"requestId":"[^"]*"/, '');
      }),
    );
    expect(new Set(texts).size).toBe(1);
  });
});

/**
 * A2: what nobody asked for is refused, not passed over: whoever sends a `role` or an `id` believes that it counts. A new
 * route with a body and without a case does not compile.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../lib/api/routes.ts';
import type { RouteId } from '../../lib/api/routes.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { logInAs, PASSWORD } from '../people.ts';
import { sendJson } from '../peer.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

type Table = typeof ROUTES;
/** Credentials and partners' payloads have the names that somebody else gave them. */
type Free = 'putCredentials' | 'receiveWebhook' | 'receiveWebhookEvent';
type WithBody = Exclude<{ [K in RouteId]: Table[K] extends { body: unknown } ? K : never }[RouteId], Free>;

interface Case {
  params?: Record<string, string>;
  query?: string;
  /** Right as it is. */
  body: object;
  /** Objects within it, which take nothing else either: `quotas.0`. */
  within?: string[];
}

const PEER = { code: 'PEER' };
const OF_URS = '?service=URS_PROMOTION';
const CASES: Record<WithBody, Case> = {
  callOperation: { params: { ...PEER, operation: 'get' }, body: { params: {} } },
  callBatch: { params: PEER, body: [{ operation: 'get', params: {} }], within: ['0'] },
  enterUser: { body: { userKey: 'u' } },
  syncUsers: { body: { uids: [1] } },
  putService: {
    params: PEER,
    body: {
      code: 'PEER',
      name: 'Peer',
      baseUrl: 'http://127.0.0.1:9',
      auth: { type: 'NONE' },
      operations: { get: { method: 'GET', path: '/get' } },
    },
    within: ['auth', 'operations.get'],
  },
  testOperation: { params: PEER, body: { operation: 'get' } },
  importSession: {
    params: { code: 'SITE' },
    body: { cookies: [{ name: 'sid', value: 'x' }] },
    within: ['cookies.0'],
  },
  loginSession: { params: { code: 'SITE' }, body: {} },
  putQuotas: { params: PEER, body: { quotas: [{ type: 'PER_DAY', limit: 9 }] }, within: ['quotas.0'] },
  forceBreaker: { params: PEER, body: { forced: 'auto' } },
  answerCaptcha: { params: { id: 'none' }, body: { text: 'abcd' } },
  createChannel: { body: { name: 'chat', type: 'SLACK', url: 'https://hooks.slack.com/services/T/B/x' } },
  createSubscription: { body: { url: 'http://127.0.0.1:9/events', events: ['*'] } },
  changeSubscription: { params: { id: '{subscription}' }, body: { description: 'mine' } },
  replaySubscription: { params: { id: '{subscription}' }, body: { failed: true } },
  createKey: { body: { name: 'app', role: 'caller' } },
  logIn: { body: { username: 'ann', password: PASSWORD } },
  createUser: { body: { username: 'bob', role: 'viewer', password: PASSWORD } },
  changeUser: { params: { id: '{user}' }, body: { password: PASSWORD } },
  adjustBalance: { body: { userId: '1', amount: '1', reason: 'test', transactionId: 'adj-1' } },
  reverseTransfer: { params: { transactionId: 'T1' }, query: OF_URS, body: { reason: 'test' } },
  redriveDeadLetters: {
    body: { transfers: [{ service: 'PEER', transactionId: 'T1' }] },
    within: ['transfers.0'],
  },
  replayDeliveries: { body: { all: true } },
};

/** What records have that nobody may choose, and what is nobody's own to say. */
const EXTRA = [
  'id',
  'role',
  'version',
  'revision',
  'createdAt',
  'createdBy',
  'disabled',
  'status',
  'constructor',
];
/** Fields like any other, there. */
const TAKEN: Partial<Record<WithBody, string[]>> = {
  // A GET's answer may be put as it is: when it was made is not read.
  putService: ['version', 'revision', 'status', 'createdAt'],
  createKey: ['role'],
  createUser: ['role'],
  changeUser: ['role', 'disabled'],
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** A copy of a body with fields more in the object at that path. */
function withExtra(body: unknown, path: string[], extra: object): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return { ...(body as object), ...extra };
  if (Array.isArray(body))
    return body.map((item, at) => (String(at) === name ? withExtra(item, rest, extra) : item));
  const object = isObject(body) ? body : {};
  return { ...object, [name]: withExtra(object[name], rest, extra) };
}

let gatehouse: Gatehouse;
let peer: Peer;
const made: Record<string, string> = {};
withPeer((both) => ({ gatehouse, peer } = both));

describe('fields that nobody asked for (A2)', () => {
  const refusedOf = async (id: WithBody, body: unknown) => {
    const { params = {}, query = '' } = CASES[id];
    const filled = (name: string) => params[name]!.replace(/^\{(\w+)\}$/, (_, what: string) => made[what]!);
    const path = ROUTES[id].path.replaceAll(/\{(\w+)\+?\}/g, (_, name: string) => filled(name));
    const answer = await gatehouse.ask(ROUTES[id].method, path + query, { body });
    const errors = answer.status === 422 ? answer.at<{ field: string }[] | undefined>('errors') : undefined;
    return { answer, fields: errors?.map(({ field }) => field) };
  };

  beforeAll(async () => {
    await gatehouse.register({ ...(CASES.putService.body as { code: string }), baseUrl: peer.url });
    await gatehouse.register({ code: 'SITE', name: 'Site', baseUrl: peer.url, auth: { type: 'SESSION' } });
    const subscribed = await gatehouse.ask('POST', '/v1/admin/subscriptions', {
      body: CASES.createSubscription.body,
    });
    made['subscription'] = subscribed.at('id');
    made['user'] = (await logInAs(gatehouse, 'viewer', 'ann')).id;
  });

  it.each(Object.keys(CASES) as WithBody[])('%s', async (id) => {
    const { body, within = [] } = CASES[id];
    const extra = EXTRA.filter((name) => !TAKEN[id]?.includes(name));
    const values = Object.fromEntries(extra.map((name) => [name, 'mine']));
    const places = [...(Array.isArray(body) ? [] : ['']), ...within];
    for (const place of places) {
      const at = place === '' ? [] : place.split('.');
      const { answer, fields } = await refusedOf(id, withExtra(body, at, values));
      expect(answer.status, `${place}: ${answer.text}`).toBe(422);
      expect(fields, place).toEqual(expect.arrayContaining(extra.map((name) => [...at, name].join('.'))));
    }
    // And nothing but they: without them it gets further.
    const { fields } = await refusedOf(id, body);
    expect(fields ?? []).toEqual([]);
  });

  it('do not say when a definition was made', async () => {
    const at = '/v1/admin/services/PEER';
    const before = await gatehouse.ask('GET', at);
    const body = { ...(before.json as object), name: 'Later', createdAt: '1999-01-01T00:00:00.000Z' };
    expect((await gatehouse.ask('PUT', at, { body })).status).toBe(200);
    expect((await gatehouse.ask('GET', at)).at('createdAt')).toBe(before.at('createdAt'));
  });
});

describe('the id of something else (A2)', () => {
  const status = async (method: string, path: string, body?: object) =>
    (await gatehouse.ask(method, `/v1/admin/${path}`, body ? { body } : {})).status;

  it('is refused: a channel is no subscription, nor one a channel, a key no person', async () => {
    const channel = await gatehouse.ask('POST', '/v1/admin/alerts/channels', {
      body: CASES.createChannel.body,
    });
    const key = await gatehouse.ask('POST', '/v1/admin/keys', { body: CASES.createKey.body });
    const [id, { subscription, user }] = [channel.at<string>('id'), made];
    for (const [method, path, body] of [
      ['GET', `subscriptions/${id}`],
      ['PATCH', `subscriptions/${id}`, { enabled: false }],
      ['POST', `subscriptions/${id}/rotate`],
      ['POST', `subscriptions/${id}/replay`, { failed: true }],
      ['POST', `subscriptions/${id}/test`],
      ['GET', `subscriptions/${id}/deliveries`],
      ['DELETE', `subscriptions/${id}`],
      ['POST', `alerts/channels/${subscription}/test`],
      ['DELETE', `alerts/channels/${subscription}`],
      ['DELETE', `keys/${user}`],
      ['PATCH', `users/${key.at<string>('id')}`, { disabled: true }],
    ] as const)
      expect(await status(method, path, body), `${method} ${path}`).toBe(404);
    const channels = await gatehouse.ask('GET', '/v1/admin/alerts/channels');
    expect(channels.at<{ id: string }[]>('items').map((one) => one.id)).toContain(id);
    expect(await status('GET', `subscriptions/${subscription}`)).toBe(200);
  });

  it('is refused: the picture of a login is shown beside its own service alone', async () => {
    peer.answer(({ url }, response) => {
      if (url === '/picture') return void response.writeHead(200, { 'content-type': 'image/png' }).end('png');
      if (url.startsWith('/Upload/')) return sendJson(response, { err_no: 0, pic_str: 'abcd' });
      return void response.writeHead(201, { 'set-cookie': 'sid=0123456789abcdef' }).end('{}');
    });
    const solver = { code: 'SOLVER', name: 'Solver', baseUrl: peer.url, auth: { type: 'CHAOJIYING' } };
    await gatehouse.register(solver, { username: 'u', password: 'p', softwareId: '1' });
    const login = {
      captcha: { path: '/picture', codetype: 1004, solvers: ['SOLVER'] },
      submit: { path: '/login', body: 'form', fields: { code: '{{captcha.text}}' } },
      success: { status: 201 },
    };
    const shop = { code: 'SHOP', name: 'Shop', baseUrl: peer.url, auth: { type: 'SESSION', login } };
    await gatehouse.register(shop, { username: 'u', password: 'p' });
    expect(await status('POST', 'services/SHOP/session/login', {})).toBe(200);
    const logins = await gatehouse.ask('GET', '/v1/admin/services/SHOP/logins');
    const image = `logins/${logins.at<string>('items.0.id')}/image`;
    expect(await status('GET', `services/SHOP/${image}`)).toBe(200);
    expect(await status('GET', `services/PEER/${image}`)).toBe(404);
  });
});

/** `sessionRefreshOn` (SPEC 5): values that an answer renews, with which the call is sent once more. */
import { describe, expect, it } from 'vitest';
import type { Answer, Gatehouse } from '../gatehouse.ts';
import { sendJson } from '../peer.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

const sent = (path: string) => peer.seen.filter(({ url }) => url === path).length;
const outcome = (answer: Answer) => `${answer.status} ${answer.at<string>('code') ?? ''}`.trim();
const ID = 'X-Transmission-Session-Id';
const RULE = { when: { status: 409 }, extract: { id: { header: ID } } };

async function register(
  definition: object,
  credentials: object = { username: 'u', password: 'pw-12345678' },
) {
  const code = `LEARNS_${(count += 1)}`;
  await gatehouse.register(
    {
      code,
      name: code,
      baseUrl: peer.url,
      allowedPaths: ['/*'],
      retry: { networkTimeout: { attempts: 0 }, serverError: { attempts: 0 } },
      operations: {
        add: { method: 'POST', path: '/rpc', body: 'json', headers: { [ID]: '{{session.id?}}' } },
      },
      ...definition,
    },
    credentials,
  );
  return code;
}

/** Refuses what has not the id of the day, and brings it: Transmission's RPC. */
function transmission(state: { id: string }) {
  peer.answer((request, response) => {
    if (request.headers[ID.toLowerCase()] === state.id) return sendJson(response, { result: 'success' });
    return void response.writeHead(409, { [ID]: state.id }).end('409: Conflict');
  });
}

describe('a service that asks for the id of the day (Transmission)', () => {
  const BASIC = { auth: { type: 'BASIC', sessionRefreshOn: RULE } };

  it('is asked once more with it, and from then on at once', async () => {
    const state = { id: 'first' };
    transmission(state);
    const code = await register(BASIC);
    expect(outcome(await gatehouse.call(code, 'add', { a: 1 }))).toBe('200');
    expect(sent('/rpc')).toBe(2);
    expect(outcome(await gatehouse.call(code, 'add', { a: 2 }))).toBe('200');
    expect(sent('/rpc')).toBe(3);
    state.id = 'second';
    expect(outcome(await gatehouse.call(code, 'add', { a: 3 }))).toBe('200');
    expect(sent('/rpc')).toBe(5);
    expect(peer.seen.map(({ body }) => body.toString())).toEqual(
      [1, 1, 2, 3, 3].map((a) => JSON.stringify({ a })),
    );
  });

  it('serves the raw proxy too, by the default headers', async () => {
    transmission({ id: 'raw' });
    const code = await register({ ...BASIC, defaultHeaders: { [ID]: '{{session.id?}}' } });
    const ask = () => gatehouse.ask('POST', `/v1/services/${code}/proxy/rpc`, { body: { b: 1 } });
    expect([(await ask()).status, (await ask()).status, sent('/rpc')]).toEqual([200, 200, 3]);
  });

  it('that never takes it is asked twice, and its answer stands', async () => {
    peer.answer((_request, response) => void response.writeHead(409, { [ID]: 'vain' }).end());
    const code = await register(BASIC);
    const answer = await gatehouse.call(code, 'add');
    expect([outcome(answer), answer.at('upstream.status'), sent('/rpc')]).toEqual([
      '502 PLATFORM_API_ERROR',
      409,
      2,
    ]);
  });

  it('that brings none is asked once', async () => {
    peer.answer((_request, response) => void response.writeHead(409).end());
    const code = await register(BASIC);
    expect([outcome(await gatehouse.call(code, 'add')), sent('/rpc')]).toEqual(['502 PLATFORM_API_ERROR', 1]);
  });

  it('may bring it with the status that refuses credentials: no refusal is counted', async () => {
    peer.answer((request, response) =>
      request.headers[ID.toLowerCase()] === 'n'
        ? sendJson(response, {})
        : void response.writeHead(401, { [ID]: 'n' }).end(),
    );
    const auth = {
      type: 'NONE',
      sessionRefreshOn: { when: { status: 401 }, extract: { id: { header: ID } } },
    };
    const code = await register({ auth });
    expect([outcome(await gatehouse.call(code, 'add')), sent('/rpc')]).toEqual(['200', 2]);
  });
});

describe('a platform with a session, whose nonce changes', () => {
  const definition = {
    auth: {
      type: 'SESSION',
      login: {
        submit: { path: '/login', fields: { p: '{{credentials.password}}' } },
        success: { status: 302 },
      },
      expired: { status: 401 },
      sessionHeaders: { 'X-Nonce': '{{session.nonce}}' },
      sessionRefreshOn: { when: { status: 419 }, extract: { nonce: { pointer: '/nonce' } } },
    },
    operations: { save: { method: 'POST', path: '/save', body: 'json' } },
  };

  function platform(state: { nonce: string; alive: boolean }) {
    peer.answer((request, response) => {
      if (request.url === '/login') {
        state.alive = true;
        return void response.writeHead(302, { location: '/in', 'set-cookie': 'sid=1; Path=/' }).end();
      }
      if (!state.alive) return sendJson(response, { nonce: state.nonce }, 401);
      const good = request.headers['x-nonce'] === state.nonce;
      return good ? sendJson(response, { ok: true }) : sendJson(response, { nonce: state.nonce }, 419);
    });
  }

  it('learns it once for 20 callers, and keeps it with the session', async () => {
    const state = { nonce: 'n-1', alive: false };
    platform(state);
    const code = await register(definition);
    expect(outcome(await gatehouse.call(code, 'save'))).toBe('200');
    state.nonce = 'n-2';
    const answers = await Promise.all(Array.from({ length: 20 }, () => gatehouse.call(code, 'save')));
    for (const answer of answers) expect(outcome(answer)).toBe('200');
    expect(sent('/login')).toBe(1);
    const before = sent('/save');
    expect(outcome(await gatehouse.call(code, 'save'))).toBe('200');
    expect(sent('/save') - before).toBe(1);
    const shown = await gatehouse.ask('GET', `/v1/admin/services/${code}/session`);
    expect(shown.at('main.values')).toEqual(['nonce']);
  });

  it('logs in where the answer says both: expired goes first', async () => {
    const state = { nonce: 'n-1', alive: false };
    platform(state);
    const code = await register({
      ...definition,
      auth: {
        ...definition.auth,
        sessionRefreshOn: { when: { status: [401, 419] }, extract: { nonce: { pointer: '/nonce' } } },
      },
    });
    await gatehouse.call(code, 'save');
    state.alive = false;
    expect(outcome(await gatehouse.call(code, 'save'))).toBe('200');
    expect(sent('/login')).toBe(2);
  });
});

it('a name that nothing renews is refused where it is written', async () => {
  const put = await gatehouse.ask('PUT', '/v1/admin/services/LEARNS_NOTHING', {
    body: {
      code: 'LEARNS_NOTHING',
      name: 'x',
      baseUrl: peer.url,
      auth: { type: 'NONE', sessionRefreshOn: RULE },
      defaultHeaders: { 'X-A': '{{session.other?}}' },
      operations: {
        a: { method: 'GET', path: '/{{session.id}}' },
        b: { method: 'GET', path: '/{{session.no}}' },
      },
    },
  });
  expect(put.status).toBe(422);
  expect(put.at<{ field: string }[]>('errors').map(({ field }) => field)).toEqual([
    'defaultHeaders.X-A',
    'operations.b.path',
  ]);
});

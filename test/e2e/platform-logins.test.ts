/** Logins that give more than cookies, each by a definition alone (SPEC 5), through the whole product. */
import { constants, createHmac, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Answer, Gatehouse } from '../gatehouse.ts';
import { sendJson } from '../peer.ts';
import type { Peer, PeerHandler, Seen } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

const sent = (path: string) => peer.seen.filter(({ url }) => url.split('?')[0] === path).length;
const last = (path: string): Seen => peer.seen.findLast(({ url }) => url.split('?')[0] === path)!;
const outcome = (answer: Answer) => `${answer.status} ${answer.at<string>('code') ?? ''}`.trim();
const html = (response: Parameters<PeerHandler>[1], text: string, headers: object = {}) =>
  void response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(text);
const form = ({ body }: Seen) => Object.fromEntries(new URLSearchParams(body.toString()));

async function register(auth: object, operations: object = {}, credentials: object = {}): Promise<string> {
  const code = `LOGINS_${(count += 1)}`;
  await gatehouse.register(
    {
      code,
      name: code,
      baseUrl: peer.url,
      retry: { networkTimeout: { attempts: 0 }, serverError: { attempts: 0 } },
      operations: {
        orders: { method: 'GET', path: '/orders' },
        save: { method: 'POST', path: '/save', body: 'form', fields: { name: '{{params.name}}' } },
        ...operations,
      },
      allowedPaths: ['/*'],
      auth: { type: 'SESSION', ...auth },
    },
    { user: 'ops', password: 'open sesame', ...credentials },
  );
  return code;
}

describe('a JWT API with a refresh token', () => {
  const LOGIN = {
    submit: {
      path: '/token',
      body: 'json',
      fields: { user: { name: '{{credentials.user}}', password: '{{credentials.password}}' } },
    },
    success: { status: 200 },
    failures: [{ when: { status: 401 }, error: 'AUTHENTICATION_FAILED' }],
    extract: {
      access: { pointer: '/access' },
      refresh: { pointer: '/refresh' },
      life: { pointer: '/expires_in', optional: true },
    },
    expiresInSeconds: '{{session.life?}}',
    refresh: {
      path: '/token/refresh',
      body: 'json',
      fields: { refresh: '{{session.refresh}}' },
      extract: { access: { pointer: '/access' }, refresh: { pointer: '/refresh', optional: true } },
    },
  };
  const AUTH = { login: LOGIN, sessionHeaders: { Authorization: 'Bearer {{session.access}}' } };

  /** Gives out tokens, and takes the newest only. */
  function api({ life = 3_600, refreshes = true } = {}) {
    const state = { valid: '', refresh: '', given: 0, refreshes };
    const give = () => {
      state.given += 1;
      state.valid = `access-token-${state.given}-0123456789`;
      state.refresh = `refresh-token-${state.given}-0123456789`;
      return { access: state.valid, refresh: state.refresh, expires_in: life };
    };
    peer.answer((request, response) => {
      const body = request.body.toString();
      if (request.url === '/token') {
        const { user } = JSON.parse(body) as { user: { name: string; password: string } };
        if (user.password !== 'open sesame') return sendJson(response, {}, 401);
        return sendJson(response, give());
      }
      if (request.url === '/token/refresh') {
        const known = (JSON.parse(body) as { refresh: string }).refresh === state.refresh;
        return state.refreshes && known ? sendJson(response, give()) : sendJson(response, {}, 401);
      }
      return request.headers.authorization === `Bearer ${state.valid}`
        ? sendJson(response, { orders: [1], you: state.valid })
        : sendJson(response, {}, 401);
    });
    return state;
  }

  it('logs in once, and the token is in no answer', async () => {
    const state = api();
    const code = await register(AUTH);
    const answers = await Promise.all(Array.from({ length: 20 }, () => gatehouse.call(code, 'orders')));
    for (const answer of answers) expect(outcome(answer)).toBe('200');
    expect([sent('/token'), sent('/token/refresh')]).toEqual([1, 0]);
    expect(JSON.stringify(answers[0]!.json)).not.toContain(state.valid);
    const shown = await gatehouse.ask('GET', `/v1/admin/services/${code}/session`);
    expect(shown.at('main.values')).toEqual(['access', 'life', 'refresh']);
    expect(JSON.stringify(shown.json)).not.toContain('token-1');
    const expiresIn =
      Date.parse(shown.at<string>('main.expiresAt')) - Date.parse(shown.at<string>('main.createdAt'));
    expect(expiresIn).toBe(3_600_000);
  });

  it('that ends under 50 callers is refreshed once, without a login', async () => {
    const state = api();
    const code = await register(AUTH);
    await gatehouse.call(code, 'orders');
    for (let round = 1; round <= 2; round += 1) {
      state.valid = 'ended';
      const answers = await Promise.all(Array.from({ length: 50 }, () => gatehouse.call(code, 'orders')));
      for (const answer of answers) expect(outcome(answer)).toBe('200');
      expect([sent('/token'), sent('/token/refresh')]).toEqual([1, round]);
    }
  });

  it('is logged in to anew when the refresh is refused, and the old token is not tried again', async () => {
    const state = api();
    const code = await register(AUTH);
    await gatehouse.call(code, 'orders');
    state.valid = 'ended';
    state.refreshes = false;
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
    expect([sent('/token'), sent('/token/refresh')]).toEqual([2, 1]);
  });

  it('an operator who logs in gets a whole login, as after other credentials', async () => {
    api();
    const code = await register(AUTH);
    await gatehouse.call(code, 'orders');
    await gatehouse.ask('POST', `/v1/admin/services/${code}/session/login`, { body: {} });
    expect([sent('/token'), sent('/token/refresh')]).toEqual([2, 0]);
    await gatehouse.ask('POST', `/v1/admin/services/${code}/session/invalidate`, { body: {} });
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
    expect([sent('/token'), sent('/token/refresh')]).toEqual([3, 0]);
  });

  it('is renewed shortly before its end, while it still serves', async () => {
    const state = api({ life: 2 });
    const code = await register(AUTH);
    await gatehouse.call(code, 'orders');
    const refusals: number[] = [];
    await expect
      .poll(
        async () => {
          const answer = await gatehouse.call(code, 'orders');
          if (answer.status !== 200) refusals.push(answer.status);
          return state.given;
        },
        { timeout: 10_000, interval: 50 },
      )
      .toBeGreaterThanOrEqual(3);
    expect(refusals).toEqual([]);
    expect(sent('/token')).toBe(1);
  });

  it.each([0, -1, null])('that says %j for its end has the session as long as any', async (life) => {
    api({ life: life as number });
    const code = await register(AUTH);
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
    const shown = await gatehouse.ask('GET', `/v1/admin/services/${code}/session`);
    expect(shown.at('main.values')).toContain('access');
  });

  it('that says nonsense for its end is told so, not that the platform refuses', async () => {
    api({ life: 'soon' as unknown as number });
    const answer = await gatehouse.call(await register(AUTH), 'orders');
    expect(outcome(answer)).toBe('500 CONFIGURATION_ERROR');
    expect(answer.at('detail')).toContain('expiresInSeconds');
    expect(sent('/orders')).toBe(0);
  });

  it('whose password is wrong says that, although its answer has no token', async () => {
    api();
    const code = await register(AUTH, {}, { password: 'another' });
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('502 AUTHENTICATION_FAILED');
    const { json } = await gatehouse.ask('GET', `/v1/admin/services/${code}/session`);
    expect(json).toMatchObject({ lastFailure: { code: 'AUTHENTICATION_FAILED' } });
  });

  it('that refuses what the refresh gave is logged in to before it is given up', async () => {
    const state = api();
    const code = await register(AUTH);
    await gatehouse.call(code, 'orders');
    peer.answer((request, response) => {
      if (request.url === '/token')
        return sendJson(response, { access: 'a'.repeat(20), refresh: 'r', expires_in: 60 });
      if (request.url === '/token/refresh') return sendJson(response, { access: 'b'.repeat(20) });
      const good = request.headers.authorization === `Bearer ${'a'.repeat(20)}`;
      return good ? sendJson(response, {}) : sendJson(response, {}, 401);
    });
    state.valid = 'ended';
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('502 SESSION_EXPIRED');
    // Other operations are not held back, and do not trust the refresh a second time.
    expect(outcome(await gatehouse.call(code, 'save', { name: 'x' }))).toBe('200');
    expect([sent('/token'), sent('/token/refresh')]).toEqual([2, 1]);
  });
});

describe('a site with tokens against forged forms', () => {
  it('is logged in to with the token of its page, and what is inside gives the next (WordPress)', async () => {
    peer.answer((request, response) => {
      const inside = (request.headers.cookie ?? '').includes('logged_in=yes');
      if (request.method === 'GET' && request.url === '/login') {
        return html(response, '<input type=hidden name=token value=page-token-1>', {
          'set-cookie': 'pre=1; Path=/',
        });
      }
      if (request.url === '/login') {
        const { token, log } = form(request);
        if (token !== 'page-token-1' || log !== 'ops') return html(response, 'wrong');
        return void response
          .writeHead(302, { location: '/admin', 'set-cookie': 'logged_in=yes; Path=/' })
          .end();
      }
      if (!inside) return void response.writeHead(302, { location: '/login' }).end();
      if (request.url.startsWith('/admin')) return html(response, '<script>var nonce = "n0nce-7";</script>');
      return form(request)['nonce'] === 'n0nce-7' && request.headers['x-nonce'] === 'n0nce-7'
        ? sendJson(response, { saved: true })
        : sendJson(response, {}, 403);
    });
    const code = await register(
      {
        login: {
          page: { path: '/login', extract: { token: { selector: 'input[name=token]', attribute: 'value' } } },
          submit: {
            path: '/login',
            fields: { token: '{{page.token}}', log: '{{credentials.user}}', pwd: '{{credentials.password}}' },
          },
          success: { location: { includes: '/admin' } },
          after: [{ path: '/admin/new', extract: { nonce: { matches: 'nonce = "([^"]+)"' } } }],
        },
        expired: { location: { includes: '/login' } },
        sessionHeaders: { 'X-Nonce': '{{session.nonce}}' },
      },
      {
        save: {
          method: 'POST',
          path: '/save',
          body: 'form',
          fields: { name: '{{params.name}}', nonce: '{{session.nonce}}' },
        },
      },
    );
    expect(outcome(await gatehouse.call(code, 'save', { name: 'x' }))).toBe('200');
    const raw = await gatehouse.ask('GET', `/v1/services/${code}/proxy/save`);
    expect(raw.status).toBe(403);
    expect(last('/save').headers['x-nonce']).toBe('n0nce-7');
  });

  it('whose page inside fails has accepted the password: no try is counted', async () => {
    peer.answer((request, response) => {
      if (request.url === '/login') return void response.writeHead(302, { location: '/home' }).end();
      if (request.url === '/home') return html(response, 'home');
      return void response.writeHead(500).end();
    });
    const code = await register({
      login: {
        submit: { path: '/login', fields: { u: '{{credentials.user}}' } },
        success: { status: 302 },
        after: [{ path: '/token', extract: { token: { header: 'x-token' } } }],
      },
    });
    for (let n = 0; n < 3; n += 1) {
      expect(outcome(await gatehouse.call(code, 'orders'))).toBe('503 PLATFORM_UNAVAILABLE');
      await gatehouse.ask('POST', `/v1/admin/services/${code}/session/unlock`, { body: {} });
    }
    const { json } = await gatehouse.ask('GET', `/v1/admin/services/${code}/session`);
    expect(json).toMatchObject({ lockout: { refusals: 0 } });
  });

  it('that gives no token although it let us in says which', async () => {
    peer.answer((_request, response) => sendJson(response, { code: 0 }));
    const code = await register({
      login: {
        submit: { path: '/login', body: 'json', fields: { u: '{{credentials.user}}' } },
        success: { json: { pointer: '/code', equals: 0 } },
        extract: { access: { pointer: '/data/token' } },
      },
    });
    const answer = await gatehouse.call(code, 'orders');
    expect(outcome(answer)).toBe('500 CONFIGURATION_ERROR');
    expect(answer.at('detail')).toContain('{{session.access}}');
  });
});

describe('what filters make of a session', () => {
  const TOKEN = 'session-token-0123456789-abcdefghij';
  const SID = 'browser-sid-47120815';

  async function echoing(): Promise<string> {
    peer.answer((request, response) => {
      if (request.url !== '/login') return sendJson(response, { asked: decodeURIComponent(request.url) });
      response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': `sid=${SID}; Path=/` });
      return void response.end(JSON.stringify({ token: TOKEN, department: 'Pumps and pipes' }));
    });
    return register(
      {
        login: {
          submit: { path: '/login', fields: { p: '{{credentials.password}}' } },
          success: { status: 200 },
          extract: { token: { pointer: '/token' }, department: { pointer: '/department' } },
        },
      },
      {
        look: {
          method: 'GET',
          path: '/look',
          query: {
            piece: '{{session.token | slice: 3}}',
            loud: '{{cookie.sid | upper}}',
            coded: '{{session.token | base64}}',
            short: '{{session.token | slice: 0, 4}}',
            where: '{{session.department | upper}}',
          },
        },
      },
    );
  }

  it('is masked as the session is, and what is no secret is not', async () => {
    const answer = await gatehouse.call(await echoing(), 'look');
    expect(last('/look').url).toContain(TOKEN.slice(3));
    const text = answer.at<string>('data.asked');
    for (const made of [TOKEN.slice(3), SID.toUpperCase(), Buffer.from(TOKEN).toString('base64')]) {
      expect(text).not.toContain(made);
    }
    expect(text).toContain('PUMPS AND PIPES');
  });

  it('is shown as *** before it is sent, whatever it looks like', async () => {
    const code = await echoing();
    await gatehouse.call(code, 'orders');
    const explained = await gatehouse.ask('POST', `/v1/admin/services/${code}/test`, {
      body: { operation: 'look', params: {}, explain: true },
    });
    const query = new URL(explained.at<string>('requests.0.url')).searchParams;
    expect(Object.fromEntries(query)).toEqual({
      piece: '***',
      loud: '***',
      coded: '***',
      short: '***',
      where: 'PUMPS AND PIPES',
    });
  });
});

describe('a password that the page encrypts', () => {
  it('is encrypted with the key of the page (RSA), and never shown', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    peer.answer((request, response) => {
      if (request.method === 'GET' && request.url === '/login') {
        return html(response, `<script>encrypt.setPublicKey('${key}')</script>`);
      }
      if (request.url !== '/login') return sendJson(response, { ok: true });
      const sealed = Buffer.from(form(request)['password']!, 'base64');
      const clear = privateDecrypt(
        { key: privateKey, padding: constants.RSA_PKCS1_PADDING },
        sealed,
      ).toString();
      return clear === 'open sesame'
        ? void response.writeHead(302, { location: '/in' }).end()
        : html(response, `wrong: ${form(request)['password']}`);
    });
    const login = {
      page: { path: '/login', extract: { key: { matches: "setPublicKey\\('([^']+)'" } } },
      submit: { path: '/login', fields: { password: '{{credentials.password | rsa: page.key}}' } },
      success: { status: 302 },
      failures: [{ when: { text: { includes: 'wrong' } }, error: 'AUTHENTICATION_FAILED' }],
    };
    expect(outcome(await gatehouse.call(await register({ login }), 'orders'))).toBe('200');
    const refused = await register({ login }, {}, { password: 'another' });
    expect(outcome(await gatehouse.call(refused, 'orders'))).toBe('502 AUTHENTICATION_FAILED');
    const logins = await gatehouse.ask('GET', `/v1/admin/services/${refused}/logins`);
    expect(JSON.stringify(logins.json)).not.toContain(form(last('/login'))['password']!.slice(0, 40));
  });

  it('is hashed with the salt of the page, and sent as multipart', async () => {
    const hmac = createHmac('sha256', 'salt-9').update('open sesame').digest('hex').toUpperCase();
    peer.answer((request, response) => {
      if (request.url === '/salt') return sendJson(response, { salt: 'salt-9' });
      if (request.url !== '/login') return sendJson(response, { ok: true });
      const good = request.headers['content-type']!.startsWith('multipart/form-data; boundary=');
      return sendJson(response, { code: good && request.body.includes(`\r\n\r\n${hmac}\r\n`) ? 0 : 1 });
    });
    const code = await register({
      login: {
        page: { path: '/salt', extract: { salt: { pointer: '/salt' } } },
        submit: {
          path: '/login',
          body: 'multipart',
          fields: { sign: '{{credentials.password | hmac_sha256: page.salt | upper}}' },
        },
        success: { json: { pointer: '/code', equals: 0 } },
      },
    });
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
  });
});

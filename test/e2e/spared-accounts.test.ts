/** No account is burnt and no login wasted: through the whole product, against platforms that say no. */
import { describe, expect, it } from 'vitest';
import type { Answer, Gatehouse } from '../gatehouse.ts';
import { sendJson } from '../peer.ts';
import type { Peer, PeerHandler, Seen } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

const uniqueCode = () => `SPARED_${(count += 1)}`;
const sent = (path: string) => peer.seen.filter(({ url }) => url.split('?')[0] === path).length;
const repeat = async (times: number, ask: () => Promise<Answer>): Promise<Answer[]> => {
  const answers: Answer[] = [];
  for (let i = 0; i < times; i += 1) answers.push(await ask());
  return answers;
};
const outcome = (answer: Answer) => `${answer.status} ${answer.at<string>('code')}`;

async function alertsOf(code: string): Promise<string[]> {
  const { json } = await gatehouse.ask('GET', '/v1/admin/alerts?state=firing');
  return (json as { items: { kind: string; subject: string }[] }).items
    .filter(({ subject }) => subject === code)
    .map(({ kind }) => kind);
}

/** Logs in with the right password only, and says of a wrong one what the test wants it to say. */
function loginPlatform(
  wrong: PeerHandler,
  rest: PeerHandler = (_, response) => sendJson(response, {}),
): PeerHandler {
  return (request, response) => {
    if (!request.url.startsWith('/login')) return rest(request, response);
    if (!request.body.includes('right')) return wrong(request, response);
    response.writeHead(302, { location: '/main', 'set-cookie': `sid=${peer.seen.length}; Path=/` }).end();
  };
}

const page: PeerHandler = (_, response) =>
  void response.writeHead(200, { 'content-type': 'text/html' }).end('<form>用户名或密码错误</form>');

async function register(auth: object = {}, operations: object = {}, password = 'wrong'): Promise<string> {
  const code = uniqueCode();
  await gatehouse.register(
    {
      code,
      name: code,
      baseUrl: peer.url,
      timeoutSeconds: 1,
      retry: { networkTimeout: { attempts: 0 }, serverError: { attempts: 0 } },
      operations: { orders: { method: 'GET', path: '/orders' }, ...operations },
      auth: {
        type: 'SESSION',
        login: {
          submit: { path: '/login', fields: { user: '{{credentials.user}}', pass: '{{credentials.pass}}' } },
          success: { status: 302 },
        },
        ...auth,
      },
    },
    { user: 'ops', pass: password },
  );
  return code;
}

describe('a wrong password of which the recipe says nothing (R2)', () => {
  it.each<[string, PeerHandler]>([
    ['shows the login page again', page],
    ['answers 500', (_, response) => void response.writeHead(500).end()],
    ['answers 503, as a firewall may', (_, response) => void response.writeHead(503).end()],
    ['breaks the connection', (request, response) => void response.destroy(new Error(request.url))],
    ['redirects to itself', (_, response) => void response.writeHead(303, { location: '/again' }).end()],
  ])('costs three forms in 50 calls: the platform %s', async (_, wrong) => {
    peer.answer(loginPlatform(wrong));
    const code = await register();
    const first = await gatehouse.call(code, 'orders');
    expect(outcome(first)).toBe('503 PLATFORM_UNAVAILABLE');
    const calls = await Promise.all(Array.from({ length: 9 }, () => gatehouse.call(code, 'orders')));
    const later = await repeat(40, () => gatehouse.call(code, 'orders'));
    expect(sent('/login')).toBeLessThanOrEqual(3);
    for (const answer of [...calls, ...later]) {
      expect(['503 PLATFORM_UNAVAILABLE', '502 AUTHENTICATION_FAILED']).toContain(outcome(answer));
    }
    expect(await alertsOf(code)).toContain('LOGIN_UNCLEAR');
    const { json } = await gatehouse.ask('GET', `/v1/admin/services/${code}/session`);
    expect(json).toMatchObject({ lastFailure: { code: 'LOGIN_UNCLEAR' } });
  });

  it('locks logins at the third, and says until when; the right password goes in at once', async () => {
    peer.answer(loginPlatform(page));
    const code = await register({ lockout: { failures: 3, seconds: 600 } });
    const operator = `/v1/admin/services/${code}/session`;
    const logins = await repeat(4, () => gatehouse.ask('POST', `${operator}/login`, { body: {} }));
    expect(logins.map((answer) => answer.at<string>('error.code'))).toEqual([
      'PLATFORM_UNAVAILABLE',
      'PLATFORM_UNAVAILABLE',
      'AUTHENTICATION_FAILED',
      'AUTHENTICATION_FAILED',
    ]);
    expect(sent('/login')).toBe(3);
    const refused = await gatehouse.call(code, 'orders');
    expect(outcome(refused)).toBe('502 AUTHENTICATION_FAILED');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(500);
    expect((await alertsOf(code)).sort()).toEqual(['LOGIN_LOCKED', 'LOGIN_UNCLEAR']);

    await gatehouse.ask('PUT', `/v1/admin/services/${code}/credentials`, {
      body: { user: 'ops', pass: 'right' },
    });
    expect((await gatehouse.call(code, 'orders')).status).toBe(200);
    expect(await alertsOf(code)).toEqual([]);
  });

  it('counts in dry runs too', async () => {
    peer.answer(loginPlatform(page));
    const code = await register();
    const dryRun = () =>
      gatehouse.ask('POST', `/v1/admin/services/${code}/session/login`, { body: { dryRun: true } });
    await repeat(10, dryRun);
    expect(sent('/login')).toBe(3);
  });

  it('does not count what the recipe says is an outage', async () => {
    peer.answer(loginPlatform((_, response) => void response.writeHead(503).end()));
    const login = {
      submit: { path: '/login', fields: { pass: '{{credentials.pass}}' } },
      success: { status: 302 },
      failures: [{ when: { status: [502, 503, 504] }, error: 'PLATFORM_UNAVAILABLE' }],
    };
    const code = await register({ login });
    const answers = await repeat(5, () => gatehouse.call(code, 'orders'));
    expect(new Set(answers.map(outcome))).toEqual(new Set(['503 PLATFORM_UNAVAILABLE']));
    const { json } = await gatehouse.ask('GET', `/v1/admin/services/${code}/session`);
    expect(json).toMatchObject({ lockout: { refusals: 0 }, lastFailure: { code: 'PLATFORM_UNAVAILABLE' } });
  });
});

describe('an operation that is always refused (R3)', () => {
  const forbidden: PeerHandler = ({ url }: Seen, response) =>
    url.startsWith('/secret') ? sendJson(response, {}, 403) : sendJson(response, { ok: true });
  const auth = { expired: { status: [401, 403] } };
  const operations = { secret: { method: 'GET', path: '/secret' } };

  it('costs at most three logins in 50 calls; the others go on', async () => {
    peer.answer(loginPlatform(page, forbidden));
    const code = await register(auth, operations, 'right');
    const calls = await Promise.all([
      repeat(25, () => gatehouse.call(code, 'secret')),
      repeat(25, () => gatehouse.call(code, 'secret')),
      repeat(25, () => gatehouse.call(code, 'orders')),
    ]);
    const [one, two, others] = calls;
    expect(new Set([...one, ...two].map(outcome))).toEqual(new Set(['502 SESSION_EXPIRED']));
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 200));
    expect(sent('/login')).toBeLessThanOrEqual(3);

    const before = sent('/login');
    const later = await gatehouse.call(code, 'secret');
    expect(Number(later.headers.get('retry-after'))).toBeGreaterThan(30);
    expect((await gatehouse.call(code, 'orders')).headers.get('x-gatehouse-session')).toBe('reused');
    expect(sent('/login')).toBe(before);
  });

  it('holds for a path of the raw proxy and every other that the same pattern allows', async () => {
    peer.answer(loginPlatform(page, forbidden));
    const code = uniqueCode();
    await gatehouse.register(
      {
        code,
        name: code,
        baseUrl: peer.url,
        allowedPaths: ['/secret/*', '/open/*'],
        auth: {
          type: 'SESSION',
          ...auth,
          login: {
            submit: { path: '/login', fields: { pass: '{{credentials.pass}}' } },
            success: { status: 302 },
          },
        },
      },
      { pass: 'right' },
    );
    const ask = (path: string) => gatehouse.ask('GET', `/v1/services/${code}/proxy${path}`);
    for (let i = 0; i < 20; i += 1) expect(outcome(await ask(`/secret/${i}`))).toBe('502 SESSION_EXPIRED');
    expect(sent('/login')).toBeLessThanOrEqual(3);
    expect((await ask('/open/1')).status).toBe(200);
  });

  it('holds for the keepalive: it does not log in once more by itself', async () => {
    peer.answer(loginPlatform(page, forbidden));
    const code = await register(
      { ...auth, keepalive: { operation: 'secret', intervalSeconds: 30 } },
      operations,
      'right',
    );
    await gatehouse.call(code, 'orders');
    const run = () => gatehouse.stack.host.functions.invoke('keepalive', { source: 'aws.events' });
    expect(await run()).toMatchObject({ [code]: 'failed' });
    expect(sent('/login')).toBe(2);
  });

  it('an expired session is renewed as before', async () => {
    let valid = '';
    peer.answer((request, response) => {
      if (request.url === '/login') {
        valid = `s${peer.seen.length}`;
        response.writeHead(302, { location: '/', 'set-cookie': `sid=${valid}; Path=/` }).end();
      } else sendJson(response, {}, request.headers.cookie === `sid=${valid}` ? 200 : 403);
    });
    const code = await register(auth, operations, 'right');
    for (let i = 0; i < 3; i += 1) {
      expect((await gatehouse.call(code, 'secret')).status).toBe(200);
      valid = '';
    }
    expect(sent('/login')).toBe(3);
  });
});

it('a background login that is refused is an outcome: Lambda has nothing to repeat (W4)', async () => {
  peer.answer(loginPlatform((_, response) => void response.writeHead(200).end('密码错误')));
  const code = await register();
  const definition = (await gatehouse.ask('GET', `/v1/admin/services/${code}`)).json as {
    auth: { login: object };
  };
  const failures = [{ when: { text: { includes: '密码' } }, error: 'AUTHENTICATION_FAILED' }];
  await gatehouse.register({
    ...definition,
    code,
    auth: { ...definition.auth, login: { ...definition.auth.login, failures } },
  });
  const invoke = () => gatehouse.stack.host.functions.invoke('keepalive', { service: code });
  expect(await invoke()).toEqual({ [code]: 'AUTHENTICATION_FAILED' });
  expect(sent('/login')).toBe(1);
});

describe('a key that is refused (R8)', () => {
  /** Takes `good`, in whatever place the strategy puts it. */
  const keyed: PeerHandler = ({ url, headers }, response) => {
    const sentKey = JSON.stringify([url, headers['x-api-key'], headers['authorization'], headers['cookie']]);
    const good = sentKey.includes('good') || sentKey.includes(Buffer.from('ops:good').toString('base64'));
    sendJson(response, good ? { ok: true } : { error: 'bad key' }, good ? 200 : 401);
  };
  async function registerKeyed(auth: object, more: object = {}): Promise<string> {
    const code = uniqueCode();
    await gatehouse.register(
      {
        code,
        name: code,
        baseUrl: peer.url,
        allowedPaths: ['/*'],
        operations: { orders: { method: 'GET', path: '/orders' } },
        auth,
        ...more,
      },
      { apiKey: 'not-a-key', token: 'not-a-key', username: 'ops', password: 'not-a-key' },
    );
    return code;
  }
  const strategies = [
    { type: 'API_KEY' },
    { type: 'API_KEY', in: 'query' },
    { type: 'API_KEY', in: 'cookie' },
    { type: 'BEARER' },
    { type: 'BASIC' },
    { type: 'DIGEST' },
    {
      type: 'AWS_SIGV4',
      region: 'r',
      service: 's',
      accessKeyId: 'id',
      secretAccessKey: '{{credentials.apiKey}}',
    },
    {
      type: 'SIGNED_REQUEST',
      algorithm: 'md5',
      message: '{{credentials.apiKey}}',
      query: { sign: '{{signature}}' },
    },
    { type: 'NONE' },
  ];
  const guarded = { breaker: { failures: 5 }, quotas: [{ type: 'PER_MINUTE', limit: 1_000 }] };

  it.each(strategies.flatMap((auth) => [{}, guarded].map((more) => ({ auth, more }))))(
    'is sent three times in 50 calls: $auth, $more',
    async ({ auth, more }) => {
      peer.answer(keyed);
      const code = await registerKeyed(auth, more);
      const answers = await repeat(50, () => gatehouse.call(code, 'orders'));
      expect(peer.seen).toHaveLength(3);
      expect(new Set(answers.map(outcome))).toEqual(new Set(['502 AUTHENTICATION_FAILED']));
      expect(answers[0]!.at('upstream')).toEqual({ status: 401, body: { error: 'bad key' } });
      expect(Number(answers[49]!.headers.get('retry-after'))).toBeGreaterThan(500);
      expect(await alertsOf(code)).toEqual(['CREDENTIALS_REFUSED']);
    },
  );

  it('goes out again once it was replaced, or an operator unlocked it; an accepted one starts the count anew', async () => {
    peer.answer(keyed);
    const code = await registerKeyed({ type: 'BEARER' });
    const orders = () => gatehouse.call(code, 'orders');
    const replace = (token: string) =>
      gatehouse.ask('PUT', `/v1/admin/services/${code}/credentials`, { body: { token } });
    await repeat(4, orders);
    expect((await gatehouse.ask('POST', `/v1/admin/services/${code}/session/unlock`)).status).toBe(204);
    await repeat(2, orders);
    expect([peer.seen.length, await alertsOf(code)]).toEqual([5, []]);

    peer.answer((_, response) => sendJson(response, {}));
    expect((await orders()).status).toBe(200);
    peer.answer(keyed);
    await repeat(4, orders);
    expect(peer.seen).toHaveLength(9);
    await replace('good');
    expect((await orders()).status).toBe(200);
    expect(await alertsOf(code)).toEqual([]);
  });

  it('passes through the raw proxy while it counts, and is not sent through it either', async () => {
    peer.answer(keyed);
    const code = await registerKeyed({ type: 'BEARER' });
    const raw = () => gatehouse.ask('GET', `/v1/services/${code}/proxy/orders`);
    expect((await repeat(3, raw)).map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(outcome(await raw())).toBe('502 AUTHENTICATION_FAILED');
    expect(peer.seen).toHaveLength(3);
  });

  it('is recognised as the definition says, and not by other failures', async () => {
    peer.answer((_, response) => sendJson(response, { code: 40001 }));
    const refused = { json: { pointer: '/code', equals: 40001 } };
    const code = await registerKeyed({ type: 'BEARER', refused, lockout: { failures: 2, seconds: 60 } });
    const answers = await repeat(4, () => gatehouse.call(code, 'orders'));
    expect(new Set(answers.map(outcome))).toEqual(new Set(['502 AUTHENTICATION_FAILED']));
    expect(peer.seen).toHaveLength(2);

    peer.answer((_, response) => sendJson(response, {}, 403));
    const other = await registerKeyed({ type: 'BEARER' });
    const refusals = await repeat(5, () => gatehouse.call(other, 'orders'));
    expect(new Set(refusals.map(outcome))).toEqual(new Set(['502 PLATFORM_API_ERROR']));
  });
});

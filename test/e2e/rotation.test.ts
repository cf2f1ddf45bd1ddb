/** Credentials of a service in use are tried before anybody uses them (SPEC 13, "Rotation"). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectSecrets } from '../../lib/vendors/secrets/secrets.ts';
import { runGatehouse } from '../command-line.ts';
import type { Answer, Gatehouse } from '../gatehouse.ts';
import { sendJson, startPeer } from '../peer.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;
withPeer((both) => ({ gatehouse, peer } = both));

const admin = (code: string, path = '') => `/v1/admin/services/${code}${path}`;
const put = (code: string, body: object, query = '') =>
  gatehouse.ask('PUT', admin(code, `/credentials${query}`), { body });
const versions = async (code: string) =>
  (await gatehouse.ask('GET', admin(code, '/credentials'))).at<
    { stage: string; versionId: string; useCount: number }[]
  >('items');
const current = async (code: string) => (await versions(code))[0]!.versionId;

async function canaryAlert(code: string): Promise<string | undefined> {
  const { json } = await gatehouse.ask('GET', '/v1/admin/alerts?limit=100');
  const { items } = json as { items: { kind: string; subject: string; state: string }[] };
  return items.find(({ kind, subject }) => kind === 'CANARY_FAILED' && subject === code)?.state;
}

const keysSeen = () => peer.seen.map(({ url, headers }) => `${url} ${String(headers['x-api-key'])}`);

const formsSeen = () => peer.seen.flatMap(({ url, body }) => (url === '/login' ? [body.toString()] : []));

/** The peer takes these keys. */
const takes = (...keys: string[]) =>
  peer.answer(({ headers }, response) => {
    const known = keys.includes(String(headers['x-api-key']));
    sendJson(response, known ? { ok: true } : { error: 'key' }, known ? 200 : 401);
  });

async function register(change: object = {}, credentials: object = { apiKey: 'one' }): Promise<string> {
  const code = `ROTATED_${(count += 1)}`;
  await gatehouse.register(
    {
      code,
      name: code,
      baseUrl: peer.url,
      auth: { type: 'API_KEY', in: 'header', name: 'X-Api-Key' },
      retry: {
        networkTimeout: { attempts: 1, delaysSeconds: [0] },
        serverError: { attempts: 1, delaysSeconds: [0] },
      },
      operations: {
        get: { method: 'GET', path: '/get' },
        canary: { method: 'GET', path: '/canary', cacheSeconds: 60, staleSeconds: 600 },
        keepalive: { method: 'GET', path: '/keepalive' },
      },
      ...change,
    },
    credentials,
  );
  return code;
}

describe('new credentials of a service in use', () => {
  it('are tried by the operation canary, then used by every call; both are valid until the old one is retired', async () => {
    const code = await register();
    takes('one', 'two');
    expect((await gatehouse.call(code, 'get')).status).toBe(200);
    expect((await put(code, { apiKey: 'two' })).status).toBe(200);
    expect((await gatehouse.call(code, 'get')).status).toBe(200);
    expect(keysSeen()).toEqual(['/get one', '/canary two', '/get two']);
    // Uses are counted per version; the canary is none.
    expect(await versions(code)).toMatchObject([
      { stage: 'CURRENT', useCount: 1 },
      { stage: 'PREVIOUS', useCount: 1 },
    ]);
    expect((await gatehouse.ask('DELETE', admin(code, '/credentials/previous'))).status).toBe(204);
    expect(await versions(code)).toMatchObject([{ stage: 'CURRENT' }]);
    expect(await canaryAlert(code)).toBeUndefined();
  });

  it('are not stored when they are refused: 422, an alert, and the old ones go on; the next that are stored end it', async () => {
    const code = await register();
    takes('one', 'two');
    const before = await versions(code);
    const refused = await put(code, { apiKey: 'wrong' });
    expect([refused.status, refused.json]).toMatchObject([
      422,
      {
        code: 'AUTHENTICATION_FAILED',
        status: 422,
        detail: expect.stringContaining('Nothing was stored') as unknown,
      },
    ]);
    expect(refused.text).not.toContain('wrong');
    expect(await versions(code)).toEqual(before);
    expect(await canaryAlert(code)).toBe('firing');
    expect((await gatehouse.call(code, 'get')).status).toBe(200);
    expect(keysSeen().at(-1)).toBe('/get one');
    expect((await put(code, { apiKey: 'two' })).status).toBe(200);
    expect(await canaryAlert(code)).toBe('resolved');
  });

  it('are tried by keepalive where there is no canary', async () => {
    const code = await register({
      operations: { keepalive: { method: 'GET', path: '/keepalive' }, get: { method: 'GET', path: '/get' } },
    });
    takes('one');
    expect((await put(code, { apiKey: 'two' })).status).toBe(422);
    expect(keysSeen()).toEqual(['/keepalive two']);
  });

  it.each([
    ['nothing to call', { operations: { get: { method: 'GET', path: '/get' } } }],
    ['a service that is switched off', { status: 'INACTIVE' }],
    ['maintenance', { status: 'MAINTENANCE' }],
  ])('are stored untried: %s', async (_why, change) => {
    const code = await register(change);
    takes('one');
    expect((await put(code, { apiKey: 'two' })).status).toBe(200);
    expect(peer.seen).toEqual([]);
  });

  it('are stored untried when they are the first, and not tried again when they are the same', async () => {
    const code = await register();
    takes();
    expect((await put(code, { apiKey: 'one' })).status).toBe(200);
    expect(peer.seen).toEqual([]);
  });

  it('are neither stored nor refused while the third party is down: 503 says so, and ?canary=none stores them', async () => {
    const code = await register();
    peer.answer((_request, response) => sendJson(response, {}, 500));
    const before = await versions(code);
    const answer = await put(code, { apiKey: 'two' });
    expect([answer.status, answer.at('code')]).toEqual([503, 'PLATFORM_UNAVAILABLE']);
    expect(answer.at('detail')).toMatch(/could not be tried.*Nothing was stored.*\?canary=none/);
    expect(await versions(code)).toEqual(before);
    expect(await canaryAlert(code)).toBeUndefined();
    expect((await put(code, { apiKey: 'two' }, '?canary=none')).status).toBe(200);
    expect(await current(code)).not.toBe(before[0]!.versionId);
    expect((await put(code, { apiKey: 'three' }, '?canary=maybe')).status).toBe(422);
  });

  it('are not accepted by an old answer of the cache', async () => {
    const code = await register();
    expect((await gatehouse.call(code, 'canary')).status).toBe(200);
    peer.answer((_request, response) => void response.destroy());
    expect((await put(code, { apiKey: 'two' })).status).toBe(503);
  });

  it('that lack what calls need are refused, naming it', async () => {
    const code = await register({
      auth: { type: 'API_KEY', in: 'header', name: 'X-Api-Key', value: '{{credentials.apiKey}}' },
    });
    const answer = await put(code, { other: 'x' });
    expect([answer.status, answer.at('code')]).toEqual([422, 'VALIDATION_FAILED']);
    expect(answer.at('detail')).toContain('credentials.apiKey');
    expect(peer.seen).toEqual([]);
  });

  it('do not pause those in use, and are not tried without end (S7)', async () => {
    const code = await register({
      auth: {
        type: 'API_KEY',
        in: 'header',
        name: 'X-Api-Key',
        lockout: { failures: 2, seconds: 600 },
      },
      // Reads the fleet's count before each call.
      quotas: [{ type: 'PER_MINUTE', limit: 100 }],
    });
    takes('one');
    for (const apiKey of ['a', 'b', 'c', 'd']) expect((await put(code, { apiKey })).status).toBe(422);
    expect(keysSeen()).toEqual(['/canary a', '/canary b']);
    const last = await put(code, { apiKey: 'e' });
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(500);
    expect((await gatehouse.call(code, 'get')).status).toBe(200);
    expect((await put(code, { apiKey: 'f' }, '?canary=none')).status).toBe(200);
  });

  it('are tried while those in use are paused: that is what they are for', async () => {
    const code = await register({
      auth: { type: 'API_KEY', in: 'header', name: 'X-Api-Key', lockout: { failures: 1, seconds: 600 } },
      quotas: [{ type: 'PER_MINUTE', limit: 100 }],
    });
    takes('two');
    expect((await gatehouse.call(code, 'get')).status).toBe(502);
    expect((await put(code, { apiKey: 'wrong' })).status).toBe(422);
    // Refusing these has not ended the pause of the others.
    peer.seen.length = 0;
    expect((await gatehouse.call(code, 'get')).at('code')).toBe('AUTHENTICATION_FAILED');
    expect(keysSeen()).toEqual([]);
  });

  it('of two who rotate at once, one gets 409, also without naming a version (A5)', async () => {
    const code = await register();
    let arrived = 0;
    let bothAreThere = () => {};
    const both = new Promise<void>((resolve) => (bothAreThere = resolve));
    peer.answer(async (_request, response) => {
      if ((arrived += 1) === 2) bothAreThere();
      await both;
      sendJson(response, { ok: true });
    });
    const answers = await Promise.all(['two', 'three'].map((apiKey) => put(code, { apiKey })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
    const won = answers.find(({ status }) => status === 200)!;
    expect(await current(code)).toBe(won.at('versionId'));
  });

  it('are seen by no call before they are accepted', async () => {
    const code = await register();
    let called: Answer | undefined;
    peer.answer(async ({ url }, response) => {
      if (url === '/canary') called = await gatehouse.call(code, 'get');
      sendJson(response, { ok: true });
    });
    expect((await put(code, { apiKey: 'two' })).status).toBe(200);
    expect(called?.status).toBe(200);
    expect(keysSeen()).toEqual(['/canary two', '/get one']);
  });
});

describe('of several accounts', () => {
  it('those that changed are tried, and those that are refused are named', async () => {
    const accounts = { north: { apiKey: 'n1' }, south: { apiKey: 's1' }, west: { apiKey: 'w1' } };
    const code = await register({}, { accounts });
    takes('n1', 's1', 'w1', 's2');
    const refused = await put(code, {
      accounts: { ...accounts, south: { apiKey: 's2' }, west: { apiKey: 'bad' } },
    });
    expect([refused.status, refused.at('errors')]).toMatchObject([422, [{ field: 'accounts.west' }]]);
    expect(keysSeen().sort()).toEqual(['/canary bad', '/canary s2']);
    expect((await put(code, { accounts: { ...accounts, south: { apiKey: 's2' } } })).status).toBe(200);
    // Taking one out is nothing to try.
    peer.seen.length = 0;
    expect((await put(code, { accounts: { north: accounts.north } })).status).toBe(200);
    expect(keysSeen()).toEqual([]);
  });
});

describe('of several accounts with sessions', () => {
  it('each that changed logs in, and its session is the one that calls take', async () => {
    const login = {
      submit: { path: '/login', fields: { u: '{{credentials.username}}', p: '{{credentials.password}}' } },
      success: { status: 200 },
      failures: [{ when: { status: 403 }, error: 'AUTHENTICATION_FAILED' }],
    };
    const account = (username: string, password: string) => ({ username, password });
    const accounts = { north: account('n', 'right1'), south: account('s', 'right1') };
    const code = await register({ auth: { type: 'SESSION', login } }, { accounts });
    peer.answer(({ url, body }, response) => {
      const isRefused = url === '/login' && !body.toString().includes('p=right');
      response.setHeader('set-cookie', 'sid=0123456789; path=/');
      sendJson(response, {}, isRefused ? 403 : 200);
    });
    const refused = await put(code, { accounts: { ...accounts, south: account('s', 'wrong') } });
    expect([refused.status, refused.at('errors.0.field')]).toEqual([422, 'accounts.south']);
    expect((await put(code, { accounts: { ...accounts, south: account('s', 'right2') } })).status).toBe(200);
    expect(formsSeen()).toEqual(['u=s&p=wrong', 'u=s&p=right2']);
    const south = { headers: { 'x-gatehouse-account': 'south' } };
    const call = await gatehouse.call(code, 'get', {}, south);
    expect([call.status, call.headers.get('x-gatehouse-session')]).toEqual([200, 'reused']);
    expect(formsSeen()).toHaveLength(2);
  });
});

describe('OAUTH2', () => {
  it("asks for a token of their own, which is no other call's", async () => {
    const tokens = await startPeer(({ headers }, response) => {
      const [, basic = ''] = headers.authorization?.split(' ') ?? [];
      const [, secret] = Buffer.from(basic, 'base64').toString().split(':');
      const isKnown = secret === 's1' || secret === 's2';
      sendJson(
        response,
        isKnown ? { access_token: `token-of-${secret}`, expires_in: 3_600 } : { error: 'invalid_client' },
        isKnown ? 200 : 401,
      );
    });
    try {
      const auth = { type: 'OAUTH2', tokenUrl: `${tokens.url}/token` };
      const code = await register({ auth }, { clientId: 'app', clientSecret: 's1' });
      const bearers = () => peer.seen.map(({ url, headers }) => `${url} ${headers.authorization}`);
      await gatehouse.call(code, 'get');
      expect((await put(code, { clientId: 'app', clientSecret: 'wrong' })).status).toBe(422);
      await gatehouse.call(code, 'get');
      expect(tokens.seen).toHaveLength(2);
      expect((await put(code, { clientId: 'app', clientSecret: 's2' })).status).toBe(200);
      await gatehouse.call(code, 'get');
      expect(bearers()).toEqual([
        '/get Bearer token-of-s1',
        '/get Bearer token-of-s1',
        '/canary Bearer token-of-s2',
        '/get Bearer token-of-s2',
      ]);
    } finally {
      await tokens.stop();
    }
  });

  it('does not use up a refresh token that somebody has got by hand', async () => {
    const auth = {
      type: 'OAUTH2',
      grant: 'refresh_token',
      tokenUrl: `${peer.url}/token`,
      refreshToken: '{{credentials.refreshToken}}',
    };
    const first = { clientId: 'app', clientSecret: 's', refreshToken: 'r1' };
    const code = await register({ auth }, first);
    expect((await put(code, { ...first, refreshToken: 'r2' })).status).toBe(200);
    expect(peer.seen).toEqual([]);
  });
});

describe('stored by another process, while this one remembers those before', () => {
  /** Behind the back of this process, which reads them anew after 60 s. */
  const putElsewhere = (code: string, values: object) =>
    connectSecrets({ region: 'us-east-1', endpoint: process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] }).put(
      `gatehouse/local/${code}`,
      JSON.stringify(values),
    );

  it('are used by the call that meets the refusal of the old ones, whatever its method', async () => {
    const code = await register({ operations: { post: { method: 'POST', path: '/post' } } });
    takes('one');
    expect((await gatehouse.call(code, 'post')).status).toBe(200);
    await putElsewhere(code, { apiKey: 'two' });
    takes('two');
    expect((await gatehouse.call(code, 'post')).status).toBe(200);
    expect(keysSeen()).toEqual(['/post one', '/post one', '/post two']);
    takes('three');
    expect((await gatehouse.call(code, 'post')).at('code')).toBe('AUTHENTICATION_FAILED');
    expect(keysSeen().slice(3)).toEqual(['/post two']);
  });

  it('log in where the old ones are refused', async () => {
    const login = {
      submit: { path: '/login', fields: { password: '{{credentials.password}}' } },
      success: { status: 200 },
      failures: [{ when: { status: 403 }, error: 'AUTHENTICATION_FAILED' }],
    };
    const auth = { type: 'SESSION', login };
    const code = await register(
      { auth, operations: { get: { method: 'GET', path: '/get' } } },
      { password: 'one' },
    );
    let password = 'one';
    peer.answer(({ url, body }, response) => {
      const isRefused = url === '/login' && body.toString() !== `password=${password}`;
      response.setHeader('set-cookie', 'sid=0123456789; path=/');
      sendJson(response, {}, isRefused ? 403 : 200);
    });
    expect((await gatehouse.call(code, 'get')).status).toBe(200);
    await putElsewhere(code, { password: 'two' });
    password = 'two';
    await gatehouse.ask('POST', admin(code, '/session/invalidate'));
    expect((await gatehouse.call(code, 'get')).status).toBe(200);
    expect(formsSeen()).toEqual(['password=one', 'password=one', 'password=two']);
    const shown = await gatehouse.ask('GET', admin(code, '/session'));
    expect(shown.json).toMatchObject({ state: 'live', lockout: { refusals: 0 } });

    password = 'three';
    await gatehouse.ask('POST', admin(code, '/session/invalidate'));
    expect((await gatehouse.call(code, 'get')).at('code')).toBe('AUTHENTICATION_FAILED');
    expect(formsSeen().slice(3)).toEqual(['password=two']);
  });
});

describe('gatehouse credentials set', () => {
  it('says in plain words that they were refused, and takes --canary none', async () => {
    const code = await register();
    takes('one');
    const run = (file: object, ...args: string[]) => setByCommand(code, file, args);
    const refused = await run({ apiKey: 'wrong' });
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('Nothing was stored')]);
    expect(refused.err).toContain('--canary none');
    expect((await run({ apiKey: 'two' }, '--canary', 'none')).code).toBe(0);
  });
});

async function setByCommand(code: string, credentials: object, args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-rotation-'));
  try {
    const file = join(folder, 'credentials.json');
    writeFileSync(file, JSON.stringify(credentials));
    return await runGatehouse(['credentials', 'set', code, file, ...args], {
      GATEHOUSE_URL: gatehouse.url,
      GATEHOUSE_KEY: gatehouse.stack.adminKey,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

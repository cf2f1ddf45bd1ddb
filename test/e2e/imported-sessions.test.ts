/** Sessions that a person has opened, for platforms that no program logs in to (SPEC 5), through the whole product. */
import { describe, expect, it } from 'vitest';
import type { Answer, Gatehouse } from '../gatehouse.ts';
import { sendJson } from '../peer.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

const outcome = (answer: Answer) => `${answer.status} ${answer.at<string>('code') ?? ''}`.trim();
const sent = (path: string) => peer.seen.filter(({ url }) => url === path).length;
const path = (code: string, rest = 'session') => `/v1/admin/services/${code}/${rest}`;
const hand = (code: string, body: object) => gatehouse.ask('PUT', path(code), { body });
const show = (code: string) => gatehouse.ask('GET', path(code));
const inParallel = <T>(times: number, run: () => Promise<T>) =>
  Promise.all(Array.from({ length: times }, run));
const alertsOf = async (code: string, state = 'firing') =>
  (await gatehouse.ask('GET', `/v1/admin/alerts?state=${state}`))
    .at<{ kind: string; subject: string; count: number }[]>('items')
    .filter(({ subject }) => subject === code);

async function register(auth: object = {}, definition: object = {}): Promise<string> {
  const code = `IMPORTED_${(count += 1)}`;
  await gatehouse.register({
    code,
    name: code,
    baseUrl: peer.url,
    retry: { networkTimeout: { attempts: 0 }, serverError: { attempts: 0 } },
    operations: {
      orders: { method: 'GET', path: '/orders' },
      heartbeat: { method: 'GET', path: '/heartbeat', idempotent: true },
    },
    allowedPaths: ['/*'],
    auth: { type: 'SESSION', ...auth },
    ...definition,
  });
  return code;
}

/** Its login has a slider: it lets in whoever has the cookie that a browser got, and gives a new one now and then. */
function sliderPlatform(first = 'browser-sid-0123456789abcdef') {
  const state = { sid: first, rotateEvery: 0, served: 0 };
  peer.answer(({ headers }, response) => {
    if (!(headers.cookie ?? '').split('; ').includes(`sid=${state.sid}`)) return sendJson(response, {}, 401);
    state.served += 1;
    if (state.rotateEvery > 0 && state.served % state.rotateEvery === 0) {
      state.sid = `rotated-${state.served}-0123456789abcdef`;
      response.setHeader('set-cookie', `sid=${state.sid}; Path=/; HttpOnly`);
    }
    return sendJson(response, { served: state.served, you: state.sid });
  });
  return state;
}

describe('a platform with a slider', () => {
  it('serves on the session of a person, and its cookies are in no answer', async () => {
    const state = sliderPlatform();
    const code = await register();
    const first = await gatehouse.call(code, 'orders');
    expect(outcome(first)).toBe('503 SESSION_NEEDS_PERSON');
    expect([first.at('retryable'), first.headers.get('retry-after')]).toEqual([false, null]);
    expect((await show(code)).at('state')).toBe('needs-person');

    const handed = await hand(code, {
      cookies: [{ name: 'sid', value: state.sid, path: '/', domain: '127.0.0.1' }],
    });
    expect(handed.status).toBe(200);
    expect(handed.json).toMatchObject({
      state: 'live',
      main: { cookies: ['sid'], loginInfo: { trigger: 'import' } },
    });
    expect(handed.text).not.toContain(state.sid);

    const answers = await inParallel(20, () => gatehouse.call(code, 'orders'));
    expect(new Set(answers.map(outcome))).toEqual(new Set(['200']));
    expect(answers[0]!.text).not.toContain(state.sid);
    expect((await gatehouse.ask('GET', `/v1/services/${code}/proxy/orders`)).status).toBe(200);
    expect((await show(code)).text).not.toContain(state.sid);
    const logins = await gatehouse.ask('GET', path(code, 'logins'));
    expect(logins.at('items.0')).toMatchObject({ trigger: 'import', verdict: 'SUCCESS' });
    expect(logins.text).not.toContain(state.sid);
    expect(await alertsOf(code)).toEqual([]);
  });

  it('is kept alive, and what it rotates is kept', async () => {
    const state = sliderPlatform();
    state.rotateEvery = 3;
    const code = await register({
      sessionTimeoutSeconds: 86_400,
      keepalive: { operation: 'heartbeat', intervalSeconds: 30 },
    });
    await hand(code, { cookies: `theme=dark; sid=${state.sid}` });
    for (let n = 0; n < 10; n += 1) expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
    await gatehouse.stack.host.functions.invoke('keepalive', { source: 'aws.events' });
    expect(sent('/heartbeat')).toBe(1);
    for (let n = 0; n < 10; n += 1) expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
    expect((await show(code)).at('main.cookies')).toEqual(['sid', 'theme']);
    expect((await show(code)).at<string>('generation')).toBe('1.7');
  });

  it('that ends it under 20 callers: each is told, one alert, nothing tried; the next session serves at once', async () => {
    const state = sliderPlatform();
    const code = await register({ keepalive: { operation: 'heartbeat' } });
    await hand(code, { cookies: `sid=${state.sid}` });
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
    state.sid = 'ended';
    peer.seen.length = 0;
    const answers = await inParallel(20, () => gatehouse.call(code, 'orders'));
    expect(new Set(answers.map(outcome))).toEqual(new Set(['503 SESSION_NEEDS_PERSON']));
    expect(answers[0]!.at('detail')).toContain(`gatehouse session import ${code}`);
    const before = peer.seen.length;
    expect(new Set((await inParallel(5, () => gatehouse.call(code, 'orders'))).map(outcome))).toEqual(
      new Set(['503 SESSION_NEEDS_PERSON']),
    );
    await gatehouse.stack.host.functions.invoke('keepalive', { service: code });
    await gatehouse.stack.host.functions.invoke('keepalive', { source: 'aws.events' });
    expect(peer.seen.length, 'nothing is sent on a session that is known to be dead').toBe(before);
    expect(peer.seen.every(({ url }) => url === '/orders')).toBe(true);
    expect(await alertsOf(code)).toMatchObject([{ kind: 'SESSION_NEEDS_PERSON', count: 1 }]);

    state.sid = 'a-new-browser-session';
    expect((await hand(code, { cookies: `sid=${state.sid}` })).at('state')).toBe('live');
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
    expect(await alertsOf(code)).toEqual([]);
    expect(await alertsOf(code, 'resolved')).toMatchObject([{ kind: 'SESSION_NEEDS_PERSON' }]);
  });

  it('an answer from before is served meanwhile, where the definition allows it', async () => {
    const state = sliderPlatform();
    const orders = { method: 'GET', path: '/orders', idempotent: true, cacheSeconds: 1, staleSeconds: 600 };
    const code = await register({}, { operations: { orders } });
    await hand(code, { cookies: `sid=${state.sid}` });
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
    state.sid = 'ended';
    await expect
      .poll(async () => (await gatehouse.call(code, 'orders')).at('meta.stale'), { timeout: 5_000 })
      .toBe(true);
  });

  it('an operator cannot log in to it, and is told what to do', async () => {
    sliderPlatform();
    const code = await register();
    for (const dryRun of [true, false]) {
      const answer = await gatehouse.ask('POST', path(code, 'session/login'), { body: { dryRun } });
      expect(answer.json).toMatchObject({ success: false, error: { code: 'SESSION_NEEDS_PERSON' } });
    }
    expect(peer.seen).toEqual([]);
  });
});

describe('beside cookies', () => {
  it('headers go with every call, and values are {{session.x}}', async () => {
    const code = await register(
      { sessionValues: ['tenant', 'csrf'], sessionHeaders: { 'X-CSRF-Token': '{{session.csrf}}' } },
      { operations: { orders: { method: 'GET', path: '/{{session.tenant}}/orders' } } },
    );
    peer.answer(({ headers }, response) => sendJson(response, { echo: headers.authorization ?? '' }));
    const handed = await hand(code, {
      headers: { Authorization: 'Bearer token-of-a-person-0123', 'x-csrf-token': 'older' },
      values: { tenant: 'north', csrf: 'c-1' },
    });
    expect(handed.json).toMatchObject({
      main: { headers: ['authorization', 'x-csrf-token'], values: ['csrf', 'tenant'], cookies: [] },
    });
    const answer = await gatehouse.call(code, 'orders');
    expect(outcome(answer)).toBe('200');
    expect(answer.text).not.toContain('token-of-a-person');
    expect(peer.seen.at(-1)).toMatchObject({
      url: '/north/orders',
      headers: { authorization: 'Bearer token-of-a-person-0123', 'x-csrf-token': 'c-1' },
    });
    await gatehouse.ask('GET', `/v1/services/${code}/proxy/any`);
    expect(peer.seen.at(-1)!.headers).toMatchObject({ authorization: 'Bearer token-of-a-person-0123' });
    expect(handed.text + (await show(code)).text).not.toContain('token-of-a-person');
  });
});

describe('what does not fit is refused by its field', () => {
  const good = { name: 'a', value: 'b' };
  const past = new Date(Date.now() - 1_000).toISOString();
  it.each<[what: string, body: object, field: string]>([
    ['nothing at all', {}, 'cookies'],
    ['an empty list', { cookies: [] }, 'cookies'],
    [
      'a foreign domain',
      { cookies: [good, good, good, { ...good, domain: 'evil.test' }] },
      'cookies.3.domain',
    ],
    ['a subdomain', { cookies: [{ ...good, domain: 'x.127.0.0.1' }] }, 'cookies.0.domain'],
    ['the tail of an address', { cookies: [{ ...good, domain: '.0.1' }] }, 'cookies.0.domain'],
    ['a name with a space', { cookies: [{ name: 'a b', value: 'c' }] }, 'cookies.0.name'],
    ['no name', { cookies: [{ name: '', value: 'c' }] }, 'cookies.0.name'],
    ['a value with a line break', { cookies: [{ name: 'a', value: 'b\r\nX: y' }] }, 'cookies.0.value'],
    ['a value that is two', { cookies: [{ name: 'a', value: 'b; c=d' }] }, 'cookies.0.value'],
    ['a value beyond Latin-1', { cookies: [{ name: 'a', value: '令牌' }] }, 'cookies.0.value'],
    ['a path without a slash', { cookies: [{ ...good, path: 'x' }] }, 'cookies.0.path'],
    ['a cookie that has ended', { cookies: [good, { ...good, expires: past }] }, 'cookies.1.expires'],
    ['a prefix that does not hold', { cookies: [{ ...good, name: '__Secure-a' }] }, 'cookies.0'],
    ['a field of another format', { cookies: [{ ...good, sameSite: 'Lax' }] }, 'cookies.0.sameSite'],
    ['cookies of no kind', { cookies: 7 }, 'cookies'],
    [
      '101 cookies',
      { cookies: Array.from({ length: 101 }, (_, n) => ({ ...good, name: `a${n}` })) },
      'cookies',
    ],
    ['an empty header', { cookies: '' }, 'cookies'],
    ['a header with its name', { cookies: 'Cookie: a=b' }, 'cookies'],
    ['a pair without =', { cookies: 'a=b; c' }, 'cookies'],
    ['a line break in it', { cookies: 'a=b\r\nX: y' }, 'cookies'],
    ['a name twice', { cookies: 'a=b; a=c' }, 'cookies'],
    ['a header of the message', { headers: { 'Content-Length': '7' } }, 'headers.Content-Length'],
    ['cookies as a header', { headers: { Cookie: 'a=b' } }, 'headers.Cookie'],
    ['a header of two lines', { headers: { 'X-A': 'b\nc' } }, 'headers.X-A'],
    ['a name of no header', { headers: { 'X A': 'b' } }, 'headers.X A'],
    ['a value nobody declared', { values: { token: 'x' } }, 'values.token'],
    ['an end that has passed', { cookies: 'a=b', expiresAt: past }, 'expiresAt'],
    ['an end that is no time', { cookies: 'a=b', expiresAt: 'tomorrow' }, 'expiresAt'],
    ['a field nobody knows', { cookies: 'a=b', jar: {} }, 'jar'],
  ])('%s', async (_what, body, field) => {
    const code = await register();
    const answer = await hand(code, body);
    expect(outcome(answer)).toBe('422 VALIDATION_FAILED');
    expect(answer.at<{ field: string }[]>('errors').map((error) => error.field)).toContain(field);
    expect((await show(code)).at('state')).toBe('needs-person');
  });

  it('a domain above the host fits, unless it belongs to nobody', async () => {
    const code = `IMPORTED_${(count += 1)}`;
    const definition = { code, name: code, baseUrl: 'https://work.gov.example', auth: { type: 'SESSION' } };
    await gatehouse.register(definition);
    const fits = await hand(code, { cookies: [{ name: 'a', value: 'b', domain: '.gov.example' }] });
    expect(fits.status).toBe(200);
    const suffix = await hand(code, { cookies: [{ name: 'a', value: 'b', domain: 'example' }] });
    expect(suffix.at('errors.0.field')).toBe('cookies.0');
  });

  it('a service without a session has none to take over', async () => {
    const code = `IMPORTED_${(count += 1)}`;
    await gatehouse.register({ code, name: code, baseUrl: peer.url, auth: { type: 'NONE' } });
    expect(outcome(await hand(code, { cookies: 'a=b' }))).toBe('404 NOT_FOUND');
  });
});

describe('a platform with a login', () => {
  const LOGIN = {
    submit: { path: '/login', fields: { user: '{{credentials.user}}' } },
    success: { status: 302 },
    extract: { token: { header: 'x-token' } },
  };

  it('is not logged in to while the session of a person is alive, and is when it has died', async () => {
    const state = sliderPlatform();
    const { sid } = state;
    const code = await register({ login: LOGIN, sessionHeaders: { 'X-T': '{{session.token}}' } });
    await gatehouse.ask('PUT', path(code, 'credentials'), { body: { user: 'ops' } });
    await hand(code, { cookies: `sid=${sid}`, values: { token: 'from-a-person' } });
    await inParallel(10, () => gatehouse.call(code, 'orders'));
    expect([sent('/login'), peer.seen.at(-1)!.headers['x-t']]).toEqual([0, 'from-a-person']);
    peer.answer(({ url, headers }, response) => {
      if (url === '/login') {
        response.writeHead(302, {
          location: '/in',
          'set-cookie': 'sid=of-a-login; Path=/',
          'x-token': 't-2',
        });
        return void response.end();
      }
      return sendJson(response, {}, headers.cookie === 'sid=of-a-login' ? 200 : 401);
    });
    const answers = await inParallel(10, () => gatehouse.call(code, 'orders'));
    expect(new Set(answers.map(outcome))).toEqual(new Set(['200']));
    expect([sent('/login'), peer.seen.at(-1)!.headers['x-t']]).toEqual([1, 't-2']);
  });
});

describe('several accounts', () => {
  it('each has its own session, and a call takes the one that is there', async () => {
    const code = await register();
    await gatehouse.ask('PUT', path(code, 'credentials'), {
      body: { accounts: { north: { user: 'n' }, south: { user: 's' } } },
    });
    peer.answer(({ headers }, response) =>
      sendJson(
        response,
        { by: headers.cookie },
        /sid=(?:north|south)-/.test(headers.cookie ?? '') ? 200 : 401,
      ),
    );
    const north = await gatehouse.ask('PUT', `${path(code)}?account=north`, {
      body: { cookies: 'sid=north-0123456789' },
    });
    expect([north.status, north.at('state')]).toEqual([200, 'live']);
    expect((await hand(code, { cookies: 'a=b' })).at('errors.0.field')).toBe('account');

    const answers = await inParallel(10, () => gatehouse.call(code, 'orders'));
    expect(new Set(answers.map(outcome))).toEqual(new Set(['200']));
    expect(answers[0]!.headers.get('x-gatehouse-account')).toBe('north');
    const pinned = () => gatehouse.call(code, 'orders', {}, { headers: { 'X-Gatehouse-Account': 'south' } });
    const refused = await pinned();
    expect(outcome(refused)).toBe('503 SESSION_NEEDS_PERSON');
    expect(refused.at('detail')).toContain(`gatehouse session import ${code} --account south`);
    expect(await alertsOf(`${code}/south`)).toMatchObject([{ kind: 'SESSION_NEEDS_PERSON' }]);

    await gatehouse.ask('PUT', `${path(code)}?account=south`, { body: { cookies: 'sid=south-0123456789' } });
    expect(outcome(await pinned())).toBe('200');
    expect(await alertsOf(`${code}/south`)).toEqual([]);
    const logins = await gatehouse.ask('GET', path(code, 'logins'));
    expect(logins.at('items.0')).toMatchObject({ trigger: 'import', account: 'south' });
  });
});

/** People over HTTP: cookie, CSRF token, one answer for all who cannot log in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGatehouse } from '../gatehouse.ts';
import type { Answer, Gatehouse } from '../gatehouse.ts';
import { startPeer } from '../peer.ts';
import { logIn, logInAs, PASSWORD } from '../people.ts';

const USERS = '/v1/admin/users';
let gatehouse: Gatehouse;
beforeAll(async () => void (gatehouse = await startGatehouse()));
afterAll(() => gatehouse.stop());

const attempt = (body: unknown, headers = {}) =>
  gatehouse.ask('POST', '/v1/session', { key: null, body, headers });
const as = (headers: Record<string, string>, method = 'GET', path = '/v1/session', body?: unknown) =>
  gatehouse.ask(method, path, { key: null, headers, body });
const withoutId = ({ text }: Answer) => text.replace(/"requestId":"[^"]*"/, '');

describe('a session', () => {
  it('begins with a cookie that only this origin gets, and ends', async () => {
    const { id } = await logInAs(gatehouse, 'operator', 'ann');
    const answer = await attempt({ username: 'ann', password: PASSWORD });
    const user = { id, username: 'ann', role: 'operator' };
    expect(answer.json).toEqual({ user, csrfToken: expect.any(String) as string });
    const [cookie, ...attributes] = answer.headers.get('set-cookie')!.split('; ');
    expect(attributes).toEqual(['Max-Age=43200', 'Path=/', 'HttpOnly', 'SameSite=Strict']);
    expect(cookie).toMatch(/^gatehouse_session=[\w-]{43}$/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.text).not.toContain(cookie!.slice('gatehouse_session='.length));

    const shown = await as({ cookie: cookie! });
    expect([shown.status, shown.json]).toEqual([200, answer.json]);
    const csrf = { 'x-csrf-token': answer.at<string>('csrfToken') };
    expect((await as({ cookie: cookie! }, 'DELETE')).status).toBe(403);
    const ended = await as({ cookie: cookie!, ...csrf }, 'DELETE');
    expect(ended.status).toBe(204);
    expect(ended.headers.get('set-cookie')).toMatch(/^gatehouse_session=; Max-Age=0; Path=\/; HttpOnly/);
    expect((await as({ cookie: cookie! })).status).toBe(401);
  });

  it('takes only its own CSRF token, also where another session has one', async () => {
    const [one, other] = [await logInAs(gatehouse, 'admin', 'one'), await logIn(gatehouse, 'one')];
    const body = { name: 'x', role: 'caller' };
    const create = (headers: object) => as({ ...one.cookie, ...headers }, 'POST', '/v1/admin/keys', body);
    expect((await create(other.csrf)).status).toBe(403);
    const made = await create(one.csrf);
    expect([made.status, made.at('createdBy')]).toEqual([201, 'user:one']);
  });

  it('is none with two cookies of its name, with another token, with a key beside it', async () => {
    const { cookie } = await logInAs(gatehouse, 'viewer', 'two');
    for (const cookies of [
      `${cookie.cookie}; ${cookie.cookie}`,
      `gatehouse_session=tossed; ${cookie.cookie}`,
      cookie.cookie.slice(0, -1),
      `gatehouse_session=${'x'.repeat(8_000)}`,
    ]) {
      expect((await as({ cookie: cookies })).status).toBe(401);
    }
    expect((await as({ cookie: `theme=dark; ${cookie.cookie}; a=b` })).status).toBe(200);
    expect((await as({ ...cookie, authorization: 'Bearer gh_wrong' })).status).toBe(401);
  });

  it('follows its person: a smaller role, disabled', async () => {
    const { id, cookie } = await logInAs(gatehouse, 'admin', 'falls');
    const change = (body: object) => gatehouse.ask('PATCH', `${USERS}/${id}`, { body });
    expect((await as(cookie, 'GET', USERS)).status).toBe(200);
    expect((await change({ role: 'caller' })).at('role')).toBe('caller');
    expect((await as(cookie, 'GET', USERS)).status).toBe(403);
    expect((await change({ disabled: true })).at('disabled')).toBe(true);
    expect((await as(cookie)).status).toBe(401);
  });

  it('shows a third party neither cookie nor CSRF token', async () => {
    const peer = await startPeer();
    let seen: Record<string, unknown> = {};
    peer.answer((request, response) => {
      seen = request.headers;
      response.end('{}');
    });
    const definition = { name: 'x', baseUrl: peer.url, auth: { type: 'NONE' }, allowedPaths: ['/*'] };
    await gatehouse.register({ code: 'PEOPLE_PEER', ...definition });
    const { cookie, csrf } = await logInAs(gatehouse, 'operator', 'proxied');
    const answer = await as({ ...cookie, ...csrf }, 'POST', '/v1/services/PEOPLE_PEER/proxy/x', {});
    await peer.stop();
    expect(answer.status).toBe(200);
    expect(Object.keys(seen)).not.toContain('cookie');
    expect(Object.keys(seen)).not.toContain('x-csrf-token');
    expect(JSON.stringify(seen)).not.toContain(cookie.cookie);
  });
});

describe('whoever cannot log in', () => {
  it('gets one answer: unknown, wrong, disabled, locked', async () => {
    await logInAs(gatehouse, 'viewer', 'wrong');
    const { id } = await logInAs(gatehouse, 'viewer', 'off');
    await logInAs(gatehouse, 'viewer', 'locked');
    await gatehouse.ask('PATCH', `${USERS}/${id}`, { body: { disabled: true } });
    const guess = (username: string, password = PASSWORD) => attempt({ username, password });
    await Promise.all(Array.from({ length: 6 }, () => guess('locked', 'not it, not it')));
    const listed = await gatehouse.ask('GET', USERS);
    const locked = listed
      .at<{ username: string; lockedUntil?: string }[]>('items')
      .filter(({ lockedUntil }) => lockedUntil !== undefined);
    expect(locked.map(({ username }) => username)).toEqual(['locked']);
    expect(Date.parse(locked[0]!.lockedUntil!)).toBeGreaterThan(Date.now() + 14 * 60_000);
    const answers = [
      await guess('nobody'),
      await guess('No Name'),
      await guess('wrong', 'not it, not it'),
      await guess('off'),
      await guess('locked'),
    ];
    for (const answer of answers) {
      expect([answer.status, answer.at('code')]).toEqual([401, 'UNAUTHENTICATED']);
      expect(withoutId(answer)).toBe(withoutId(answers[0]!));
      expect(answer.headers.get('set-cookie')).toBeNull();
      const names = ({ headers }: Answer) => [...headers.keys()].filter((name) => name !== 'date');
      expect(names(answer)).toEqual(names(answers[0]!));
    }
  });

  it('is locked no more with another password', async () => {
    const { id } = await logInAs(gatehouse, 'viewer', 'reset');
    const guess = (password: string) => attempt({ username: 'reset', password });
    for (let n = 0; n < 5; n++) await guess('not it, not it');
    expect((await guess(PASSWORD)).status).toBe(401);
    const password = 'another password altogether';
    await gatehouse.ask('PATCH', `${USERS}/${id}`, { body: { password } });
    expect((await guess(password)).status).toBe(200);
  });

  it('is not logged in by a form of another site, nor led elsewhere', async () => {
    await logInAs(gatehouse, 'viewer', 'formed');
    const body = JSON.stringify({ username: 'formed', password: PASSWORD });
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const answer = await attempt(body, { 'content-type': type });
      expect([answer.status, answer.at('code')]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    }
    const answer = await gatehouse.ask('POST', '/v1/session?next=//evil.example', {
      key: null,
      body: { username: 'formed', password: PASSWORD },
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([200, null]);
  });

  it.each([
    [{}],
    [{ username: 'ann' }],
    [{ username: ['ann'], password: PASSWORD }],
    [{ username: 'ann', password: { $ne: '' } }],
    [{ username: 'ann', password: 'canary'.repeat(1_000) }],
    ['{"username":"ann","password":"canary'],
  ])('%# sends what is no name and password: told so, without a value', async (body) => {
    const answer = await attempt(body, { 'content-type': 'application/json' });
    expect([400, 422]).toContain(answer.status);
    expect(answer.text).not.toContain('canary');
  });
});

describe('people', () => {
  it('are listed without a password; a name is taken once', async () => {
    const { id } = await logInAs(gatehouse, 'viewer', 'listed');
    const list = await gatehouse.ask('GET', USERS);
    const item = list.at<{ id: string }[]>('items').find((one) => one.id === id);
    expect(item).toEqual({
      id,
      username: 'listed',
      role: 'viewer',
      disabled: false,
      createdAt: expect.stringMatching(/Z$/) as string,
    });
    expect(list.text).not.toContain('scrypt');
    const again = { username: 'listed', password: PASSWORD, role: 'admin' };
    const taken = await gatehouse.ask('POST', USERS, { body: again });
    expect([taken.status, taken.at('code')]).toEqual([409, 'ALREADY_EXISTS']);
    expect((await gatehouse.ask('PATCH', `${USERS}/none`, { body: { disabled: true } })).status).toBe(404);
  });

  it.each([
    ['username', { username: 'Ann' }],
    ['username', { username: '-ann' }],
    ['username', { username: 'a'.repeat(65) }],
    ['username', { username: 'ann\n' }],
    ['password', { password: 'canary-four' }],
    ['password', { password: 'canary'.repeat(22) }],
    ['role', { role: 'root' }],
  ])('%s is refused as %j, and not repeated', async (field, change) => {
    const body = { username: 'new', password: PASSWORD, role: 'viewer', ...change };
    const answer = await gatehouse.ask('POST', USERS, { body });
    expect(answer.status).toBe(422);
    expect(answer.at('errors.0.field')).toBe(field);
    expect(answer.text).not.toContain('canary');
  });
});

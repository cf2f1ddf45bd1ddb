/** Several accounts of one platform: through the whole product, against a platform that knows each by its cookie. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Answer, Gatehouse } from '../gatehouse.ts';
import { sendJson } from '../peer.ts';
import type { Peer, Seen } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

const NAMES = ['east', 'north', 'south'];
const ACCOUNT = 'x-gatehouse-account';

/** Sessions by cookie, each of one account; `passwords` are those that the platform takes. */
function platform() {
  const sessions = new Map<string, string>();
  const passwords = new Map(NAMES.map((name) => [name, `secret-of-${name}`]));
  const logins: string[] = [];
  const of = ({ headers }: Seen) => sessions.get(/sid=([\w-]+)/.exec(headers.cookie ?? '')?.[1] ?? '');
  peer.answer(async (request, response) => {
    if (request.url !== '/login') {
      const account = of(request);
      sendJson(response, { account: account ?? null, leak: 'secret-of-south' }, account ? 200 : 401);
      return;
    }
    const form = new URLSearchParams(request.body.toString());
    const user = form.get('user')!;
    logins.push(user);
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (form.get('pass') !== passwords.get(user)) {
      response.writeHead(200, { 'content-type': 'text/html' }).end('wrong password');
      return;
    }
    const sid = randomUUID();
    sessions.set(sid, user);
    response.writeHead(302, { location: '/main', 'set-cookie': `sid=${sid}; Path=/` }).end();
  });
  return { sessions, passwords, logins, of };
}

const credentials = (names = NAMES) => ({
  accounts: Object.fromEntries(names.map((name) => [name, { user: name, password: `secret-of-${name}` }])),
});

async function register(more: object = {}, names = NAMES, auth: object = {}): Promise<string> {
  const code = `ACCOUNTS_${(count += 1)}`;
  await gatehouse.register(
    {
      code,
      name: code,
      baseUrl: peer.url,
      allowedPaths: ['/*'],
      retry: { networkTimeout: { attempts: 0 }, serverError: { attempts: 0 } },
      operations: { orders: { method: 'GET', path: '/orders' }, submit: { method: 'POST', path: '/submit' } },
      auth: {
        type: 'SESSION',
        login: {
          submit: {
            path: '/login',
            fields: { user: '{{credentials.user}}', pass: '{{credentials.password}}' },
          },
          success: { status: 302 },
          failures: [{ when: { text: { includes: 'wrong password' } }, error: 'AUTHENTICATION_FAILED' }],
        },
        ...auth,
      },
      ...more,
    },
    credentials(names),
  );
  return code;
}

const orders = (code: string, account?: string) =>
  gatehouse.call(code, 'orders', {}, account === undefined ? {} : { headers: { [ACCOUNT]: account } });
const outcome = (answer: Answer) =>
  answer.status < 300 ? `${answer.status}` : `${answer.status} ${answer.at<string>('code')}`;
const accountOf = (answer: Answer) => answer.headers.get(ACCOUNT);
const admin = (code: string, path: string) => `/v1/admin/services/${code}${path}`;

interface Line {
  account: string | null;
  session: { state: string; expiresAt: string | null } | null;
  lockout: { lockedUntil: string | null };
  uses: number;
}
const lines = async (code: string): Promise<Line[]> =>
  (await gatehouse.ask('GET', admin(code, '/accounts'))).at('items');

function tally(answers: Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[accountOf(answer)!] = (counts[accountOf(answer)!] ?? 0) + 1;
  return counts;
}

async function repeat(times: number, ask: () => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < times; i += 1) answers.push(await ask());
  return answers;
}

async function firing(code: string): Promise<string[]> {
  const { json } = await gatehouse.ask('GET', '/v1/admin/alerts?state=firing');
  return (json as { items: { kind: string; subject: string }[] }).items
    .filter(({ subject }) => subject.split('/')[0] === code)
    .map(({ kind, subject }) => `${kind} ${subject}`);
}

describe('three accounts', () => {
  it('share the calls evenly, each with a session of its own; the answer says which', async () => {
    const { logins, sessions } = platform();
    const code = await register();
    const answers = await repeat(60, () => orders(code));
    expect(new Set(answers.map(outcome))).toEqual(new Set(['200']));
    expect(answers.every((answer) => answer.at('data.account') === accountOf(answer))).toBe(true);
    expect(answers[0]!.at('meta.account')).toBe(accountOf(answers[0]!));
    expect(Object.values(tally(answers))).toEqual([20, 20, 20]);
    expect([logins.sort(), sessions.size]).toEqual([NAMES, 3]);

    const shown = await lines(code);
    expect(shown.map(({ account, session, uses }) => [account, session?.state, uses])).toEqual(
      NAMES.map((name) => [name, 'live', 20]),
    );
  });

  it('one that is refused is locked for itself; nobody notices, and the others share the calls', async () => {
    const { passwords, logins } = platform();
    passwords.set('north', 'another');
    const code = await register();
    const answers = await repeat(60, () => orders(code));
    expect(new Set(answers.map(outcome))).toEqual(new Set(['200']));
    const { east, south, ...others } = tally(answers);
    expect([Math.abs(east! - south!) <= 4, others]).toEqual([true, {}]);
    expect(logins.filter((name) => name === 'north')).toHaveLength(3);
    const north = (await lines(code)).find(({ account }) => account === 'north')!;
    expect(north.session?.state).toBe('locked-out');
    expect(Date.parse(north.lockout.lockedUntil!)).toBeGreaterThan(Date.now());
    expect(await firing(code)).toEqual([`LOGIN_LOCKED ${code}/north`]);

    const pinned = await orders(code, 'north');
    expect([outcome(pinned), accountOf(pinned)]).toEqual(['502 AUTHENTICATION_FAILED', 'north']);
    expect(pinned.at<string>('detail')).toContain(`gatehouse session unlock ${code} --account north`);

    // Another's password changes nothing of it; its own does.
    const { accounts } = credentials();
    const replace = (changed: object) =>
      gatehouse.ask('PUT', admin(code, '/credentials'), { body: { accounts: { ...accounts, ...changed } } });
    passwords.set('south', 'new');
    await replace({ south: { user: 'south', password: 'new' } });
    expect(outcome(await orders(code, 'north'))).toBe('502 AUTHENTICATION_FAILED');
    await replace({
      north: { user: 'north', password: 'another' },
      south: { user: 'south', password: 'new' },
    });
    expect(outcome(await orders(code, 'north'))).toBe('200');
    expect(await firing(code)).toEqual([]);
  });

  it('an operator unlocks one; without a name, all', async () => {
    const { passwords, logins } = platform();
    for (const name of NAMES) passwords.set(name, 'another');
    const code = await register({}, NAMES, { lockout: { failures: 1, seconds: 600 } });
    expect(outcome(await orders(code))).toBe('502 AUTHENTICATION_FAILED');
    expect(logins.sort()).toEqual(NAMES);
    const later = await orders(code);
    expect([outcome(later), logins.length]).toEqual(['502 AUTHENTICATION_FAILED', 3]);
    expect(Number(later.headers.get('retry-after'))).toBeGreaterThan(500);

    passwords.set('south', 'secret-of-south');
    const unlock = (query: string) => gatehouse.ask('POST', admin(code, `/session/unlock${query}`));
    expect((await unlock('?account=south')).status).toBe(204);
    expect((await repeat(4, () => orders(code))).map(accountOf)).toEqual(Array(4).fill('south'));
    expect((await lines(code)).map(({ lockout }) => lockout.lockedUntil === null)).toEqual([
      false,
      false,
      true,
    ]);
    expect((await unlock('')).status).toBe(204);
    expect((await lines(code)).every(({ lockout }) => lockout.lockedUntil === null)).toBe(true);
    expect((await unlock('?account=west')).at('errors.0.field')).toBe('account');
  });

  it('a pinned call takes its account; a name that there is not is refused, naming the header', async () => {
    platform();
    const code = await register();
    expect((await repeat(5, () => orders(code, 'north'))).map(accountOf)).toEqual(Array(5).fill('north'));
    const raw = await gatehouse.ask('GET', `/v1/services/${code}/proxy/orders`, {
      headers: { [ACCOUNT]: 'south' },
    });
    expect([raw.at('account'), accountOf(raw)]).toEqual(['south', 'south']);
    const unknown = await orders(code, 'west');
    expect([outcome(unknown), unknown.at('errors.0.field')]).toEqual([
      '422 VALIDATION_FAILED',
      'X-Gatehouse-Account',
    ]);
    const before = peer.seen.length;
    const batch = await gatehouse.ask('POST', `/v1/services/${code}/batch`, {
      headers: { [ACCOUNT]: 'east' },
      body: [{ operation: 'orders' }, { operation: 'orders' }],
    });
    expect([batch.at('items.0.meta.account'), batch.at('items.1.data.account')]).toEqual(['east', 'east']);
    expect(peer.seen.length).toBeGreaterThan(before);
  });

  it('a key belongs to its account: pinned elsewhere it is another request', async () => {
    platform();
    const code = await register();
    const submit = (account: string) =>
      gatehouse.call(code, 'submit', {}, { headers: { [ACCOUNT]: account, 'idempotency-key': 'k1' } });
    expect((await submit('north')).at('data.account')).toBe('north');
    const again = await submit('north');
    expect([again.headers.get('idempotency-replayed'), accountOf(again)]).toEqual(['true', 'north']);
    expect(outcome(await submit('south'))).toBe('422 IDEMPOTENCY_MISMATCH');
  });

  it('have quotas of their own; all used up, the answer says when the first is back', async () => {
    platform();
    const code = await register({ quotas: [{ type: 'PER_DAY', limit: 4 }] });
    const pinned = await repeat(5, () => orders(code, 'north'));
    expect(pinned.map(outcome)).toEqual([...Array<string>(4).fill('200'), '429 QUOTA_EXCEEDED']);
    expect(pinned[0]!.headers.get('ratelimit-remaining')).toBe('3');
    expect(pinned[4]!.at<string>('detail')).toContain(`${code}/north`);
    const others = await repeat(8, () => orders(code));
    expect(tally(others)).toEqual({ east: 4, south: 4 });
    const last = await orders(code);
    expect(outcome(last)).toBe('429 QUOTA_EXCEEDED');
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('50 callers at the end of all sessions cost one login for each', async () => {
    const { sessions, logins } = platform();
    const code = await register({}, ['north', 'south']);
    await repeat(4, () => orders(code));
    logins.length = 0;
    sessions.clear();
    const answers = await Promise.all(Array.from({ length: 50 }, () => orders(code)));
    expect(new Set(answers.map(outcome))).toEqual(new Set(['200']));
    expect(logins.sort()).toEqual(['north', 'south']);
    expect(tally(answers)).toEqual({ north: 25, south: 25 });
  });

  it('secrets of all of them are masked in what a call brings back', async () => {
    platform();
    const code = await register();
    const answers = await repeat(3, () => orders(code));
    expect(answers.map(({ text }) => text.includes('secret-of-south'))).toEqual([false, false, false]);
    const { text } = await gatehouse.ask('GET', `/v1/services/${code}/proxy/orders`);
    expect(text).not.toContain('secret-of-south');
  });

  it('one that is taken out of the document is not used any more; one that is added is', async () => {
    platform();
    const code = await register({}, ['north', 'south']);
    await repeat(2, () => orders(code));
    const put = (names: string[]) =>
      gatehouse.ask('PUT', admin(code, '/credentials'), { body: credentials(names) });
    await put(['east', 'north']);
    expect(Object.keys(tally(await repeat(10, () => orders(code)))).sort()).toEqual(['east', 'north']);
    expect(outcome(await orders(code, 'south'))).toBe('422 VALIDATION_FAILED');
  });

  it('one that is taken out leaves no alert and no lockout behind; from one account to several and back nobody fails', async () => {
    const { passwords } = platform();
    passwords.set('north', 'another');
    const code = await register({}, ['north', 'south'], { lockout: { failures: 1, seconds: 600 } });
    await repeat(4, () => orders(code));
    expect(await firing(code)).toEqual([`LOGIN_LOCKED ${code}/north`]);
    const put = (body: object) => gatehouse.ask('PUT', admin(code, '/credentials'), { body });
    await put({ user: 'south', password: 'secret-of-south' });
    expect(await firing(code)).toEqual([]);
    const one = await repeat(3, () => orders(code));
    expect(one.map((answer) => `${outcome(answer)} ${accountOf(answer)}`)).toEqual(Array(3).fill('200 null'));
    passwords.set('north', 'secret-of-north');
    await put(credentials(['north', 'south']));
    const both = await repeat(8, () => orders(code));
    expect(both.map(outcome)).toEqual(Array(8).fill('200'));
    expect(Object.keys(tally(both)).sort()).toEqual(['north', 'south']);
  });

  it('a keepalive goes over each that has a session; one logs in in the background', async () => {
    platform();
    const code = await register({}, NAMES, { keepalive: { operation: 'orders', intervalSeconds: 30 } });
    await orders(code, 'north');
    await orders(code, 'south');
    const run = async (event: object) =>
      (await gatehouse.stack.host.functions.invoke('keepalive', event)) as Record<string, string>;
    const done = await run({ source: 'aws.events' });
    const own = Object.entries(done).filter(([subject]) => subject.startsWith(`${code}/`));
    expect(own).toEqual([
      [`${code}/east`, 'skipped'],
      [`${code}/north`, 'kept'],
      [`${code}/south`, 'kept'],
    ]);
    expect(await run({ service: code, account: 'east' })).toEqual({ [`${code}/east`]: 'logged-in' });
    expect((await lines(code)).map(({ session }) => session?.state)).toEqual(['live', 'live', 'live']);
    const logins = await gatehouse.ask('GET', admin(code, '/logins'));
    expect(logins.at<{ account: string }[]>('items').map(({ account }) => account)).toEqual([
      'east',
      'south',
      'north',
    ]);
  });

  it('operators name the one whose session they mean', async () => {
    const { logins } = platform();
    const code = await register();
    const session = (query: string) => gatehouse.ask('GET', admin(code, `/session${query}`));
    const unnamed = await session('');
    expect([unnamed.status, unnamed.at('errors.0.field')]).toEqual([422, 'account']);
    const login = await gatehouse.ask('POST', admin(code, '/session/login?account=south'), { body: {} });
    expect([login.at('success'), logins]).toEqual([true, ['south']]);
    expect((await session('?account=south')).at('state')).toBe('live');
    await gatehouse.ask('POST', admin(code, '/session/invalidate?account=south'));
    expect((await session('?account=south')).at('state')).toBe('none');
  });

  it('an operation that one of them may not call is answered by another', async () => {
    const { of } = platform();
    const code = await register({}, ['north', 'south'], { expired: { status: [401, 403] } });
    await repeat(2, () => orders(code));
    peer.answer((request, response) => {
      if (request.url === '/login') {
        response.writeHead(302, { location: '/', 'set-cookie': `sid=${randomUUID()}; Path=/` }).end();
      } else sendJson(response, { account: 'south' }, of(request) === 'south' ? 200 : 403);
    });
    const answers = await repeat(12, () => gatehouse.call(code, 'submit'));
    expect(new Set(answers.map(outcome))).toEqual(new Set(['200']));
    expect(peer.seen.filter(({ url }) => url === '/login').length).toBeLessThanOrEqual(3);
  });
});

describe('keys that are sent with each call', () => {
  const keyed = async (more: object = {}): Promise<string> => {
    const code = `ACCOUNTS_${(count += 1)}`;
    await gatehouse.register(
      {
        code,
        name: code,
        baseUrl: peer.url,
        allowedPaths: ['/*'],
        operations: {
          orders: { method: 'GET', path: '/orders' },
          submit: { method: 'POST', path: '/submit' },
        },
        auth: { type: 'BEARER' },
        ...more,
      },
      { accounts: { north: { token: 'token-of-north' }, south: { token: 'token-of-south' } } },
    );
    return code;
  };
  const onlySouth = () =>
    peer.answer(({ headers }, response) => {
      const good = headers.authorization === 'Bearer token-of-south';
      sendJson(response, { ok: good }, good ? 200 : 401);
    });

  it('one that is refused is sent three times, and no caller hears of it: a write neither', async () => {
    onlySouth();
    const code = await keyed();
    const answers = await repeat(20, () => gatehouse.call(code, 'submit'));
    expect(new Set(answers.map(outcome))).toEqual(new Set(['200']));
    expect(new Set(answers.map(accountOf))).toEqual(new Set(['south']));
    const north = peer.seen.filter(({ headers }) => headers.authorization === 'Bearer token-of-north');
    expect(north).toHaveLength(3);
    expect(await firing(code)).toEqual([`CREDENTIALS_REFUSED ${code}/north`]);
    const [first, second] = await lines(code);
    expect([first!.session, first!.lockout.lockedUntil === null, second!.lockout.lockedUntil]).toEqual([
      null,
      false,
      null,
    ]);
    await gatehouse.ask('POST', admin(code, '/session/unlock?account=north'));
    expect((await lines(code))[0]!.lockout.lockedUntil).toBeNull();
  });

  it('one that lacks what an operation names does not serve that operation, but the others', async () => {
    const code = await keyed({
      operations: {
        orders: { method: 'GET', path: '/orders' },
        tenants: { method: 'GET', path: '/tenants', headers: { 'X-Tenant': '{{credentials.tenant}}' } },
      },
    });
    await gatehouse.ask('PUT', admin(code, '/credentials'), {
      body: { accounts: { north: { token: 'n' }, south: { token: 's', tenant: 't1' } } },
    });
    const tenants = await repeat(6, () => gatehouse.call(code, 'tenants'));
    expect(tenants.map(accountOf)).toEqual(Array(6).fill('south'));
    expect(Object.keys(tally(await repeat(8, () => orders(code)))).sort()).toEqual(['north', 'south']);
    const pinned = await gatehouse.call(code, 'tenants', {}, { headers: { [ACCOUNT]: 'north' } });
    expect([outcome(pinned), pinned.at<string>('detail')]).toEqual([
      '500 CONFIGURATION_ERROR',
      expect.stringContaining('tenant') as string,
    ]);
  });

  it('tokens belong to their account: one whose client is refused fails nobody', async () => {
    const code = `ACCOUNTS_${(count += 1)}`;
    await gatehouse.register(
      {
        code,
        name: code,
        baseUrl: peer.url,
        operations: { orders: { method: 'GET', path: '/orders' } },
        auth: { type: 'OAUTH2', grant: 'client_credentials', tokenUrl: `${peer.url}/token` },
      },
      {
        accounts: Object.fromEntries(
          NAMES.map((name) => [name, { clientId: name, clientSecret: `secret-of-${name}` }]),
        ),
      },
    );
    const tokens: string[] = [];
    peer.answer(({ url, headers, body }, response) => {
      if (url !== '/token') return sendJson(response, { of: headers.authorization!.slice('Bearer '.length) });
      const basic = Buffer.from(headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
      const client = NAMES.find((name) => `${basic} ${body.toString()}`.includes(`secret-of-${name}`))!;
      tokens.push(client);
      if (client === 'north') return sendJson(response, { error: 'invalid_client' }, 401);
      sendJson(response, { access_token: `token-of-${client}`, token_type: 'Bearer', expires_in: 3_600 });
    });
    const answers = await repeat(20, () => orders(code));
    expect(new Set(answers.map(outcome))).toEqual(new Set(['200']));
    expect(Object.keys(tally(answers)).sort()).toEqual(['east', 'south']);
    const [of, at] = [tokens.filter((name) => name !== 'north').sort(), tokens.filter((n) => n === 'north')];
    expect([of, at.length]).toEqual([['east', 'south'], 3]);
    expect(await firing(code)).toEqual([`CREDENTIALS_REFUSED ${code}/north`]);
  });

  it('the probe of a breaker may move on to another account', async () => {
    const code = await keyed({
      breaker: { failures: 1, openSeconds: 0.05 },
      retry: { networkTimeout: { attempts: 0 }, serverError: { attempts: 0 } },
    });
    await repeat(5, () => orders(code, 'south'));
    peer.answer((_, response) => sendJson(response, {}, 500));
    expect(outcome(await orders(code, 'south'))).toBe('503 PLATFORM_UNAVAILABLE');
    onlySouth();
    let probe = await orders(code);
    for (let i = 0; i < 100 && outcome(probe) === '503 CIRCUIT_OPEN'; i += 1) probe = await orders(code);
    expect([outcome(probe), accountOf(probe)]).toEqual(['200', 'south']);
    expect(peer.seen.at(-2)!.headers.authorization).toBe('Bearer token-of-north');
    expect(outcome(await orders(code))).toBe('200');
  });

  it('through the raw proxy as well', async () => {
    onlySouth();
    const code = await keyed();
    const raw = () => gatehouse.ask('GET', `/v1/services/${code}/proxy/orders`);
    const answers = await repeat(10, raw);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('an answer from the cache is one of any account, or of the pinned one', async () => {
    const code = await keyed({
      operations: { orders: { method: 'GET', path: '/orders', cacheSeconds: 60 } },
    });
    peer.answer(({ headers }, response) => sendJson(response, { of: headers.authorization!.slice(-5) }));
    expect((await repeat(2, () => orders(code, 'south'))).map(({ text }) => text.includes('south'))).toEqual([
      true,
      true,
    ]);
    expect(peer.seen).toHaveLength(1);
    const north = await orders(code, 'north');
    expect([north.at('meta.cached'), north.at('data.of')]).toEqual([false, 'north']);
    expect((await orders(code)).at('meta.cached')).toBe(false);
    const cached = await orders(code);
    expect([cached.at('meta.cached'), accountOf(cached)]).toEqual([true, null]);
  });
});

describe('credentials of several accounts', () => {
  const put = (code: string, body: unknown) => gatehouse.ask('PUT', admin(code, '/credentials'), { body });

  it('are refused with the place of what is missing or wrong', async () => {
    const code = `ACCOUNTS_${(count += 1)}`;
    await gatehouse.register({ code, name: code, baseUrl: peer.url, auth: { type: 'SIGNATURE' } });
    const missing = await put(code, { accounts: { north: { appKey: 'k' }, south: { other: 'x' } } });
    expect([missing.status, missing.at('errors')]).toEqual([
      422,
      [{ field: 'accounts.south.appKey', message: 'is required' }],
    ]);
    const refused = async (accounts: object, more: object = {}) =>
      (await put(code, { accounts, ...more })).at<{ field: string }[]>('errors')[0]!.field;
    expect(await refused({ North: { appKey: 'k' } })).toBe('credentials.accounts.North');
    expect(await refused({ north: { appKey: true } })).toBe('accounts.north.appKey');
    expect(await refused({ north: { appKey: 'k' } }, { user: 'u' })).toBe('credentials');
    expect(await refused({})).toBe('credentials.accounts');
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`a${n}`, { appKey: 'k' }]));
    expect(await refused(many)).toBe('credentials.accounts');
  });

  it('are not for a captcha solver, whose second account is a second service', async () => {
    const code = `ACCOUNTS_${(count += 1)}`;
    await gatehouse.register({ code, name: code, baseUrl: peer.url, auth: { type: 'CHAOJIYING' } });
    const account = { username: 'u', password: 'p', softwareId: '1' };
    expect((await put(code, { accounts: { north: account } })).at('errors.0.field')).toBe('accounts');
  });

  it('version, fingerprint and uses are those of the whole document', async () => {
    const code = `ACCOUNTS_${(count += 1)}`;
    await gatehouse.register(
      {
        code,
        name: code,
        baseUrl: peer.url,
        auth: { type: 'BEARER' },
        operations: { orders: { method: 'GET', path: '/orders' } },
      },
      { accounts: { north: { token: 'token-of-north' }, south: { token: 'token-of-south' } } },
    );
    await repeat(4, () => orders(code));
    const versions = () => gatehouse.ask('GET', admin(code, '/credentials'));
    const before = await versions();
    expect([before.at('items.0.useCount'), before.at<unknown[]>('items').length]).toEqual([4, 1]);
    const same = await put(code, {
      accounts: { south: { token: 'token-of-south' }, north: { token: 'token-of-north' } },
    });
    expect(same.at('versionId')).toBe(before.at('items.0.versionId'));
    await put(code, { accounts: { north: { token: 'token-of-north' } } });
    const after = await versions();
    expect(after.at('items.0.fingerprint')).not.toBe(before.at('items.0.fingerprint'));
    expect(after.at('items.1.fingerprint')).toBe(before.at('items.0.fingerprint'));
    expect(after.text).not.toContain('token-of');
  });
});

describe('a service with one account', () => {
  it('has no name for it, and says nothing of accounts', async () => {
    platform();
    const code = `ACCOUNTS_${(count += 1)}`;
    await gatehouse.register(
      {
        code,
        name: code,
        baseUrl: peer.url,
        operations: { orders: { method: 'GET', path: '/orders' } },
        auth: { type: 'BEARER' },
      },
      { token: 'only-token' },
    );
    peer.answer((_, response) => sendJson(response, {}));
    const answer = await orders(code);
    expect([answer.status, accountOf(answer), answer.at('meta.account')]).toEqual([200, null, undefined]);
    expect(await lines(code)).toEqual([
      { account: null, session: null, lockout: { lockedUntil: null }, uses: 1 },
    ]);
    expect(outcome(await orders(code, 'north'))).toBe('422 VALIDATION_FAILED');
  });
});

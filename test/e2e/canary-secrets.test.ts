/**
 * A3: secrets of every kind are put in, then every route is called, rightly and wrongly, by those who may and those who
 * may not, while third parties answer, refuse and break, and repeat all that they were sent. Nothing that comes out of the
 * product or is kept in plain text holds one of them. A new route without a case does not compile.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ROUTES } from '../../lib/api/routes.ts';
import type { Route, RouteId } from '../../lib/api/routes.ts';
import { Canaries, dumpRedis, dumpTables } from '../canaries.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Answer, Gatehouse } from '../gatehouse.ts';
import { standardHeaders } from '../partners.ts';
import { sendJson, startPeer } from '../peer.ts';
import type { Peer, PeerHandler } from '../peer.ts';
import { recordOutput } from '../unit/functions/written.ts';
import { seal } from '../urs-partner.ts';

const canaries = new Canaries();
/** What escapes and encodings change stands in it. */
const secret = (name: string, ...shownBy: string[]) =>
  canaries.put(name, `cnry-${name.replaceAll(' ', '-')}-7/q+"&<=x 9Zk2`, ...shownBy);

const PERSON = { username: 'alice', password: secret('password of a person') };
const WRONG = secret('wrong password');
const OTHER = secret('new password');
const PLATFORM = {
  username: 'ops',
  password: secret('password at a platform'),
  otp: canaries.put('secret of one-time codes', 'MNXHE6LPORYHGZLDOJSXIMZUGU3DO'),
};
const COOKIE = canaries.put('cookie of a platform', 'cnry-cookie-of-a-platform-Hq81Lw');
const TOKEN = canaries.put('token of a platform', 'cnry-token-of-a-platform-Vx52Rd');
const IMPORTED = canaries.put('cookie of a browser', 'cnry-cookie-of-a-browser-Mk33Tz');
const BEARER = canaries.put('bearer token', 'cnry-bearer-token-Ty7Nq0Bv');
const NEXT_BEARER = canaries.put('next bearer token', 'cnry-next-bearer-token-Ws4Jp6');
const BASIC = { username: 'basic', password: secret('password of basic') };
const APP_KEY = canaries.put('app key', 'cnry-app-key-0f7b3d9e5a1c8246');
const SOLVER = { username: 'solver', password: secret('password of a solver'), softwareId: '96001' };
const WEBHOOK_SECRET = `whsec_${canaries.put('webhook secret', Buffer.from('cnry-webhook-secret-8Lm2Xc4').toString('base64'))}`;
const CHAT_TOKEN = canaries.put('token of a chat robot', 'cnry-chat-token-Fz60Ke');
const CHAT_SECRET = canaries.put('secret of a chat robot', 'SEC-cnry-chat-secret-Pa19Ud');
// Third parties repeat them to whoever sent them: nobody else may see them.
const PARAMETER = secret('password in a parameter', 'rawProxy');
const QUERY = canaries.put('token in a query', 'cnry-token-in-a-query-Rb5Gy2', 'rawProxy');
const TEXT = secret('answer of a captcha');
const MISTYPED = `gh_${canaries.put('mistyped key', 'cnryMistypedKey'.padEnd(43, '0123456789'))}`;
const STRANGE = canaries.put('cookie of nobody', 'cnryCookieOfNobody'.padEnd(43, '0123456789'));

let mode: 'answers' | 'refuses' | 'breaks' = 'answers';

/** Says back what it was sent, in headers and bodies. */
const hostile: PeerHandler = ({ url, headers, body }, response) => {
  const said = { url, headers, body: url === '/params' ? '' : body.toString('latin1') };
  const header = headers.authorization ?? headers.cookie ?? '';
  response.setHeader('x-said', header.replaceAll(/[^\x20-\x7e]/g, '?'));
  if (url === '/picture') return void response.writeHead(200, { 'content-type': 'image/png' }).end('png');
  if (mode === 'breaks') return sendJson(response, said, 500);
  if (url.startsWith('/solve/')) {
    return sendJson(response, { err_no: mode === 'answers' ? 0 : -1, err_str: said.body, pic_str: 'abcd' });
  }
  if (url === '/login') {
    if (mode === 'refuses') return sendJson(response, { ...said, why: 'wrong password' });
    response.setHeader('set-cookie', `sid=${COOKIE}; Path=/`);
    return sendJson(response, { ...said, token: TOKEN }, 201);
  }
  if (url.startsWith('/robot'))
    return sendJson(response, { errcode: mode === 'answers' ? 0 : 9, errmsg: url });
  return sendJson(response, said, mode === 'refuses' ? 403 : 200);
};

const NO_RETRY = {
  retry: {
    networkTimeout: { attempts: 0, delaysSeconds: [0] },
    serverError: { attempts: 0, delaysSeconds: [0] },
  },
};

function definitions(baseUrl: string): [definition: { code: string }, credentials: object][] {
  const service = (code: string, rest: object) => ({ code, name: code, baseUrl, ...NO_RETRY, ...rest });
  const login = (fields: object, captcha: object = {}) => ({
    type: 'SESSION',
    lockout: { failures: 100, seconds: 60 },
    login: {
      ...captcha,
      submit: { path: '/login', body: 'form', fields },
      success: { status: 201 },
      failures: [{ when: { text: { includes: 'wrong password' } }, error: 'AUTHENTICATION_FAILED' }],
      extract: { token: { pointer: '/token' } },
    },
    expired: { status: 401 },
    sessionHeaders: { 'X-Token': '{{session.token}}' },
  });
  const operations = {
    get: { method: 'GET', path: '/get', idempotent: true },
    post: { method: 'POST', path: '/params', body: 'json', params: { type: 'object' } },
  };
  const PASSWORD = { user: '{{credentials.username}}', pw: '{{credentials.password}}' };
  const CAPTCHA = { captcha: { path: '/picture', codetype: 1004, solvers: ['SOLVER'] } };
  const mapped = {
    userId: { pointer: '/user' },
    amount: { pointer: '/amount' },
    transactionId: { pointer: '/id' },
  };
  return [
    [service('SOLVER', { baseUrl: `${baseUrl}/solve`, auth: { type: 'CHAOJIYING' } }), SOLVER],
    [
      service('SITE', {
        auth: login({ ...PASSWORD, captcha: '{{captcha.text}}' }, CAPTCHA),
        operations,
        allowedPaths: ['/*'],
      }),
      PLATFORM,
    ],
    [
      service('CODES', { auth: login({ ...PASSWORD, otp: '{{credentials.otp | totp}}' }), operations }),
      PLATFORM,
    ],
    [
      service('PEER', {
        auth: { type: 'BEARER' },
        operations: { ...operations, canary: { method: 'GET', path: '/canary' } },
        allowedPaths: ['/*'],
        breaker: { failures: 1_000, openSeconds: 1 },
        healthCheck: { enabled: true, retryTimes: 0, alertThreshold: 1, endpoints: { health: '/health' } },
      }),
      { token: BEARER },
    ],
    [service('BASIC', { auth: { type: 'BASIC' }, operations, allowedPaths: ['/*'] }), BASIC],
    [service('GONE', { auth: { type: 'BASIC' }, operations }), BASIC],
    [
      service('URS_PROMOTION', {
        auth: { type: 'SIGNATURE' },
        operations: {
          userInfo: {
            method: 'POST',
            path: '/user',
            body: 'json',
            params: { type: 'object', properties: { userKey: {} }, additionalProperties: false },
          },
        },
        webhook: { path: 'urs' },
        settings: { ecologyId: 1, diamondRatio: 300, fundUserId: 15, controlUserId: 16 },
      }),
      { appKey: APP_KEY },
    ],
    [
      service('PARTNER', {
        auth: { type: 'NONE' },
        webhook: {
          path: 'partner',
          protocol: { type: 'STANDARD_WEBHOOKS' },
          action: { pointer: '/type' },
          actions: { paid: { do: 'deposit', ...mapped } },
        },
        settings: { book: 'shop', currencyType: 'USD', fundUserId: 15, controlUserId: 16 },
      }),
      { webhookSecret: WEBHOOK_SECRET },
    ],
  ];
}

interface Case {
  params?: Record<string, string>;
  /** With "?". */
  query?: string;
  body?: unknown;
  headers?: () => Record<string, string>;
  /** What comes of it while third parties answer: so that a case that no longer reaches its route's work is seen. */
  status: number;
  /** What the answer tells this once: `{ name: value }`. */
  tells?: (answer: Answer) => Record<string, string>;
  method?: string;
}

const made: Record<string, string> = {};
const SITE = { code: 'SITE' };
const PEER = { code: 'PEER' };
const URS = 'URS_PROMOTION';
const EVENT = JSON.stringify({ type: 'paid', id: 'p1', user: 5, amount: 3 });
const CHANNEL = { name: 'chat', type: 'DINGTALK', secret: CHAT_SECRET };
const PARAMETERS = { password: PARAMETER, order: 1 };
const range = '?service=URS_PROMOTION&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z';

const cases = (): Record<RouteId, Case> => ({
  listCallableServices: { status: 200 },
  getCallableService: { params: PEER, status: 200 },
  rawProxy: {
    params: { code: 'BASIC', path: 'get' },
    query: `?token=${QUERY}`,
    body: PARAMETERS,
    method: 'POST',
    status: 200,
  },
  callOperation: { params: { ...PEER, operation: 'post' }, body: { params: PARAMETERS }, status: 200 },
  callBatch: {
    params: SITE,
    body: [{ operation: 'get' }, { operation: 'post', params: PARAMETERS }],
    status: 200,
  },
  enterUser: { body: { userKey: PARAMETER }, status: 502 },
  syncUsers: { body: { uids: [1] }, status: 200 },
  getUser: { params: { uid: '7' }, status: 200 },
  getTeam: { params: { uid: '7' }, status: 200 },
  getDownline: { params: { uid: '7' }, status: 200 },
  getTransfer: { params: { transactionId: 'adj-1' }, status: 200 },
  getAccount: { params: { accountId: 'user:1' }, status: 200 },
  listEntries: { params: { accountId: 'user:1' }, status: 200 },
  receiveWebhook: {
    params: { path: 'urs', action: 'register' },
    body: seal({ uid: 7, superiors: [] }, APP_KEY),
    status: 200,
  },
  receiveWebhookEvent: {
    params: { path: 'partner' },
    body: EVENT,
    headers: () => ({
      'content-type': 'application/json',
      ...standardHeaders('msg_1', EVENT, WEBHOOK_SECRET),
    }),
    status: 200,
  },
  adjustBalance: {
    body: { service: URS, userId: '1', amount: '5', reason: 'test', transactionId: 'adj-1' },
    status: 200,
  },
  reverseTransfer: {
    params: { transactionId: 'adj-1' },
    query: `?service=${URS}`,
    body: { reason: 'test' },
    status: 201,
  },
  listDeadLetters: { status: 200 },
  redriveDeadLetters: { body: { all: true }, status: 200 },
  redriveDeadLetter: { params: { transactionId: 'T1' }, query: `?service=${URS}`, status: 404 },
  getTrialBalance: { status: 200 },
  verifyLedger: { status: 200 },
  listSettledTransfers: { query: range, status: 200 },
  reconcileLedger: {
    query: range,
    body: 'transactionId,type,userId,usdtAmount\nT1,deposit,1,5\n',
    headers: () => ({ 'content-type': 'text/csv' }),
    status: 200,
  },
  listDeliveries: { status: 200 },
  listUnverifiedRequests: { status: 200 },
  replayDeliveries: { body: { all: true }, status: 200 },
  replayDelivery: { params: { id: 'd1' }, status: 404 },
  listServices: { status: 200 },
  getService: { params: PEER, status: 200 },
  putService: {
    params: { code: 'NEW' },
    body: { ...peerOf(made['peer']!), code: 'NEW', name: 'New' },
    status: 201,
  },
  testOperation: { params: SITE, body: { operation: 'post', params: PARAMETERS }, status: 200 },
  listRevisions: { params: PEER, status: 200 },
  getRevision: { params: { ...PEER, revision: '1' }, status: 200 },
  diffRevision: { params: { ...PEER, revision: '1' }, status: 200 },
  rollBackService: { params: { ...PEER, revision: '1' }, status: 200 },
  getCredentials: { params: PEER, status: 200 },
  putCredentials: { params: PEER, body: { token: NEXT_BEARER }, status: 200 },
  retireCredentials: { params: PEER, status: 204 },
  listAccounts: { params: SITE, status: 200 },
  getSession: { params: SITE, status: 200 },
  importSession: { params: SITE, body: { cookies: `sid=${IMPORTED}` }, status: 200 },
  loginSession: { params: SITE, body: {}, status: 200 },
  invalidateSession: { params: SITE, status: 204 },
  unlockSession: { params: SITE, status: 204 },
  listLogins: { params: SITE, status: 200 },
  getLoginImage: { params: { ...SITE, id: 'none' }, status: 404 },
  getQuotas: { params: PEER, status: 200 },
  putQuotas: { params: PEER, body: { quotas: [{ type: 'PER_DAY', limit: 9_999 }] }, status: 200 },
  resetQuotas: { params: PEER, status: 204 },
  getBreaker: { params: PEER, status: 200 },
  forceBreaker: { params: PEER, body: { forced: 'auto' }, status: 200 },
  getServiceHealth: { params: PEER, status: 200 },
  checkServiceHealth: { params: PEER, status: 200 },
  listCaptchas: { status: 200 },
  getCaptchaImage: { params: { id: 'none' }, status: 404 },
  answerCaptcha: { params: { id: 'none' }, body: { text: TEXT }, status: 404 },
  listCalls: { query: '?limit=200', status: 200 },
  listMetrics: { status: 200 },
  getQuotaHistory: { params: PEER, status: 200 },
  getQuotaWhatIf: { params: PEER, query: '?type=PER_DAY&limit=5', status: 200 },
  exportCalls: { status: 200 },
  exportDeliveries: { query: '?format=ndjson', status: 200 },
  exportAudit: { status: 200 },
  exportTransfers: { query: range, status: 200 },
  listAudit: { query: '?limit=200', status: 200 },
  verifyAudit: { status: 200 },
  listAlerts: { query: '?limit=200', status: 200 },
  acknowledgeAlert: { params: { id: 'none' }, status: 404 },
  listChannels: { status: 200 },
  createChannel: { body: { ...CHANNEL, url: made['robot']! }, status: 201 },
  deleteChannel: { params: { id: 'none' }, status: 404 },
  testChannel: { params: { id: made['channel']! }, status: 200 },
  listSubscriptions: { status: 200 },
  createSubscription: {
    body: { url: made['events'], events: ['alert.*'] },
    status: 201,
    tells: (answer) => ({ 'secret of a subscription': answer.at('secret') }),
  },
  getSubscription: { params: { id: made['subscription']! }, status: 200 },
  changeSubscription: { params: { id: made['subscription']! }, body: { enabled: true }, status: 200 },
  deleteSubscription: { params: { id: 'none' }, status: 404 },
  listEventDeliveries: { params: { id: made['subscription']! }, status: 200 },
  testSubscription: { params: { id: made['subscription']! }, status: 200 },
  rotateSubscription: {
    params: { id: made['subscription']! },
    status: 200,
    tells: (answer) => ({ 'new secret of a subscription': answer.at('secret') }),
  },
  replaySubscription: { params: { id: made['subscription']! }, body: { failed: true }, status: 200 },
  listKeys: { status: 200 },
  createKey: {
    body: { name: 'app', role: 'viewer' },
    status: 201,
    tells: (answer) => ({ 'API key': answer.at('key') }),
  },
  revokeKey: { params: { id: 'none' }, status: 404 },
  listUsers: { status: 200 },
  createUser: { body: { username: 'bob', role: 'viewer', password: OTHER }, status: 201 },
  changeUser: { params: { id: made['carl']! }, body: { password: OTHER }, status: 200 },
  logIn: {
    body: PERSON,
    status: 200,
    tells: (answer) => ({ 'cookie of a person': cookieOf(answer), 'CSRF token': answer.at('csrfToken') }),
  },
  getOwnSession: { status: 404 },
  logOut: { status: 404 },
  root: { status: 200 },
  health: { status: 200 },
  openapi: { status: 200 },
  docs: { status: 200 },
  docsScript: { status: 200 },
  // Last: it removes what others are about.
  deleteService: { params: { code: 'GONE' }, status: 204 },
});

const peerOf = (url: string) => definitions(url).find(([{ code }]) => code === 'PEER')![0];

/** Of a person, without the name. */
const cookieOf = (answer: Answer) => /=([^;]+)/.exec(answer.headers.get('set-cookie')!)![1]!;

/** As it goes in, but with one field more and the others of a wrong kind. */
function spoilt(body: unknown): unknown {
  if (typeof body === 'string') return `${body}\n"${WRONG}`;
  if (Array.isArray(body)) return [...body.map(spoilt), WRONG];
  const entries = Object.entries(body ?? {});
  return {
    ...Object.fromEntries(entries.map(([name, value]) => [name, [value]])),
    unknown: { password: WRONG },
  };
}

describe('secrets of every kind (A3)', () => {
  let gatehouse: Gatehouse;
  let peer: Peer;
  let output: ReturnType<typeof recordOutput>;
  let caller = '';
  let alice = '';

  const say = (id: RouteId, how: string, { headers, bytes }: Answer) => {
    for (const part of [JSON.stringify([...headers]), bytes.toString('latin1')])
      canaries.see(`${id}, ${how}`, part);
  };

  beforeAll(async () => {
    vi.stubEnv('LOG_LEVEL', 'DEBUG');
    output = recordOutput();
    [gatehouse, peer] = await Promise.all([startGatehouse(), startPeer(hostile)]);
    canaries.put('the local key', gatehouse.stack.adminKey);
    for (const [definition, credentials] of definitions(peer.url))
      await gatehouse.register(definition, credentials);
    const post = async (path: string, body: object) =>
      (await gatehouse.ask('POST', `/v1/admin/${path}`, { body })).json as Record<string, string>;
    const subscribed = await post('subscriptions', { url: `${peer.url}/events`, events: ['*'] });
    canaries.put('first secret of a subscription', subscribed['secret']!);
    const robot = `${peer.url}/robot?access_token=${CHAT_TOKEN}`;
    const webhook = await post('alerts/channels', { name: 'hook', type: 'WEBHOOK', url: robot });
    canaries.put('secret of a channel', webhook['secret']!);
    const channel = await post('alerts/channels', { ...CHANNEL, url: robot });
    await post('users', { ...PERSON, role: 'viewer' });
    const loggedIn = await gatehouse.ask('POST', '/v1/session', { key: null, body: PERSON });
    alice = canaries.put('open cookie of a person', cookieOf(loggedIn));
    canaries.put('open CSRF token', loggedIn.at('csrfToken'), 'getOwnSession');
    const carl = await post('users', { username: 'carl', role: 'viewer', password: OTHER });
    caller = canaries.put('key of a caller', (await post('keys', { name: 'c', role: 'caller' }))['key']!);
    await post('transfers', {
      service: URS,
      userId: '1',
      amount: '5',
      reason: 'test',
      transactionId: 'adj-1',
    });
    Object.assign(made, {
      peer: peer.url,
      robot,
      events: `${peer.url}/events`,
      subscription: subscribed['id'],
      channel: channel['id'],
      carl: carl['id'],
    });
    const registered = seal({ uid: 7, superiors: [] }, APP_KEY);
    await gatehouse.ask('POST', '/webhook/urs/register', { key: null, body: registered });
    await gatehouse.call('CODES', 'get');
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    await Promise.all([gatehouse.stop(), peer.stop()]);
  });

  it.each(Object.keys(ROUTES) as RouteId[])('%s', async (id) => {
    const { params = {}, query = '', body, headers, status, tells, method = ROUTES[id].method } = cases()[id];
    const path = ROUTES[id].path.replaceAll(/\{(\w+)\+?\}/g, (_, name: string) => params[name]!);
    const ask = (
      how: string,
      options: { key?: string | null; body?: unknown; headers?: object; more?: string },
    ) => {
      const { more = '', ...rest } = options;
      const sent = {
        ...(body === undefined ? {} : { body }),
        ...rest,
        headers: { ...headers?.(), ...rest.headers },
      };
      return gatehouse
        .ask(method, path + query + more, sent)
        .then((answer) => (say(id, how, answer), answer));
    };
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? { password: WRONG });
    await ask('with a mistyped key', { key: MISTYPED });
    await ask('of nobody', { key: null, headers: { cookie: `gatehouse_session=${STRANGE}` } });
    await ask('of a person without the token', {
      key: null,
      headers: { cookie: `gatehouse_session=${alice}` },
    });
    await ask('of a caller', { key: caller });
    const { query: takesQuery, body: takesBody, textBodies }: Route = ROUTES[id];
    if (takesQuery) {
      const more = `${query === '' ? '?' : '&'}password=${encodeURIComponent(WRONG)}`;
      await ask('with an unknown parameter', { more });
    }
    if (takesBody ?? textBodies) {
      await ask('with a spoilt body', { body: spoilt(body) });
      await ask('with half a body', {
        body: text.slice(0, -2),
        headers: { 'content-type': 'application/json' },
      });
    }
    mode = 'answers';
    const good = await ask('rightly', {});
    for (const [name, value] of Object.entries(good.status < 300 ? (tells?.(good) ?? {}) : {}))
      canaries.put(name, value, id, ...(name === 'CSRF token' ? ['getOwnSession'] : []));
    for (mode of ['refuses', 'breaks'] as const) await ask(`while the third party ${mode}`, {});
    mode = 'answers';
    await gatehouse.ask('POST', '/v1/admin/services/SITE/session/unlock');
    expect(good.status, good.text).toBe(status);
  });

  it('serve: the one-time code was taken, the account is logged in', async () => {
    expect((await gatehouse.call('CODES', 'get')).status).toBe(200);
  });

  it('stand in no answer, no line of a log, no table, no Redis', async () => {
    for (const name of ['keepalive', 'monitor']) await gatehouse.stack.host.functions.invoke(name, {});
    for (const id of ['listCalls', 'listAlerts', 'listAudit', 'exportCalls', 'listChannels'] as const) {
      const answer = await gatehouse.ask('GET', ROUTES[id].path);
      say(id, 'at the end', answer);
    }
    for (const [table, items] of await dumpTables()) canaries.see(table, items);
    canaries.see('Redis', await dumpRedis());
    canaries.see('logs', output.text());
    expect([output.logged().length > 10, output.metrics().length > 300]).toEqual([true, true]);
    expect(canaries.found()).toEqual([]);
  });
});

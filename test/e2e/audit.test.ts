import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_ROUTES } from '../../lib/api/routes/admin.ts';
import type { AuditEntry } from '../../lib/watch/audit/entry.ts';
import { runGatehouse } from '../command-line.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { logInAs } from '../people.ts';

type Routes = typeof ADMIN_ROUTES;
/** Those that change nothing, though they are no GET. */
type Exempt = 'logIn' | 'logOut' | 'reconcileLedger';
type Changing = Exclude<
  { [K in keyof Routes]: Routes[K]['method'] extends 'GET' ? never : K }[keyof Routes],
  Exempt
>;

/** One request that gets as far as its effect, whatever that comes to. `{x}` of its path stands in `params`. */
interface Case {
  params?: Record<string, string>;
  query?: string;
  body?: unknown;
  /** Of the entry. */
  target: string;
}

const PEER = { code: 'PEER', name: 'Peer', baseUrl: 'http://127.0.0.1:9', auth: { type: 'NONE' } };
const CODE = { code: 'PEER' };
const URS = 'URS_PROMOTION';
const SITE = { code: 'SITE' };
const SITE_DEFINITION = {
  code: 'SITE',
  name: 'Site',
  baseUrl: 'http://127.0.0.1:9',
  auth: {
    type: 'SESSION',
    login: {
      submit: { path: '/login', body: 'form', fields: { p: '{{credentials.password}}' } },
      success: { status: 302 },
    },
    expired: { status: 401 },
  },
  breaker: { failures: 5, openSeconds: 30 },
  operations: { ping: { method: 'GET', path: '/ping', idempotent: true } },
};

const CASES: Record<Changing, Case> = {
  putService: { params: CODE, body: { ...PEER, name: 'Another' }, target: 'services/PEER' },
  rollBackService: { params: { ...CODE, revision: '1' }, target: 'services/PEER' },
  testOperation: {
    params: SITE,
    body: { operation: 'ping' },
    target: 'services/SITE/operations/ping',
  },
  putCredentials: { params: CODE, body: { token: 'canary-secret-1' }, target: 'services/PEER/credentials' },
  putQuotas: {
    params: CODE,
    body: { quotas: [{ type: 'PER_MINUTE', limit: 9 }] },
    target: 'services/PEER/quotas',
  },
  resetQuotas: { params: CODE, target: 'services/PEER/quotas/reset' },
  forceBreaker: { params: SITE, body: { forced: 'open' }, target: 'services/SITE/breaker' },
  checkServiceHealth: { params: SITE, target: 'services/SITE/health' },
  retireCredentials: { params: CODE, target: 'services/PEER/credentials/previous' },
  importSession: {
    params: SITE,
    body: { cookies: 'sid=canary-secret-2' },
    target: 'services/SITE/session',
  },
  loginSession: { params: SITE, body: {}, target: 'services/SITE/session/login' },
  invalidateSession: { params: SITE, target: 'services/SITE/session/invalidate' },
  unlockSession: { params: SITE, target: 'services/SITE/session/unlock' },
  answerCaptcha: { params: { id: 'c1' }, body: { text: 'canary-secret-3' }, target: 'captchas/c1' },
  acknowledgeAlert: { params: { id: 'a1' }, target: 'alerts/a1' },
  createChannel: {
    body: { name: 'chat', type: 'SLACK', url: 'https://hooks.slack.com/services/canary-secret-4' },
    target: 'alerts/channels/chat',
  },
  deleteChannel: { params: { id: 'ch1' }, target: 'alerts/channels/ch1' },
  testChannel: { params: { id: 'ch1' }, target: 'alerts/channels/ch1/test' },
  createSubscription: {
    body: { url: 'http://127.0.0.1:9/events', events: ['transfer.*'] },
    target: 'subscriptions',
  },
  changeSubscription: {
    params: { id: '{subscription}' },
    body: { enabled: false },
    target: 'subscriptions/{subscription}',
  },
  testSubscription: { params: { id: '{subscription}' }, target: 'subscriptions/{subscription}/test' },
  rotateSubscription: { params: { id: '{subscription}' }, target: 'subscriptions/{subscription}/secret' },
  replaySubscription: {
    params: { id: '{subscription}' },
    body: { failed: true },
    target: 'subscriptions/{subscription}/replay',
  },
  deleteSubscription: { params: { id: '{subscription}' }, target: 'subscriptions/{subscription}' },
  createKey: { body: { name: 'app', role: 'caller' }, target: 'keys/{made}' },
  revokeKey: { params: { id: 'k1' }, target: 'keys/k1' },
  createUser: {
    body: { username: 'bob', role: 'viewer', password: 'canary-secret-5' },
    target: 'users/bob',
  },
  changeUser: { params: { id: '{user}' }, body: { password: 'canary-secret-6' }, target: 'users/alice' },
  adjustBalance: {
    body: { service: URS, userId: '1', amount: '1', reason: 'test', transactionId: 'adj-1' },
    target: `transfers/${URS}`,
  },
  reverseTransfer: {
    params: { transactionId: 'T1' },
    query: `?service=${URS}`,
    body: { reason: 'test' },
    target: `transfers/${URS}/T1/reverse`,
  },
  redriveDeadLetters: { body: { all: true }, target: 'dead-letters/redrive' },
  redriveDeadLetter: {
    params: { transactionId: 'T1' },
    query: `?service=${URS}`,
    target: `transfers/${URS}/T1/redrive`,
  },
  replayDeliveries: { body: { all: true }, target: 'deliveries/replay' },
  replayDelivery: { params: { id: 'd1' }, target: 'deliveries/d1/replay' },
  // Last: it removes what others are about.
  deleteService: { params: CODE, target: 'services/PEER' },
};

describe('the audit', () => {
  let gatehouse: Gatehouse;
  const made: Record<string, string> = {};
  const newest = async (query = '') =>
    (await gatehouse.ask('GET', `/v1/admin/audit?limit=2${query}`)).at<AuditEntry[]>('items');

  beforeAll(async () => {
    gatehouse = await startGatehouse();
    await gatehouse.register(PEER, { token: 'a' });
    await gatehouse.register(SITE_DEFINITION, { password: 'b' });
    await gatehouse.register({
      code: URS,
      name: 'URS',
      baseUrl: 'http://127.0.0.1:9',
      auth: { type: 'NONE' },
      webhook: { path: 'urs' },
    });
    const subscribed = { url: 'http://127.0.0.1:9/events', events: ['*'] };
    const answer = await gatehouse.ask('POST', '/v1/admin/subscriptions', { body: subscribed });
    made['subscription'] = answer.at('id');
    made['user'] = (await logInAs(gatehouse, 'operator', 'alice')).id;
  });
  afterAll(() => gatehouse.stop());
  const filled = (text: string) =>
    text.replaceAll(/\{(\w+)\}/g, (_, name: string) => made[name] ?? `{${name}}`);

  it.each(Object.entries(CASES))(
    'has an entry of %s',
    async (id, { params = {}, query = '', body, target }) => {
      const { method, path } = ADMIN_ROUTES[id as Changing];
      const concrete = path.replaceAll(/\{(\w+)\+?\}/g, (_, name: string) => filled(params[name]!));
      const [before] = await newest();
      const answer = await gatehouse.ask(method, concrete + query, body === undefined ? {} : { body });
      const entries = (await newest()).filter(({ seq }) => seq > (before?.seq ?? 0));
      const [entry] = entries.slice(-1);
      expect(entry, `${answer.status} ${answer.text}`).toMatchObject({
        who: 'local',
        action: id,
        target: filled(target.replace('{made}', () => answer.at<string>('id'))),
        from: '127.0.0.1',
        requestId: answer.headers.get('x-request-id'),
      });
      // A second one where it did not come to it.
      const ofFirst = { action: id, of: entry!.seq, failed: expect.any(String) as string };
      const failed = answer.status >= 400 || id === 'loginSession' ? [ofFirst] : [];
      expect(entries.slice(0, -1)).toMatchObject(failed);
    },
  );

  it('holds none of the secrets that were sent', async () => {
    const all = await gatehouse.ask('GET', '/v1/admin/audit?limit=200');
    expect(all.at<unknown[]>('items').length).toBeGreaterThanOrEqual(Object.keys(CASES).length);
    expect(all.text).not.toContain('canary-secret');
  });

  it('shows of a definition what differs, of a person what is to be', async () => {
    const [put] = await newest('&action=putService');
    expect(put).toMatchObject({
      before: { name: 'Peer', revision: 1 },
      after: { name: 'Another', revision: 2 },
    });
    const [changed] = await newest('&action=changeUser');
    expect(changed).toMatchObject({ before: { username: 'alice' }, after: { password: '***' } });
  });

  it.each([
    ['PUT', '/v1/admin/services/PEER?check=true', { ...PEER, name: 'Third' }],
    ['PUT', '/v1/admin/services/PEER', { ...PEER, auth: { type: 'NOBODY' } }],
    ['POST', '/v1/admin/keys', { name: 'x', role: 'emperor' }],
    ['POST', '/v1/admin/dead-letters/redrive', { all: true, dryRun: true }],
    ['POST', '/v1/admin/deliveries/replay', { all: true, dryRun: true }],
    ['POST', '/v1/admin/services/SITE/test', { operation: 'ping', explain: true }],
    ['POST', '/v1/admin/services/SITE/session/login', { dryRun: true }],
  ])('has none of what changes nothing: %s %s %j', async (method, path, body) => {
    const [before] = await newest();
    await gatehouse.ask(method, path, { body });
    expect((await newest())[0]).toEqual(before);
  });

  it('is verified by the command line, which shows it', async () => {
    const env = { GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey };
    const { code, out } = await runGatehouse(['audit', 'verify'], env);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^\d+ entries checked: unchanged; the newest hash is [0-9a-f]{64}\n$/),
    ]);
    const listed = await runGatehouse(['audit', 'list', '--action', 'createUser'], env);
    expect(listed.out).toMatch(/local\s+createUser\s+users\/bob/);
  });
});

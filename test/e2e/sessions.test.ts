import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startGatehouse } from '../gatehouse.ts';
import type { Answer, Gatehouse } from '../gatehouse.ts';
import { sendJson, startPeer } from '../peer.ts';

/** The main job, through the whole product, against the sandbox's platform and captcha solver. */
const CODE = 'CITY_CENTER_WORK_ORDER';
const SESSION = `/v1/admin/services/${CODE}/session`;

let gatehouse: Gatehouse;
const sandbox = () => gatehouse.stack.sandbox!;
const platform = () => sandbox().control.workOrder;
const counters = () => sandbox().counters.workOrder();

beforeAll(async () => {
  gatehouse = await startGatehouse({ sandbox: true });
  // The shipped quotas are for people: a crowd of callers a second would meet them.
  const { json } = await gatehouse.ask('GET', `/v1/admin/services/${CODE}`);
  await gatehouse.register({ ...(json as object), code: CODE, quotas: [] });
});
afterAll(() => gatehouse.stop());
beforeEach(async () => {
  await gatehouse.ask('POST', `${SESSION}/invalidate`);
  await gatehouse.ask('POST', `${SESSION}/unlock`);
  platform().reset();
  sandbox().control.chaojiying.reset();
});

const heartbeat = () => gatehouse.call(CODE, 'keepalive');
const order = (options = {}) => gatehouse.call(CODE, 'submitOrder', { title: '漏水' }, options);
const crowd = (size: number, ask: () => Promise<Answer>) => Promise.all(Array.from({ length: size }, ask));

describe('a cold start', () => {
  it('logs in once for everybody, and says how a session came about', async () => {
    const answers = await crowd(200, heartbeat);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 200 }, () => 200));
    expect(counters()).toMatchObject({ captchas: 1, logins: 1, loginFailures: 0, strayCookies: 0 });
    const origins = answers.map(({ headers }) => headers.get('x-gatehouse-session'));
    expect(origins.filter((origin) => origin === 'login')).toHaveLength(1);
    expect(origins.filter((origin) => origin === 'reused')).toHaveLength(199);
    expect((await heartbeat()).headers.get('x-gatehouse-session')).toBe('reused');
    expect(counters().logins).toBe(1);
  });

  it('R10 is one browser, from the login to the last call, whatever the caller is', async () => {
    const { json } = await gatehouse.ask('GET', `/v1/admin/services/${CODE}`);
    const asked: { path: string; userAgent: string | undefined }[] = [];
    const peer = await startPeer();
    peer.answer(({ url, headers }, response) => {
      asked.push({ path: url.split('?')[0]!, userAgent: headers['user-agent'] });
      response.setHeader('set-cookie', 'sid=0123456789; path=/');
      sendJson(response, { ok: true });
    });
    try {
      const { auth } = json as { auth: Record<string, unknown> };
      const login = { submit: { path: '/in', fields: {} }, success: { status: 200 } };
      const definition = { ...(json as object), code: 'ONE_BROWSER', baseUrl: peer.url, revision: undefined };
      const own = { auth: { ...auth, login, keyPrefix: 'one-browser:', sessionHeaders: {} } };
      const caller = { headers: { 'user-agent': 'curl/8' } };
      const visit = async (defaultHeaders: object) => {
        await gatehouse.register({ ...definition, ...own, defaultHeaders }, { username: 'u' });
        await gatehouse.ask('POST', '/v1/admin/services/ONE_BROWSER/session/invalidate');
        asked.length = 0;
        await gatehouse.call('ONE_BROWSER', 'keepalive', {}, caller);
        await gatehouse.ask('GET', '/v1/services/ONE_BROWSER/proxy/api/x', caller);
        expect(asked.map(({ path }) => path)).toEqual(['/in', '/api/heartbeat', '/api/x']);
        return [...new Set(asked.map(({ userAgent }) => userAgent))];
      };
      expect(await visit({})).toEqual([expect.stringMatching(/^Mozilla\/5\.0 .* Chrome\//)]);
      expect(await visit({ 'User-Agent': 'Own/1' })).toEqual(['Own/1']);
    } finally {
      await peer.stop();
    }
  });

  it('carries the header that comes from a cookie, and Chinese both ways', async () => {
    const filed = await order();
    expect([filed.status, counters().orders]).toEqual([200, 1]);
    const user = await gatehouse.call(CODE, 'getUserInfo', { userId: '10002' });
    expect(user.status).toBe(200);
    expect(user.text).toMatch(/[\u4e00-\u9fff]/);
  });
});

describe.each(['redirect', 'page', 'status'] as const)('S1 expiry shown as %s', (style) => {
  it('is one renewal for 200 parallel callers, and nobody fails', async () => {
    await heartbeat();
    platform().expireSessions(style);
    const answers = await crowd(200, heartbeat);
    expect(answers.filter(({ status }) => status !== 200).map(({ text }) => text)).toEqual([]);
    expect(counters()).toMatchObject({ captchas: 2, logins: 2 });
    expect(answers.some(({ headers }) => headers.get('x-gatehouse-session') === 'renewed')).toBe(true);
  });

  it('sends a write again, once: the platform proved that it refused', async () => {
    await heartbeat();
    platform().expireSessions(style);
    expect((await order()).status).toBe(200);
    expect(counters()).toMatchObject({ orders: 1, logins: 2 });
  });
});

describe('S5', () => {
  it('a wrong captcha is tried again with a new picture, and refunded once', async () => {
    platform().wrongCaptcha(2);
    expect((await heartbeat()).status).toBe(200);
    expect(counters()).toMatchObject({ captchas: 3, wrongCaptchas: 2, logins: 1 });
    const { json } = await gatehouse.ask('GET', `/v1/admin/services/${CODE}/logins?limit=3`);
    expect((json as { items: { verdict: string }[] }).items).toHaveLength(3);
  });

  it('captchas wrong every time end in a typed error', async () => {
    platform().wrongCaptcha(100);
    const answer = await heartbeat();
    expect([answer.status, answer.at('code')]).toEqual([503, 'CAPTCHA_FAILED']);
    expect(counters().captchas).toBe(3);
  });

  it('refused credentials are tried three times and no more, until an operator lifts it', async () => {
    platform().refuseCredentials(true);
    for (let i = 0; i < 6; i += 1) {
      const answer = await heartbeat();
      expect([answer.status, answer.at('code')]).toEqual([502, 'AUTHENTICATION_FAILED']);
    }
    await crowd(20, heartbeat);
    expect(counters().loginFailures).toBe(3);
    expect((await gatehouse.ask('GET', SESSION)).at('state')).toBe('locked-out');
    const alerts = await gatehouse.ask('GET', '/v1/admin/alerts?state=firing');
    expect(alerts.at<{ kind: string }[]>('items').map(({ kind }) => kind)).toContain('LOGIN_LOCKED');
    platform().refuseCredentials(false);
    expect((await gatehouse.ask('POST', `${SESSION}/unlock`)).status).toBe(204);
    expect((await heartbeat()).status).toBe(200);
  });
});

it('the recorder names the schedule as what caused a login', async () => {
  await heartbeat();
  platform().expireSessions('status');
  await gatehouse.stack.host.functions.invoke('keepalive', { source: 'aws.events' });
  const { json } = await gatehouse.ask('GET', `/v1/admin/services/${CODE}/logins?limit=1`);
  expect((json as { items: { trigger: string }[] }).items[0]).toMatchObject({ trigger: 'keepalive' });
});

describe('the operator', () => {
  it('walks the recipe without storing anything', async () => {
    const walked = await gatehouse.ask('POST', `${SESSION}/login`, { body: { dryRun: true } });
    expect(walked.at('success')).toBe(true);
    const steps = walked.at<{ step: string }[]>('steps').map(({ step }) => step);
    expect(steps).toEqual(expect.arrayContaining(['page', 'captcha', 'solve', 'submit', 'verdict']));
    expect((await gatehouse.ask('GET', SESSION)).at('state')).toBe('none');
  });

  it('S5: burns no account with dry runs either', async () => {
    platform().refuseCredentials(true);
    const details: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      const walked = await gatehouse.ask('POST', `${SESSION}/login`, { body: { dryRun: true } });
      expect(walked.at('error.code')).toBe('AUTHENTICATION_FAILED');
      details.push(walked.at('error.detail'));
    }
    expect(counters().loginFailures).toBe(3);
    expect(details[4]).toContain(`gatehouse session unlock ${CODE}`);
    expect((await heartbeat()).at('code')).toBe('AUTHENTICATION_FAILED');
    expect(counters().loginFailures).toBe(3);
    const versions = await gatehouse.ask('GET', `/v1/admin/services/${CODE}/credentials`);
    expect(versions.at<{ useCount: number }[]>('items')[0]!.useCount).toBeGreaterThanOrEqual(3);
  });

  it('is told why a dry run failed', async () => {
    platform().refuseCredentials(true);
    const walked = await gatehouse.ask('POST', `${SESSION}/login`, { body: { dryRun: true } });
    expect([walked.status, walked.at('success'), walked.at('error.code')]).toEqual([
      200,
      false,
      'AUTHENTICATION_FAILED',
    ]);
  });
});

describe('A3', () => {
  it('shows no secret, whatever is asked', async () => {
    await heartbeat();
    await order();
    const { username, password } = sandbox().credentials.CITY_CENTER_WORK_ORDER;
    const answers = [];
    for (const path of [
      `/v1/admin/services/${CODE}`,
      `/v1/admin/services/${CODE}/credentials`,
      SESSION,
      `/v1/admin/services/${CODE}/logins`,
      '/v1/admin/calls',
      '/v1/admin/alerts',
      '/v1/admin/keys',
      '/health',
    ]) {
      answers.push(await gatehouse.ask('GET', path));
    }
    answers.push(await gatehouse.ask('POST', `${SESSION}/login`, { body: { dryRun: true } }));
    answers.push(await gatehouse.ask('POST', `${SESSION}/login`, { body: {} }));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const everything = answers.map(({ text }) => text).join('\n');
    expect(everything).not.toContain(password);
    expect(everything).not.toContain(`"${username}"`);
    expect(everything).not.toMatch(/PHPSESSID["=:]\s*"?[0-9a-f]{8}/);
    expect(everything).not.toContain(gatehouse.stack.adminKey);
  });
});

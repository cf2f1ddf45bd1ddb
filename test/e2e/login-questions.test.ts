/** Logins that ask a person in the middle, for a code by SMS say (SPEC 5), through the whole product. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Answer, Gatehouse } from '../gatehouse.ts';
import { sendJson } from '../peer.ts';
import type { Peer, Seen } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

let gatehouse: Gatehouse;
let peer: Peer;
let count = 0;

withPeer((both) => ({ gatehouse, peer } = both));

interface Open {
  id: string;
  service: string;
  kind: string;
  prompt?: string;
}

const outcome = (answer: Answer) => `${answer.status} ${answer.at<string>('code') ?? ''}`.trim();
const sent = (path: string) => peer.seen.filter(({ url }) => url === path);
const form = ({ body }: Seen) => Object.fromEntries(new URLSearchParams(body.toString()));
const openFor = async (code: string) =>
  (await gatehouse.ask('GET', '/v1/admin/captchas'))
    .at<Open[]>('items')
    .filter(({ service }) => service === code);
const reply = (id: string, text: string) =>
  gatehouse.ask('POST', `/v1/admin/captchas/${id}`, { body: { text } });
const alertsOf = async (code: string, state = 'firing') =>
  (await gatehouse.ask('GET', `/v1/admin/alerts?state=${state}`))
    .at<{ kind: string; subject: string; summary: string }[]>('items')
    .filter(({ subject }) => subject === code);
const inBackground = (code: string) => gatehouse.stack.host.functions.invoke('keepalive', { service: code });

/** The next that waits for a person, of this service. */
async function nextOpen(code: string, known: string[] = []): Promise<Open> {
  let found: Open | undefined;
  await expect
    .poll(async () => (found = (await openFor(code)).find(({ id }) => !known.includes(id))), {
      timeout: 10_000,
    })
    .toBeDefined();
  return found!;
}

async function register(login: object, lockout: object = {}): Promise<string> {
  const code = `ASKING_${(count += 1)}`;
  await gatehouse.register(
    {
      code,
      name: code,
      baseUrl: peer.url,
      retry: { networkTimeout: { attempts: 0 }, serverError: { attempts: 0 } },
      operations: { orders: { method: 'GET', path: '/orders' } },
      auth: { type: 'SESSION', login, lockout },
    },
    { user: 'ops', phone: '13800138000', password: 'open sesame' },
  );
  return code;
}

const SMS = {
  page: { path: '/login', extract: { csrf: { selector: 'input[name=csrf]', attribute: 'value' } } },
  ask: [
    {
      name: 'smsCode',
      prompt: '短信验证码',
      before: {
        method: 'POST',
        path: '/sms',
        fields: { phone: '{{credentials.phone}}', csrf: '{{page.csrf}}' },
        success: { json: { pointer: '/sent', equals: true } },
        failures: [{ when: { status: 429 }, error: 'PLATFORM_UNAVAILABLE' }],
        extract: { ticket: { pointer: '/ticket' } },
      },
    },
  ],
  submit: {
    path: '/login',
    fields: {
      user: '{{credentials.user}}',
      code: '{{ask.smsCode}}',
      digest: '{{ask.smsCode | md5}}',
      ticket: '{{session.ticket}}',
    },
  },
  success: { status: 302 },
  failures: [{ when: { text: { includes: 'wrong code' } }, error: 'AUTHENTICATION_FAILED' }],
};

/** Sends a code by SMS and takes each once. */
function smsPlatform() {
  const state = { code: '', codes: [] as string[], valid: '' };
  peer.answer((request, response) => {
    if (request.method === 'GET' && request.url === '/login') {
      response.setHeader('content-type', 'text/html');
      return void response.end('<input name=csrf value=page-token-1>');
    }
    if (request.url === '/sms') {
      state.code = `${735_201 + state.codes.length}`;
      state.codes.push(state.code);
      return sendJson(response, { sent: true, ticket: `ticket-${state.codes.length}` });
    }
    if (request.url === '/login') {
      const { code, ticket } = form(request);
      const good = code === state.code && ticket === `ticket-${state.codes.length}`;
      state.code = '';
      if (!good) return void response.end(`wrong code ${code}`);
      state.valid = `sid-${state.codes.length}-0123456789abcdef`;
      response.writeHead(302, { location: '/in', 'set-cookie': `sid=${state.valid}; Path=/` });
      return void response.end();
    }
    return sendJson(response, {}, request.headers.cookie === `sid=${state.valid}` ? 200 : 401);
  });
  return state;
}

describe('a code by SMS', () => {
  it('is sent, asked for, typed once, and lets the fleet in; it is shown nowhere', async () => {
    const state = smsPlatform();
    const code = await register(SMS);
    // Nobody waits for a person: the login runs in the background.
    const first = await gatehouse.call(code, 'orders');
    expect(outcome(first)).toBe('503 LOGIN_IN_PROGRESS');
    const question = await nextOpen(code);
    expect(question).toMatchObject({ kind: 'QUESTION', prompt: '短信验证码', service: code });
    expect(form(sent('/sms')[0]!)).toEqual({ phone: '13800138000', csrf: 'page-token-1' });
    expect(await alertsOf(code)).toMatchObject([
      { kind: 'LOGIN_ASKS', summary: expect.stringContaining('短信验证码') },
    ]);
    expect((await gatehouse.ask('GET', `/v1/admin/captchas/${question.id}/image`)).status).toBe(404);
    const meanwhile = await Promise.all(Array.from({ length: 5 }, () => gatehouse.call(code, 'orders')));
    expect(new Set(meanwhile.map(outcome))).toEqual(new Set(['503 LOGIN_IN_PROGRESS']));

    expect((await reply(question.id, ` ${state.code} `)).status).toBe(204);
    expect(outcome(await reply(question.id, '000000'))).toBe('404 NOT_FOUND');
    await expect
      .poll(async () => outcome(await gatehouse.call(code, 'orders')), { timeout: 10_000 })
      .toBe('200');
    expect([sent('/sms').length, sent('/login').length]).toEqual([1, 2]);
    expect(await openFor(code)).toEqual([]);
    await expect.poll(() => alertsOf(code)).toEqual([]);

    const logins = await gatehouse.ask('GET', `/v1/admin/services/${code}/logins`);
    expect(logins.at('items.0')).toMatchObject({ verdict: 'SUCCESS', trigger: 'background' });
    expect(logins.at('items.0.durations.ask')).toBeGreaterThan(0);
    const shown = logins.text + (await gatehouse.ask('GET', `/v1/admin/services/${code}/session`)).text;
    expect(shown).not.toContain(state.codes[0]);
  });

  it('that is wrong counts as a refusal, is masked in what is recorded, and the next login asks anew', async () => {
    const state = smsPlatform();
    const code = await register(SMS);
    const failed = inBackground(code);
    const first = await nextOpen(code);
    await reply(first.id, '999999');
    await failed;
    const logins = await gatehouse.ask('GET', `/v1/admin/services/${code}/logins`);
    expect(logins.at('items.0')).toMatchObject({ verdict: 'AUTHENTICATION_FAILED' });
    expect(logins.text).toContain('wrong code');
    expect(logins.text).not.toContain('999999');
    expect(logins.text).not.toContain(createHash('md5').update('999999').digest('hex'));
    expect((await gatehouse.ask('GET', `/v1/admin/services/${code}/session`)).at('lockout.refusals')).toBe(1);

    const done = inBackground(code);
    const second = await nextOpen(code, [first.id]);
    await reply(second.id, state.code);
    await done;
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
    expect(state.codes).toHaveLength(2);
  });

  it('that the platform does not send is asked of nobody', async () => {
    peer.answer(({ url }, response) =>
      url === '/sms' ? sendJson(response, {}, 429) : void response.end('<input name=csrf value=1>'),
    );
    const code = await register(SMS);
    await inBackground(code);
    expect(await alertsOf(code)).toEqual([]);
    expect([sent('/sms').length, (await openFor(code)).length]).toEqual([1, 0]);
    const logins = await gatehouse.ask('GET', `/v1/admin/services/${code}/logins`);
    expect(logins.at('items.0.verdict')).toBe('PLATFORM_UNAVAILABLE');
  });

  it('an import while it asks serves at once, and the login that ends later does not replace it', async () => {
    const state = smsPlatform();
    const code = await register(SMS);
    const running = inBackground(code);
    const question = await nextOpen(code);
    state.valid = 'sid-of-a-browser-0123456789';
    const handed = await gatehouse.ask('PUT', `/v1/admin/services/${code}/session`, {
      body: { cookies: `sid=${state.valid}` },
    });
    expect(handed.status).toBe(200);
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
    await reply(question.id, state.code);
    await running;
    const { json } = await gatehouse.ask('GET', `/v1/admin/services/${code}/session`);
    expect(json).toMatchObject({ state: 'live', main: { loginInfo: { trigger: 'import' } } });
  });
});

describe('several questions', () => {
  it('after a captcha that a person reads: each in its turn, with what came before', async () => {
    peer.answer((request, response) => {
      if (request.url === '/captcha.png') {
        response.setHeader('content-type', 'image/png');
        return void response.end(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
      }
      if (request.url !== '/login') return sendJson(response, { sent: true });
      response.writeHead(302, { location: '/in', 'set-cookie': 'sid=x; Path=/' });
      return void response.end();
    });
    const code = await register({
      captcha: { path: '/captcha.png', solvers: ['MANUAL'] },
      ask: [
        {
          name: 'sms',
          prompt: 'SMS',
          before: { method: 'POST', path: '/sms', fields: { c: '{{captcha.text}}' } },
        },
        {
          name: 'mail',
          prompt: 'mail',
          before: { method: 'POST', path: '/mail', fields: { sms: '{{ask.sms}}' } },
        },
      ],
      submit: { path: '/login', fields: { all: '{{captcha.text}}-{{ask.sms}}-{{ask.mail}}' } },
      success: { status: 302 },
    });
    const done = inBackground(code);
    const known: string[] = [];
    for (const [kind, text] of [
      ['CAPTCHA', 'x7kq'],
      ['QUESTION', '1111'],
      ['QUESTION', '2222'],
    ] as const) {
      const open = await nextOpen(code, known);
      expect(open.kind).toBe(kind);
      known.push(open.id);
      await reply(open.id, text);
    }
    await done;
    expect(form(sent('/sms')[0]!)).toEqual({ c: 'x7kq' });
    expect(form(sent('/mail')[0]!)).toEqual({ sms: '1111' });
    expect(form(sent('/login')[0]!)).toEqual({ all: 'x7kq-1111-2222' });
  });
});

describe('a definition that asks is refused where', () => {
  const submit = { path: '/login', fields: { c: '{{ask.sms}}' } };
  const before = (fields: object) => ({ method: 'POST', path: '/sms', fields });
  it.each<[what: string, login: object, field: string]>([
    ['nobody is asked', { submit }, 'auth.login.submit.fields.c'],
    ['another name is asked', { ask: [{ name: 'mail', prompt: 'x' }], submit }, 'auth.login.submit.fields.c'],
    [
      'its own request names the answer',
      { ask: [{ name: 'sms', prompt: 'x', before: before({ a: '{{ask.sms}}' }) }], submit },
      'auth.login.ask.0.before.fields.a',
    ],
    [
      'a name is asked twice',
      {
        ask: [
          { name: 'sms', prompt: 'x' },
          { name: 'sms', prompt: 'y' },
        ],
        submit,
      },
      'auth.login.ask',
    ],
    ['nothing is asked', { ask: [{ name: 'sms', prompt: ' ' }], submit }, 'auth.login.ask.0.prompt'],
    [
      'the form names a value of the login',
      {
        ask: [{ name: 'sms', prompt: 'x' }],
        submit: { path: '/login', fields: { t: '{{session.token}}' } },
        extract: { token: { pointer: '/t' } },
      },
      'auth.login.submit.fields.t',
    ],
    [
      'its request is a form that nests',
      { ask: [{ name: 'sms', prompt: 'x', before: before({ a: { b: 'c' } }) }], submit },
      'auth.login.ask.0.before.fields.a',
    ],
    [
      'a pattern of its request does not compile',
      {
        ask: [{ name: 'sms', prompt: 'x', before: { path: '/s', extract: { a: { matches: '(' } } } }],
        submit,
      },
      'auth.login.ask.0.before.extract.a.matches',
    ],
  ])('%s', async (_what, login, field) => {
    const code = `ASKING_${(count += 1)}`;
    const auth = { type: 'SESSION', login: { success: { status: 302 }, ...login } };
    const answer = await gatehouse.ask('PUT', `/v1/admin/services/${code}`, {
      body: { code, name: code, baseUrl: peer.url, auth },
    });
    expect(outcome(answer)).toBe('422 VALIDATION_FAILED');
    expect(answer.at<{ field: string }[]>('errors').map((error) => error.field)).toContain(field);
  });
});

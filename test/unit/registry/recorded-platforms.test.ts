import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draftRecipe } from '../../../lib/registry/drafting/har.ts';
import type { DraftedRecipe } from '../../../lib/registry/drafting/har.ts';
import { parseDefinition } from '../../../lib/registry/validation.ts';
import { djangoPeer, gbkPeer, jwtPeer, ruoyiPeer, wordpressPeer } from '../../recordings/peers.ts';
import type { RecordedPeer } from '../../recordings/peers.ts';

const PEERS = { django: djangoPeer, jwt: jwtPeer, wordpress: wordpressPeer, ruoyi: ruoyiPeer, gbk: gbkPeer };
type Name = keyof typeof PEERS;
const STYLES = ['chrome', 'firefox'] as const;
const running = {} as Record<Name, RecordedPeer>;
const drafts = {} as Record<Name, Record<(typeof STYLES)[number], DraftedRecipe>>;

beforeAll(async () => {
  for (const [name, make] of Object.entries(PEERS) as [Name, () => Promise<RecordedPeer>][]) {
    const recorded = (running[name] = await make());
    const draftOf = async (style: (typeof STYLES)[number]) =>
      draftRecipe((await recorded.visit(style)).har());
    drafts[name] = { chrome: await draftOf('chrome'), firefox: await draftOf('firefox') };
  }
});
afterAll(async () => {
  await Promise.all(Object.values(running).map(({ peer }) => peer.stop()));
});

const NAMES = Object.keys(PEERS) as Name[];

describe.each(STYLES)('a draft of what %s recorded', (style) => {
  it.each(NAMES)('is a valid definition, and holds no recorded value: %s', (name) => {
    const { definition, ...rest } = drafts[name][style];
    expect(() => parseDefinition(definition)).not.toThrow();
    const text = JSON.stringify({ definition, ...rest });
    for (const secret of running[name].secrets) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/wrong-|CHANGE_ME|4711|leak in|13912345678|13800138000/);
  });

  it('has a token of the page and its cookie, and what a failed login looked like (Django)', () => {
    expect(drafts.django[style].definition).toMatchObject({
      auth: {
        login: {
          page: {
            path: '/accounts/login/',
            extract: {
              csrfmiddlewaretoken: { selector: 'input[name="csrfmiddlewaretoken"]', attribute: 'value' },
            },
          },
          submit: { body: 'form', fields: { csrfmiddlewaretoken: '{{page.csrfmiddlewaretoken}}' } },
          success: { status: 302, location: { includes: 'desk' } },
          failures: [
            {
              when: { text: { includes: 'Please enter a correct username and password' } },
              error: 'AUTHENTICATION_FAILED',
            },
          ],
        },
        expired: { any: [{ status: 401 }, { location: { includes: 'login' } }] },
        sessionHeaders: { 'x-csrftoken': '{{cookie.csrftoken}}' },
      },
    });
  });

  it('has operations from the calls: names, params by type, ids in paths (Django)', () => {
    const { operations } = drafts.django[style].definition;
    expect(Object.keys(operations!)).toEqual(['getOrders', 'getOrdersById', 'postOrders']);
    expect(operations).toMatchObject({
      getOrders: {
        params: { required: ['page'], properties: { status: { type: 'string' } } },
        idempotent: true,
      },
      getOrdersById: { path: '/api/orders/{{params.orderId}}/', params: { required: ['orderId'] } },
      postOrders: {
        body: 'json',
        params: {
          required: ['title', 'urgent', 'lines'],
          properties: {
            urgent: { type: 'boolean' },
            lines: { items: { properties: { sku: { type: 'string' }, count: { type: 'integer' } } } },
          },
        },
      },
    });
    expect(operations!['postOrders']).not.toHaveProperty('idempotent');
  });

  it('traces a token from the answer to the header, and knows its refresh (JWT)', () => {
    const tokens = {
      accessToken: { pointer: '/data/access_token' },
      refreshToken: { pointer: '/data/refresh_token' },
      expiresIn: { pointer: '/data/expires_in' },
    };
    expect(drafts.jwt[style].definition.auth).toMatchObject({
      login: {
        submit: {
          body: 'json',
          fields: {
            user: { email: '{{credentials.username}}', password: '{{credentials.password}}' },
            remember: true,
          },
        },
        failures: [{ when: { status: 401 }, error: 'AUTHENTICATION_FAILED' }],
        extract: tokens,
        refresh: {
          path: '/api/auth/refresh',
          body: 'json',
          fields: { refresh_token: '{{session.refreshToken}}' },
          extract: tokens,
        },
        expiresInSeconds: '{{session.expiresIn}}',
      },
      sessionHeaders: { authorization: 'Bearer {{session.accessToken}}' },
    });
    const { operations } = drafts.jwt[style].definition;
    expect(Object.keys(operations!)).toEqual(['getUsersById', 'getSearch', 'putUsersById']);
  });

  it('takes nonces from where pages have them: for all calls, or just before one (WordPress)', () => {
    expect(drafts.wordpress[style].definition).toMatchObject({
      auth: {
        login: {
          submit: { fields: { 'wp-submit': 'Log In', log: '{{credentials.username}}' } },
          extract: { nonce: { matches: expect.stringContaining('nonce') } },
        },
        sessionHeaders: { 'x-wp-nonce': '{{session.nonce}}' },
      },
      operations: {
        postWpAdminAdminAjaxHeartbeat: { fields: { action: 'heartbeat', interval: '{{params.interval}}' } },
        postWpAdminAdminAjaxDashboardWidgets: { fields: { action: 'dashboard-widgets' } },
        postWpAdminOptions: {
          before: [
            { path: '/wp-admin/options.php', extract: { wpnonce: { selector: 'input[name="_wpnonce"]' } } },
          ],
          fields: { _wpnonce: '{{before.wpnonce}}', blogname: '{{params.blogname}}' },
        },
      },
    });
  });

  it('reads a captcha from JSON, and codes of a platform that always answers 200 (RuoYi)', () => {
    expect(drafts.ruoyi[style].definition).toMatchObject({
      auth: {
        login: {
          page: {
            path: '/prod-api/captchaImage',
            extract: { img: { pointer: '/img' }, uuid: { pointer: '/uuid' } },
          },
          captcha: { url: 'data:image/png;base64,{{page.img}}' },
          submit: { fields: { code: '{{captcha.text}}', uuid: '{{page.uuid}}' } },
          success: { json: { pointer: '/code', equals: 200 } },
          failures: [
            { when: { text: { includes: '验证码' } }, error: 'CAPTCHA_FAILED' },
            { when: { text: { includes: '密码' } }, error: 'AUTHENTICATION_FAILED' },
          ],
          extract: { token: { pointer: '/token' } },
        },
        expired: { any: [{ status: 401 }, { json: { pointer: '/code', equals: 401 } }] },
        sessionHeaders: { authorization: 'Bearer {{session.token}}' },
      },
      operations: {
        getInfo: { path: '/prod-api/getInfo' },
        getSystemUserById: { path: '/prod-api/system/user/{{params.userId}}', result: '/data' },
      },
    });
  });

  it('knows the charset of pages in base64, and reads a form that was sent in it (GBK)', () => {
    expect(drafts.gbk[style].definition.auth).toMatchObject({
      charset: 'gbk',
      login: {
        submit: {
          fields: {
            userName: '{{credentials.username}}',
            userPass: '{{credentials.password}}',
            kind: '内部',
            go: '进 入',
          },
        },
        failures: [{ when: { text: { includes: '用户名或密码不正确' } } }],
      },
    });
  });
});

/** Values of a person and a session: no two alike; some look like names. */
const random = fc
  .tuple(
    fc.stringMatching(/^[A-Za-z]{3,8}$/),
    fc.integer({ min: 100_000, max: 99_999_999 }),
    fc.constantFrom('', '-', '_', '.', '='),
  )
  .map(([word, number, sign]) => `q${word}${sign}${number}z`);

const secret = fc.oneof(random, fc.stringMatching(/^q[a-z]{8,11}z$/));

it('no value gets into a draft, wherever a platform puts it', () => {
  const places = fc.record({
    user: secret,
    password: secret,
    token: secret,
    cookie: secret,
    // A word as a key of JSON cannot be told from a name.
    id: random,
    nested: secret,
    nonce: secret,
    field: fc.constantFrom('token', 'sessionId', 'x', 'id', 'data'),
    header: fc.constantFrom('authorization', 'x-auth', 'x-id', 'tenant'),
    scheme: fc.constantFrom('', 'Bearer ', 'Token '),
    inPath: fc.boolean(),
    inKey: fc.boolean(),
    redirects: fc.boolean(),
  });
  fc.assert(
    fc.property(places, (p) => {
      const entry = (
        method: string,
        path: string,
        more: {
          headers?: [string, string][];
          body?: unknown;
          answer?: unknown;
          html?: string;
          set?: string;
          to?: string | undefined;
        },
      ) => ({
        request: {
          method,
          url: `https://x.example${path}`,
          headers: (more.headers ?? []).map(([name, value]) => ({ name, value })),
          ...(more.body === undefined
            ? {}
            : { postData: { mimeType: 'application/json', text: JSON.stringify(more.body) } }),
        },
        response: {
          status: more.to === undefined ? 200 : 302,
          headers:
            more.to !== undefined
              ? [{ name: 'location', value: more.to }]
              : more.set
                ? [{ name: 'set-cookie', value: `sid=${more.set}; path=/` }]
                : [],
          content: more.html
            ? { mimeType: 'text/html', text: more.html }
            : { mimeType: 'application/json', text: JSON.stringify(more.answer ?? {}) },
        },
      });
      const headers: [string, string][] = [[p.header, p.scheme + p.token]];
      const entries = [
        entry('GET', '/', {
          html: `<input type=password name=pw><input type=hidden name=n value="${p.nonce}">`,
          set: p.cookie,
        }),
        entry('POST', `/login?u=${encodeURIComponent(p.user)}`, {
          to: p.redirects ? `/people/${p.user}` : undefined,
          body: { user: p.user, pw: p.password, n: p.nonce, deep: [{ x: p.nested }] },
          answer: { [p.field]: p.token, [p.inKey ? p.id : 'k']: { token: p.token, name: p.user } },
        }),
        entry(
          'GET',
          p.inPath
            ? `/api/things/${encodeURIComponent(p.id)}/show`
            : `/api/things?id=${encodeURIComponent(p.id)}`,
          { headers, answer: { ok: true, secret: p.nested } },
        ),
        entry('POST', '/api/save', {
          headers,
          body: { owner: p.user, token: p.token, [p.inKey ? p.id : 'id']: p.id, nested: { a: p.nested } },
        }),
      ];
      const draft = draftRecipe({ log: { entries } });
      expect(() => parseDefinition(draft.definition)).not.toThrow();
      const text = JSON.stringify(draft);
      for (const value of [p.user, p.password, p.token, p.cookie, p.id, p.nested, p.nonce]) {
        expect(text).not.toContain(value);
        expect(text).not.toContain(encodeURIComponent(value));
      }
    }),
    { numRuns: 300 },
  );
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { draftRecipe } from '../../../lib/registry/drafting/har.ts';
import { Definition } from '../../../lib/registry/definition.ts';

const recording = JSON.parse(
  readFileSync(new URL('../../fixtures/har/work-order.har.json', import.meta.url), 'utf8'),
) as {
  log: { entries: { request: { url: string; method: string; postData?: unknown }; response: object }[] };
};

/** The recording with its form's request and answer changed. */
function withSubmit(postData: { mimeType: string; text: string }, response: object) {
  const entries = recording.log.entries.map((entry) =>
    entry.request.method === 'POST' ? { request: { ...entry.request, postData }, response } : entry,
  );
  return { log: { entries } };
}

describe('a recipe drafted from a recording', () => {
  it('knows page, captcha, form, success and CSRF header', () => {
    const { definition, credentials, notes } = draftRecipe(recording);
    expect(definition).toMatchObject({
      code: 'SERVICE_PLATFORM_EXAMPLE_COM',
      baseUrl: 'https://platform.example.com',
      defaultHeaders: { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64)' },
      auth: {
        charset: 'gbk',
        login: {
          page: {
            path: '/login.php',
            extract: { formToken: { selector: 'input[name="form_token"]', attribute: 'value' } },
          },
          captcha: { path: '/baseclass/include/img.php?type=2', cacheBuster: 't' },
          submit: {
            path: '/user_login.php',
            body: 'form',
            fields: {
              user_no: '{{credentials.userNo}}',
              username: '{{credentials.username}}',
              password: '{{credentials.password}}',
              captcha: '{{captcha.text}}',
              form_token: '{{page.formToken}}',
              remember: '7d',
              go: '登录',
              branch: '{{credentials.branch}}',
            },
          },
          success: { status: 302, location: { includes: 'main.php' } },
        },
        sessionHeaders: { 'x-csrftoken': '{{cookie.csrftoken}}' },
        expired: { any: [{ status: 401 }, { location: { includes: 'login.php' } }] },
      },
    });
    expect(credentials).toEqual(['userNo', 'username', 'password', 'branch']);
    expect(notes).toContainEqual(expect.stringContaining('branch'));
  });

  it('is a valid definition and holds no recorded value', () => {
    const draft = draftRecipe(recording);
    expect(() => Definition.parse(draft.definition)).not.toThrow();
    expect(JSON.stringify(draft)).not.toMatch(/har-|8k2m|1795237738166/);
  });

  it('reads JSON forms, and success in JSON', () => {
    const { definition } = draftRecipe(
      withSubmit(
        {
          mimeType: 'application/json;charset=UTF-8',
          text: '{"account":"har-a","passwd":"har-b","code":"8k2m"}',
        },
        {
          status: 200,
          headers: [],
          content: { mimeType: 'application/json', text: '{"code":0,"data":{"token":"har-t"}}' },
        },
      ),
    );
    expect(definition.auth).toMatchObject({
      login: {
        submit: {
          body: 'json',
          fields: {
            account: '{{credentials.username}}',
            passwd: '{{credentials.password}}',
            code: '{{captcha.text}}',
          },
        },
        success: { status: 200, json: { pointer: '/code', equals: 0 } },
      },
    });
  });

  it('says so when only the status tells success, and when a password was digested', () => {
    const { definition, notes } = draftRecipe(
      withSubmit(
        { mimeType: 'application/x-www-form-urlencoded', text: `u=1&pwd=${'a1'.repeat(16)}` },
        { status: 200, headers: [], content: { mimeType: 'text/html', text: '<p>hello</p>' } },
      ),
    );
    expect(definition.auth).toMatchObject({ login: { success: { status: 200 } } });
    expect(notes.join('\n')).toMatch(/only the status/);
    expect(notes.join('\n')).toMatch(/digest/);
  });

  const login = (path: string, body: string, location?: string) => ({
    request: {
      method: body === '' ? 'GET' : 'POST',
      url: `https://wiki.example${path}`,
      headers: [],
      postData: body === '' ? undefined : { mimeType: 'application/x-www-form-urlencoded', text: body },
    },
    response: {
      status: location === undefined ? 200 : 302,
      headers: location === undefined ? [] : [{ name: 'location', value: location }],
      content: { mimeType: 'text/html', text: '' },
    },
  });
  const page = (path: string, html: string) => {
    const entry = login(path, '');
    return { ...entry, response: { ...entry.response, content: { mimeType: 'text/html', text: html } } };
  };
  const image = (path: string) => {
    const entry = login(path, '');
    return { ...entry, response: { ...entry.response, content: { mimeType: 'image/png', text: '' } } };
  };
  const HASH = '3f2a9c0d1e4b5a6978877665544332211009abcd';
  const form = `<h1>Sign in</h1><form><input name=u><input type=PASSWORD name=p><input type=hidden name=user_type value=1>
    <input type=hidden name=captcha_0 value=${HASH}><input name=captcha_1></form>`;
  const typed = `u=har-u&p=har-p&user_type=1&captcha_0=${HASH}&captcha_1=8k2m`;

  it('takes the password, the language and what is hidden from the page that was recorded (R13)', () => {
    const entries = [
      page('/accounts/login/', form),
      image(`/captcha/image/${HASH}/`),
      login('/accounts/login/', typed, '/home'),
    ];
    const { definition, credentials } = draftRecipe({ log: { entries } });
    expect(definition.auth).toMatchObject({
      login: {
        page: {
          extract: {
            captcha0: { selector: 'input[name="captcha_0"]' },
            captchaKey: { selector: 'input[name="captcha_0"]', attribute: 'value' },
          },
        },
        captcha: { path: '/captcha/image/{{page.captchaKey}}/' },
        submit: {
          fields: {
            p: '{{credentials.password}}',
            user_type: '1',
            captcha_0: '{{page.captcha0}}',
            captcha_1: '{{captcha.text}}',
          },
        },
        failures: [
          { when: { text: { matches: expect.stringContaining('captcha') } }, error: 'CAPTCHA_FAILED' },
          {
            when: { text: { matches: expect.stringContaining('password') } },
            error: 'AUTHENTICATION_FAILED',
          },
        ],
      },
    });
    expect(credentials).toContain('password');
    expect(JSON.stringify(definition)).not.toContain(HASH);
    expect(() => Definition.parse(definition)).not.toThrow();
  });

  it('leaves no key of one visit in the path of the captcha (R13)', () => {
    const entries = [
      page('/login', form.replace(HASH, '')),
      image(`/img/${HASH}.php/${HASH}?id=${HASH}&type=2`),
      login('/login', 'u=a&p=b', '/home'),
    ];
    const { definition, notes } = draftRecipe({ log: { entries } });
    expect(definition.auth).toMatchObject({
      login: { captcha: { path: `/img/${HASH}.php/CHANGE_ME?type=2` } },
    });
    expect(notes.join('\n')).toMatch(/CHANGE_ME[^]*id changes with each login/);
  });

  it('takes a redirect for expiry only where it leads to the login page alone (R13)', () => {
    const expired = (path: string, ...inside: string[]) => {
      const entries = [
        page(path, form),
        ...inside.map((to, at) => (at === 0 ? login(path, 'u=a&p=b', to) : login('/x', '', to))),
      ];
      const { definition, notes } = draftRecipe({ log: { entries } });
      return {
        ...(definition.auth as { expired: object }),
        noted: notes.some((note) => note.startsWith('expired')),
      };
    };
    const only401 = { any: [{ status: 401 }] };
    const to = (includes: string) => ({ any: [{ status: 401 }, { location: { includes } }] });
    expect(expired('/user/login', '/home')).toEqual({
      type: 'SESSION',
      login: expect.anything(),
      expired: to('login'),
      noted: false,
    });
    expect(expired('/admin/index.php', '/index.php?inside=1')).toMatchObject({
      expired: to('/admin/index.php'),
      noted: false,
    });
    expect(expired('/index.php', '/index.php?inside=1')).toMatchObject({ expired: only401, noted: true });
    expect(expired('/', '/home', '/')).toMatchObject({ expired: only401, noted: true });
  });

  it.each([[null], [{}], [{ log: { entries: [] } }], [{ log: { entries: [{}] } }]])('refuses %j', (har) => {
    expect(() => draftRecipe(har)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' }));
  });
});

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

  it.each([[null], [{}], [{ log: { entries: [] } }], [{ log: { entries: [{}] } }]])('refuses %j', (har) => {
    expect(() => draftRecipe(har)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' }));
  });
});

import iconv from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captchaKeys, dayIn } from '../../../../lib/platforms/captcha/keys.ts';
import { ACCOUNT, openStage, picture, solved, workOrder } from './stage.ts';
import type { Stage } from './stage.ts';
import type { Asked, Said } from './third-party.ts';

let stage: Stage;
beforeAll(async () => void (stage = await openStage()));
afterAll(() => stage.close());

const gbk = (text: string) => iconv.encode(text, 'gbk');
const alertPage = (message: string): Said => ({
  headers: { 'content-type': 'text/html' },
  body: gbk(`<script>alert('${message}');history.back();</script>`),
});
const intoMain: Said = {
  status: 302,
  headers: { location: 'main.php', 'set-cookie': 'auth=logged-in-token; path=/' },
};

/** Reads a form whose bytes are GBK. */
function gbkForm({ body }: Asked): Record<string, string> {
  return Object.fromEntries(
    body
      .toString('latin1')
      .split('&')
      .map((pair) =>
        pair.split('=').map((part) => {
          const bytes = part
            .replaceAll('+', ' ')
            .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
          return iconv.decode(Buffer.from(bytes, 'latin1'), 'gbk');
        }),
      ),
  );
}

async function platform(script: (asked: Asked) => Said | 'reset' | 'hang', answers: string[] = ['1234']) {
  const solver = await stage.startSolver(({ nth }) => solved(answers[Math.min(nth, answers.length) - 1]!));
  const party = await stage.start((asked) => (asked.path === '/img.php' ? picture(asked) : script(asked)));
  return { party, solver, definition: workOrder(party.url, [solver.code]) };
}

describe('a login recipe', () => {
  it('walks captcha, solver, form and verdict; the cookies of every step are in the jar', async () => {
    const { party, definition } = await platform(({ path }) =>
      path === '/user_login.php' ? intoMain : { headers: { 'set-cookie': 'lang=zh; path=/' } },
    );
    const { result, steps } = await stage.run(stage.register(definition, ACCOUNT));

    const [image] = party.of('/img.php');
    const [submit] = party.of('/user_login.php');
    expect(image!.query.get('t')).toMatch(/^\d{13}$/);
    expect(gbkForm(submit!)).toEqual({
      user_no: ACCOUNT.userNo,
      username: ACCOUNT.username,
      password: ACCOUNT.password,
      captcha: '1234',
    });
    expect(submit!.headers).toMatchObject({
      'user-agent': 'Mozilla/5.0 (Gatehouse test)',
      cookie: 'PHPSESSID=sess-visit-1-abcdef',
      origin: party.url,
      referer: `${party.url}/`,
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(await result!.jar.getCookieString(party.url)).toBe(
      'PHPSESSID=sess-visit-1-abcdef; auth=logged-in-token; lang=zh',
    );
    expect(result!.credentialVersionId).toBe('v1');
    expect(result!.loginInfo).toMatchObject({
      attempts: 1,
      captcha_url: expect.stringContaining('/img.php?t='),
    });
    expect(steps.map(({ step }) => step)).toEqual(['captcha', 'solve', 'submit', 'redirect', 'verdict']);
  });

  it.each([
    ['without a charset', 'text/html'],
    ['with it', 'text/html; charset=gb2312'],
  ])('P11: reads an alert() page in GBK %s', async (_name, type) => {
    const { definition } = await platform(() => ({
      headers: { 'content-type': type },
      body: gbk("alert('密码错误')"),
    }));
    const { error } = await stage.run(stage.register(definition, ACCOUNT));
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  });

  it('P11: reads a GBK page cut in the middle of a character', async () => {
    const { definition } = await platform(() => ({ body: gbk('密码错误，请重试').subarray(0, -1) }));
    const { error } = await stage.run(stage.register(definition, ACCOUNT));
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  });

  it('S5: refused credentials end it at once, with one submit', async () => {
    const { party, solver, definition } = await platform(() => alertPage('用户名或密码错误'));
    const { error } = await stage.run(stage.register(definition, ACCOUNT));
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', retryable: false });
    expect(party.of('/user_login.php')).toHaveLength(1);
    expect(solver.party.of('/Upload/ReportError.php')).toHaveLength(0);
    expect(stage.forgotten).toContain(definition.code);
    expect(stage.used.filter((one) => one === `${definition.code} v1`)).toHaveLength(1);
  });

  it('S5: a wrong captcha is reported once and tried again with a fresh image', async () => {
    const { party, solver, definition } = await platform(
      (asked) =>
        asked.path !== '/user_login.php'
          ? {}
          : gbkForm(asked)['captcha'] === 'good'
            ? intoMain
            : alertPage('验证码错误'),
      ['bad1', 'good'],
    );
    const { result } = await stage.run(stage.register(definition, ACCOUNT));
    expect(result!.loginInfo.attempts).toBe(2);
    expect(party.of('/img.php')).toHaveLength(2);
    const reports = solver.party.of('/Upload/ReportError.php');
    expect(reports).toHaveLength(1);
    expect(reports[0]!.body.toString()).toContain('9160109360600112681');
    const today = dayIn('Asia/Shanghai', Date.now());
    const hits = (['right', 'wrong'] as const).map((verdict) =>
      captchaKeys.hits(solver.code, 4004, today, verdict),
    );
    expect(await stage.stores.redis.mget(hits)).toEqual(['1', '1']);
  });

  it('S5: three wrong captchas are the cap', async () => {
    const { party, solver, definition } = await platform(() => alertPage('验证码错误'));
    const { error, recorder } = await stage.run(stage.register(definition, ACCOUNT));
    expect(error).toMatchObject({ code: 'CAPTCHA_FAILED' });
    expect(party.of('/user_login.php')).toHaveLength(3);
    expect(solver.party.of('/Upload/ReportError.php')).toHaveLength(3);
    const { items } = await recorder.list(definition.code);
    expect(items.map(({ attempt, verdict }) => [attempt, verdict])).toEqual([
      [3, 'CAPTCHA_FAILED'],
      [2, 'CAPTCHA_FAILED'],
      [1, 'CAPTCHA_FAILED'],
    ]);
  });

  it('no verdict is PLATFORM_UNAVAILABLE, never a silent success', async () => {
    const { party, definition } = await platform(() => ({ body: '<h1>It works!</h1>' }));
    const { error } = await stage.run(stage.register(definition, ACCOUNT));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', internal: { step: 'verdict' } });
    expect(party.of('/user_login.php')).toHaveLength(1);
  });

  it.each(['reset', 'hang'] as const)('a submit that ends in %s is not sent again', async (fault) => {
    const { party, definition } = await platform(() => fault);
    definition.timeoutSeconds = 0.3;
    const { error } = await stage.run(stage.register(definition, ACCOUNT));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', mayHaveHadEffect: false });
    expect(party.of('/user_login.php')).toHaveLength(1);
  });

  it('a captcha that breaks off is fetched once more, then given up', async () => {
    const solver = await stage.startSolver(() => solved('1'));
    let broken = 1;
    const party = await stage.start((asked) => {
      if (asked.path === '/img.php') return broken-- > 0 ? 'reset' : picture(asked);
      return intoMain;
    });
    const service = stage.register(workOrder(party.url, [solver.code]), ACCOUNT);
    expect((await stage.run(service)).error).toBeUndefined();
    broken = 2;
    expect((await stage.run(service)).error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
    expect(party.of('/img.php')).toHaveLength(4);
  });

  it('a captcha that is an error page is no captcha: nothing is spent', async () => {
    const solver = await stage.startSolver(() => solved('1'));
    const party = await stage.start(() => ({ headers: { 'content-type': 'text/html' }, body: 'busy' }));
    const { error } = await stage.run(stage.register(workOrder(party.url, [solver.code]), ACCOUNT));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', internal: { step: 'captcha' } });
    expect(solver.party.asked).toHaveLength(0);
  });

  it('the deadline ends it wherever it is', async () => {
    const { party, definition } = await platform(() => 'hang');
    const { error } = await stage.run(stage.register(definition, ACCOUNT), { seconds: 0.5 });
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(party.of('/user_login.php')).toHaveLength(1);
  });

  it('names what is not set before any request goes out', async () => {
    const { party, definition } = await platform(() => intoMain);
    const { userNo: _userNo, ...rest } = ACCOUNT;
    const { error } = await stage.run(stage.register(definition, rest));
    expect(error).toMatchObject({
      code: 'CONFIGURATION_ERROR',
      message: expect.stringContaining('{{credentials.userNo}}'),
    });
    expect(party.asked).toHaveLength(0);
  });
});

describe('redirects of a login', () => {
  const submitTo = (location: string, status = 302) =>
    platform(({ path }) => {
      if (path === '/user_login.php') return { status, headers: { location } };
      const hop = Number(/^\/hop(\d+)$/.exec(path)?.[1] ?? NaN);
      if (Number.isNaN(hop)) return { body: 'welcome', headers: { 'set-cookie': 'last=reached; path=/' } };
      return {
        status: 302,
        headers: { location: hop === 1 ? '/main.php' : `/hop${hop - 1}`, 'set-cookie': `c${hop}=1; path=/` },
      };
    });
  const welcome = { text: { includes: 'welcome' } };

  it('are followed for their cookies, with GET, and success may hold on the last answer', async () => {
    const { party, definition } = await submitTo('/hop4', 303);
    if (definition.auth.type === 'SESSION') definition.auth.login!.success = welcome;
    const { result } = await stage.run(stage.register(definition, ACCOUNT));
    const cookies = await result!.jar.getCookieString(party.url);
    expect(cookies).toBe('PHPSESSID=sess-visit-1-abcdef; c4=1; c3=1; c2=1; c1=1; last=reached');
    expect(party.of('/main.php')[0]).toMatchObject({ method: 'GET' });
    expect(party.of('/main.php')[0]!.headers['content-type']).toBeUndefined();
  });

  it('are followed five times, not six', async () => {
    const { party, definition } = await submitTo('/hop9');
    if (definition.auth.type === 'SESSION') definition.auth.login!.success = welcome;
    const { error, steps } = await stage.run(stage.register(definition, ACCOUNT));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
    expect(party.asked.filter(({ path }) => path.startsWith('/hop'))).toHaveLength(5);
    expect(steps.at(-2)).toMatchObject({ step: 'redirect', saw: { notFollowed: 'too-many' } });
  });

  it('P3: to another origin are not followed', async () => {
    const elsewhere = await stage.start(() => ({ body: 'welcome' }));
    const { definition } = await submitTo(`${elsewhere.url}/main.php`);
    const { result, steps } = await stage.run(stage.register(definition, ACCOUNT));
    expect(result).toBeDefined();
    expect(elsewhere.asked).toHaveLength(0);
    expect(steps.find(({ step }) => step === 'redirect')).toMatchObject({
      saw: { notFollowed: 'other-origin' },
    });
  });

  it('that ask for the form again (307) are not followed', async () => {
    const { party, definition } = await submitTo('/again', 307);
    const { error } = await stage.run(stage.register(definition, ACCOUNT));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
    expect(party.of('/again')).toHaveLength(0);
  });

  it('a start page that breaks does not take success back', async () => {
    const { definition } = await platform(({ path }) => (path === '/user_login.php' ? intoMain : 'reset'));
    const { result } = await stage.run(stage.register(definition, ACCOUNT));
    expect(result).toBeDefined();
  });

  it('a failure may show on the page redirected to', async () => {
    const { definition } = await platform(({ path }) =>
      path === '/user_login.php'
        ? { status: 302, headers: { location: '/login.php?e=2' } }
        : alertPage('密码错误'),
    );
    const { error } = await stage.run(stage.register(definition, ACCOUNT));
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  });
});

describe('a login page', () => {
  const page = (token: string) =>
    gbk(
      `<html><head><title>登录</title></head><form><input name=csrf type=hidden value="${token}"><b class="tip"> 欢迎 </b></form>`,
    );
  const login = {
    page: {
      path: '/login',
      extract: {
        csrf: { selector: 'input[name=csrf]', attribute: 'value' },
        tip: { selector: 'form > b.tip' },
      },
    },
    submit: {
      path: '/session?lang={{page.tip}}',
      body: 'json' as const,
      headers: { 'X-CSRFToken': '{{cookie.csrftoken}}' },
      fields: { csrf: '{{page.csrf}}', user: '{{credentials.username}}', code: '{{captcha.text}}' },
    },
    success: { status: 200, cookie: 'csrftoken', json: { pointer: '/ok', equals: true } },
  };

  it('gives what the form needs: hidden fields, text, CSRF cookie; its address is the Referer', async () => {
    const solver = await stage.startSolver(() => solved('1234'));
    const party = await stage.start((asked) => {
      if (asked.path === '/login') return { status: 302, headers: { location: '/login/form' } };
      if (asked.path === '/login/form')
        return { headers: { 'set-cookie': 'csrftoken=ck-55555; path=/' }, body: page('tok-12345') };
      if (asked.path === '/img.php') return picture(asked);
      return { headers: { 'content-type': 'application/json' }, body: '{"ok":true}' };
    });
    const { result } = await stage.run(stage.register(workOrder(party.url, [solver.code], login), ACCOUNT));
    expect(result).toBeDefined();
    const [submit] = party.of('/session');
    expect(JSON.parse(submit!.body.toString())).toEqual({
      csrf: 'tok-12345',
      user: ACCOUNT.username,
      code: '1234',
    });
    expect(submit!.query.get('lang')).toBe('欢迎');
    expect(submit!.headers).toMatchObject({
      'x-csrftoken': 'ck-55555',
      'content-type': 'application/json',
      referer: `${party.url}/login/form`,
    });
  });

  it('that lacks what the recipe takes from it is a CONFIGURATION_ERROR naming it; one that is down is not', async () => {
    const solver = await stage.startSolver(() => solved('1234'));
    let status = 200;
    const party = await stage.start(() => ({ status, body: '<form></form>' }));
    const service = stage.register(workOrder(party.url, [solver.code], login), ACCOUNT);
    expect((await stage.run(service)).error).toMatchObject({
      code: 'CONFIGURATION_ERROR',
      message: expect.stringContaining('{{page.csrf}} (input[name=csrf])'),
    });
    status = 502;
    expect((await stage.run(service)).error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
    expect(solver.party.asked).toHaveLength(0);
  });
});

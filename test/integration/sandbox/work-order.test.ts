import { createRequire } from 'node:module';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startWorkOrderPlatform } from '../../../dev/sandbox/work-order/platform.ts';
import type { WorkOrderPlatform } from '../../../dev/sandbox/work-order/platform.ts';
import { openBrowser } from './browser.ts';

const { PNG } = createRequire(import.meta.url)('pngjs') as {
  PNG: { sync: { read(bytes: Buffer): { width: number; height: number; data: Buffer } } };
};

let now = 1_767_225_600_000;
let platform: WorkOrderPlatform;

beforeAll(async () => {
  platform = await startWorkOrderPlatform({ now: () => now });
});
beforeEach(() => platform.control.reset());
afterAll(() => platform.stop());

/** User number, name and password as they should be, and what the test says of the rest. */
const form = (rest: Record<string, string>) => {
  const { userNo, username, password } = platform.credentials;
  return { user_no: userNo, username, password, ...rest };
};

async function captchaOf(browser: ReturnType<typeof openBrowser>): Promise<string> {
  const response = await browser.fetch('/baseclass/include/img.php?t=1');
  expect(response.headers.get('content-type')).toBe('image/png');
  return platform.captchaText(Buffer.from(await response.arrayBuffer())) ?? '';
}

describe('the login', () => {
  test('page, captcha, form: a 302 to main.php with new cookies', async () => {
    const browser = openBrowser(platform);
    const page = await browser.text('/login');
    expect(page).toContain('charset=gb2312');
    expect(page).toContain('用户登录');
    const csrf = /name="csrf" value="(\w+)"/.exec(page)?.[1] ?? '';
    const before = browser.cookies.get('PHPSESSID')?.value;
    const captcha = await captchaOf(browser);
    expect(browser.cookies.get('PHPSESSID')?.value).toBe(before);

    const answer = await browser.submit(form({ csrf, captcha }));
    expect(answer).toMatchObject({ status: 302, location: 'main.php' });
    expect(browser.cookies.get('PHPSESSID')?.value).not.toBe(before);
    expect(browser.cookies.get('api_token')?.path).toBe('/api');
    expect(await browser.text('/main.php')).toContain('欢迎您，张伟');
    expect(platform.counters()).toMatchObject({ captchas: 1, logins: 1, loginFailures: 0, strayCookies: 0 });
  });

  test('a picture is drawn fresh each time, is a PNG, and is good for one try', async () => {
    const browser = openBrowser(platform);
    const first = Buffer.from(await (await browser.fetch('/baseclass/include/img.php')).arrayBuffer());
    const second = Buffer.from(await (await browser.fetch('/baseclass/include/img.php')).arrayBuffer());
    expect(first.equals(second)).toBe(false);
    const { width, height, data } = PNG.sync.read(first);
    expect([width, height]).toEqual([132, 46]);
    expect(new Set(data).size).toBeGreaterThan(20);
    const captcha = platform.captchaText(second) ?? '';
    expect(captcha).toMatch(/^[A-Z0-9]{4}$/);
    expect((await browser.submit(form({ captcha, password: 'no' }))).text).toContain('密码');
    expect((await browser.submit(form({ captcha }))).text).toContain('验证码错误');
  });

  test('errors are GBK alerts with status 200', async () => {
    const browser = openBrowser(platform);
    await captchaOf(browser);
    expect(await browser.submit(form({ captcha: '0000' }))).toEqual({
      status: 200,
      location: null,
      text: expect.stringContaining(`<script>alert('验证码错误');history.back();</script>`) as string,
    });
    expect(await browser.submit(form({ csrf: 'forged', captcha: '' }))).toMatchObject({
      text: expect.stringContaining('非法请求') as string,
    });
    const raw = await fetch(`${platform.baseUrl}/user_login.php`, {
      method: 'POST',
      body: new URLSearchParams(),
    });
    expect(Buffer.from(await raw.arrayBuffer()).includes(Buffer.from([0xd1, 0xe9, 0xd6, 0xa4]))).toBe(true);
  });

  test('the name may come in GBK, as a browser on this page sends it', async () => {
    const browser = openBrowser(platform);
    const captcha = await captchaOf(browser);
    const { userNo, password } = platform.credentials;
    const response = await browser.fetch('/user_login.php', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `user_no=${userNo}&username=%D5%C5%CE%B0&password=${password}&captcha=${captcha}`,
    });
    expect(response.status).toBe(302);
  });

  test('S5: five wrong passwords lock the account', async () => {
    const browser = openBrowser(platform);
    for (let time = 1; time <= 5; time += 1) {
      const captcha = await captchaOf(browser);
      expect((await browser.submit(form({ captcha, password: 'wrong' }))).text).toContain('用户名或密码错误');
    }
    const captcha = await captchaOf(browser);
    expect((await browser.submit(form({ captcha }))).text).toContain('账号已锁定');
    expect(platform.control.state().accountLocked).toBe(true);
    expect(platform.counters().loginFailures).toBe(6);
  });

  test('switches: captchas called wrong, credentials refused', async () => {
    const browser = openBrowser(platform);
    platform.control.wrongCaptcha(1);
    expect((await browser.submit(form({ captcha: await captchaOf(browser) }))).text).toContain('验证码');
    platform.control.refuseCredentials(true);
    expect((await browser.submit(form({ captcha: await captchaOf(browser) }))).text).toContain('密码');
    platform.control.refuseCredentials(false);
    expect((await browser.submit(form({ captcha: await captchaOf(browser) }))).status).toBe(302);
  });
});

describe('S1: an expired session shows as', () => {
  const styles = {
    redirect: { status: 302, location: '/user_login.php?timeout=1', text: '' },
    page: { status: 200, location: null, text: '登录超时' },
    status: { status: 401, location: null, text: '' },
    json: { status: 200, location: null, text: '"code":-100' },
  } as const;
  test.each(Object.entries(styles))('%s', async (style, { status, location, text }) => {
    const browser = openBrowser(platform);
    await browser.logIn();
    expect((await browser.fetch('/api/heartbeat')).status).toBe(200);
    platform.control.expireSessions(style as keyof typeof styles);
    const response = await browser.fetch('/api/heartbeat');
    expect(response.status).toBe(status);
    expect(response.headers.get('location')).toBe(location);
    const shown = style === 'page' ? await browser.text('/api/heartbeat') : await response.text();
    expect(shown).toContain(text);
    expect((await browser.fetch('/main.php')).status).toBe(status);
  });

  test('and by time: use prolongs it', async () => {
    const browser = openBrowser(platform);
    platform.control.set({ sessionSeconds: 60 });
    await browser.logIn();
    for (const [seconds, status] of [
      [50, 200],
      [50, 200],
      [61, 302],
    ] as const) {
      now += seconds * 1_000;
      expect((await browser.fetch('/api/heartbeat')).status).toBe(status);
    }
  });

  test('and without the cookie that is for /api only', async () => {
    const browser = openBrowser(platform);
    await browser.logIn();
    browser.cookies.delete('api_token');
    expect((await browser.fetch('/main.php')).status).toBe(200);
    expect((await browser.fetch('/api/heartbeat')).status).toBe(302);
  });
});

describe('the API', () => {
  test('a user: Chinese, and a number with 19 digits', async () => {
    const browser = openBrowser(platform);
    await browser.logIn();
    const text = await (await browser.fetch('/api/user/10002')).text();
    expect(text).toContain('"idNumber":1234567890123456789,"name":"张伟"');
    expect(JSON.parse(text)).toMatchObject({ code: 0, data: { id: '10002' } });
    expect((await browser.fetch('/api/user/nobody')).status).toBe(404);
  });

  test('orders want the CSRF header and are counted', async () => {
    const browser = openBrowser(platform);
    await browser.logIn();
    const post = (token: string) =>
      browser.fetch('/api/order', {
        method: 'POST',
        headers: { 'x-csrftoken': token, 'content-type': 'application/json', 'idempotency-key': 'k-1' },
        body: JSON.stringify({ title: '路灯不亮' }),
      });
    expect((await post('')).status).toBe(403);
    const answer = await post(browser.cookies.get('csrftoken')?.value ?? '');
    expect(await answer.json()).toMatchObject({
      data: { orderNo: 'WO000001', idempotencyKey: 'k-1', received: { title: '路灯不亮' } },
    });
    expect(await (await browser.fetch('/api/orders')).json()).toMatchObject({ data: { total: 1 } });
    expect(platform.counters().orders).toBe(1);
  });

  test('bytes come back as they went', async () => {
    const browser = openBrowser(platform);
    await browser.logIn();
    const bytes = Buffer.from([0, 255, 13, 10, 0xd1, 0xe9, 128]);
    const uploaded = await browser.fetch('/api/upload', {
      method: 'POST',
      headers: {
        'x-csrftoken': browser.cookies.get('csrftoken')?.value ?? '',
        'content-type': 'image/jpeg',
      },
      body: bytes,
    });
    const { data } = (await uploaded.json()) as { data: { id: string } };
    const file = await browser.fetch(`/api/file/${data.id}`);
    expect(file.headers.get('content-type')).toBe('image/jpeg');
    expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true);
    const sample = await browser.fetch('/api/file/sample');
    expect((await sample.arrayBuffer()).byteLength).toBe(256);
  });

  test('echo shows what a gateway let through', async () => {
    const browser = openBrowser(platform);
    await browser.logIn();
    const answer = await browser.fetch('/api/echo?a=1&a=2', { method: 'PATCH', body: 'x' });
    expect(await answer.json()).toMatchObject({
      method: 'PATCH',
      query: [
        ['a', '1'],
        ['a', '2'],
      ],
      cookies: ['PHPSESSID', 'csrftoken', 'api_token'],
      body: 'eA==',
    });
  });

  test('counts who is there at once', async () => {
    const browser = openBrowser(platform);
    await browser.logIn();
    await Promise.all(Array.from({ length: 5 }, () => browser.fetch('/api/slow?ms=50')));
    const counters = platform.counters();
    expect(counters).toMatchObject({ concurrent: 0, requests: { 'GET /api/slow': 5 } });
    expect(counters.maxConcurrent).toBeGreaterThan(1);
  });
});

describe('the control API', () => {
  const control = async (change?: unknown) => {
    const init = change === undefined ? {} : { method: 'POST', body: JSON.stringify(change) };
    const response = await fetch(`${platform.baseUrl}/__control`, init);
    return { status: response.status, state: (await response.json()) as Record<string, unknown> };
  };

  test('down: connections are reset, but for the control', async () => {
    await control({ down: true });
    await expect(fetch(`${platform.baseUrl}/login`)).rejects.toThrow('fetch failed');
    expect((await control()).state).toMatchObject({ switches: { down: true }, counters: { resets: 1 } });
    await control({ down: false });
    expect((await fetch(`${platform.baseUrl}/login`)).status).toBe(200);
  });

  test('failStatus, with and without an end', async () => {
    platform.control.fail(502, 1);
    expect((await fetch(`${platform.baseUrl}/login`)).status).toBe(502);
    expect((await fetch(`${platform.baseUrl}/login`)).status).toBe(200);
    platform.control.fail(500);
    expect((await fetch(`${platform.baseUrl}/login`)).status).toBe(500);
    expect((await fetch(`${platform.baseUrl}/login`)).status).toBe(500);
    platform.control.fail(null);
    expect((await fetch(`${platform.baseUrl}/login`)).status).toBe(200);
  });

  test('slowMs holds every answer back', async () => {
    platform.control.slow(300_000);
    const impatient = fetch(`${platform.baseUrl}/login`, { signal: AbortSignal.timeout(50) });
    await expect(impatient).rejects.toThrow('timeout');
    platform.control.slow(0);
    expect((await fetch(`${platform.baseUrl}/login`)).status).toBe(200);
  });

  test('setCookieEachTime renews a cookie with each answer', async () => {
    const browser = openBrowser(platform);
    await browser.logIn();
    await control({ setCookieEachTime: true });
    await browser.fetch('/api/heartbeat');
    const first = browser.cookies.get('last_visit')?.value;
    await browser.fetch('/api/heartbeat');
    expect(browser.cookies.get('last_visit')?.value).not.toBe(first);
  });

  test('refuses what it does not know', async () => {
    expect((await control({ dwon: true })).status).toBe(400);
    expect((await control('{')).status).toBe(400);
  });

  test('reset takes everything back', async () => {
    const browser = openBrowser(platform);
    await browser.logIn();
    const { state } = await control({ reset: true, expiryStyle: 'status' });
    expect(state).toMatchObject({
      liveSessions: 0,
      switches: { expiryStyle: 'status' },
      counters: { logins: 0 },
    });
    expect((await browser.fetch('/api/heartbeat')).status).toBe(401);
  });
});

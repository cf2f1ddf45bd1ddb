/** Platforms in small, each with a login of its own kind, and a visit of a person to each that is recorded. */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { encodeForm } from '../../lib/text/form.ts';
import iconv from 'iconv-lite';
import { sendJson, startPeer } from '../peer.ts';
import type { Peer, Seen } from '../peer.ts';
import { RecordingBrowser } from './browser.ts';
import type { Style } from './browser.ts';

export interface RecordedPeer {
  peer: Peer;
  /** What the recipe's credentials must be to get in. */
  credentials: Record<string, string>;
  /** A person logs in, wrong first, and looks around. */
  visit: (style: Style) => Promise<RecordingBrowser>;
  /** Every value that a draft must not hold. */
  secrets: string[];
}

const random = (bytes = 16) => randomBytes(bytes).toString('hex');
const cookieOf = ({ headers }: Seen, name: string) =>
  (headers.cookie ?? '')
    .split('; ')
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
const formOf = ({ body }: Seen) => new URLSearchParams(body.toString());
const html = (
  response: ServerResponse,
  text: string | Buffer,
  headers: Record<string, string | string[]> = {},
  status = 200,
) => {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers });
  response.end(text);
};
const redirect = (response: ServerResponse, location: string, cookies: string[] = []) => {
  response.writeHead(302, { location, 'set-cookie': cookies });
  response.end();
};
const fresh = () => ({ username: `user-${random(5)}`, password: `Pass-${random(6)}` });

/** Django: a hidden token, its cookie, and a header of the same for scripts. */
export async function djangoPeer(): Promise<RecordedPeer> {
  const credentials = fresh();
  const cookie = random();
  const secrets = [cookie, ...Object.values(credentials)];
  const issue = () => secrets[secrets.push(random(32)) - 1]!;
  const masked = new Set<string>();
  const page = (wrong = false) => {
    const token = issue();
    masked.add(token);
    return `<html lang=en><h1>Log in</h1>${wrong ? '<ul><li>Please enter a correct username and password. Note that both fields may be case-sensitive.</li></ul>' : ''}
      <form method=post><input type=hidden name=csrfmiddlewaretoken value="${token}">
      <label>Username</label><input name=username><label>Password</label><input type=password name=password>
      <input type=hidden name=next value="/desk/"></form>`;
  };
  const session = random();
  secrets.push(session);
  const peer = await startPeer((request, response) => {
    const { pathname } = new URL(request.url, 'http://x');
    const inside = cookieOf(request, 'sessionid') === session;
    if (pathname === '/accounts/login/' && request.method === 'POST') {
      const form = formOf(request);
      if (!masked.has(form.get('csrfmiddlewaretoken') ?? '')) return html(response, 'CSRF', {}, 403);
      const good =
        form.get('username') === credentials.username && form.get('password') === credentials.password;
      if (!good) return html(response, page(true));
      return redirect(response, '/desk/', [`sessionid=${session}; Path=/`, `csrftoken=${cookie}; Path=/`]);
    }
    if (pathname === '/accounts/login/')
      return html(response, page(), { 'set-cookie': `csrftoken=${cookie}; Path=/` });
    if (!inside) return redirect(response, `/accounts/login/?next=${pathname}`);
    if (pathname === '/desk/') return html(response, '<h1>Desk</h1>');
    const order = /^\/api\/orders\/(\d+)\/$/.exec(pathname)?.[1];
    if (order !== undefined) return sendJson(response, { id: Number(order), title: 'An order' });
    if (pathname === '/api/orders/' && request.method === 'POST') {
      if (request.headers['x-csrftoken'] !== cookie) return sendJson(response, { detail: 'CSRF' }, 403);
      return sendJson(response, { id: 9, got: JSON.parse(request.body.toString()) as object }, 201);
    }
    if (pathname === '/api/orders/')
      return sendJson(response, { results: [{ id: 4711, title: 'An order' }] });
    return html(response, 'nothing', {}, 404);
  });
  return {
    peer,
    credentials,
    secrets,
    async visit(style) {
      const browser = new RecordingBrowser(peer.url, style);
      const log = async (password: string, text: string) => {
        const token = /csrfmiddlewaretoken value="([^"]+)/.exec(text)![1]!;
        const { username } = credentials;
        const body = new URLSearchParams({ csrfmiddlewaretoken: token, username, password, next: '/desk/' });
        return browser.form('/accounts/login/', body.toString());
      };
      const first = await browser.get('/accounts/login/');
      browser.noise();
      const again = await log('wrong-9-password', first.text);
      await log(credentials.password, again.text);
      const xhr = { resource: 'xhr' as const, headers: { 'X-CSRFToken': cookie } };
      await browser.get('/api/orders/?page=1&status=open', xhr);
      await browser.get('/api/orders/?page=2', xhr);
      await browser.get('/api/orders/4711/', xhr);
      await browser.get('/api/orders/4712/', xhr);
      await browser.json(
        '/api/orders/',
        { title: 'A leak in 3rd floor', urgent: true, lines: [{ sku: 'A-1', count: 2 }] },
        xhr,
      );
      browser.cookies.delete('sessionid');
      await browser.get('/desk/');
      return browser;
    },
  };
}

/** A page of one script: a JSON login gives a token, which is sent as Bearer and renewed. */
export async function jwtPeer(): Promise<RecordedPeer> {
  const credentials = { email: `someone-${random(4)}@example.com`, password: `Pass-${random(6)}` };
  const secrets = Object.values(credentials);
  const make = () => secrets[secrets.push(`eyJ${random(20)}.${random(40)}`) - 1]!;
  const live = new Set<string>();
  let refreshToken = make();
  const grant = () => {
    const access = make();
    live.add(access);
    refreshToken = make();
    return { access_token: access, refresh_token: refreshToken, expires_in: 900, token_type: 'Bearer' };
  };
  const id = `${random(4)}-${random(2)}-4${random(2).slice(1)}-a${random(2).slice(1)}-${random(6)}`;
  const peer = await startPeer((request, response) => {
    const { pathname } = new URL(request.url, 'http://x');
    if (pathname === '/') return html(response, '<div id=app></div><script src=/static/app.js></script>');
    if (pathname === '/api/auth/login') {
      const { user } = JSON.parse(request.body.toString()) as { user: Record<string, string> };
      const good = user['email'] === credentials.email && user['password'] === credentials.password;
      return good
        ? sendJson(response, { data: grant(), user: { id, email: credentials.email } })
        : sendJson(response, { error: 'invalid_credentials', message: `No such user ${user['email']}` }, 401);
    }
    if (pathname === '/api/auth/refresh') {
      const { refresh_token: sent } = JSON.parse(request.body.toString()) as { refresh_token: string };
      return sent === refreshToken ? sendJson(response, { data: grant() }) : sendJson(response, {}, 401);
    }
    const token = request.headers.authorization?.replace('Bearer ', '');
    if (token === undefined || !live.has(token)) return sendJson(response, { error: 'unauthorized' }, 401);
    if (pathname === `/api/users/${id}`) return sendJson(response, { id, email: credentials.email });
    if (pathname === '/api/search') return sendJson(response, { hits: [] });
    if (request.method === 'PUT') return sendJson(response, { ok: true });
    return sendJson(response, { error: 'not found' }, 404);
  });
  return {
    peer,
    credentials,
    secrets: [...secrets, id],
    async visit(style) {
      const browser = new RecordingBrowser(peer.url, style);
      await browser.get('/');
      browser.noise();
      await browser.json('/api/auth/login', {
        user: { email: credentials.email, password: 'wrong-1' },
        remember: true,
      });
      const login = await browser.json('/api/auth/login', { user: { ...credentials }, remember: true });
      const bearer = (answer: Record<string, unknown>) => ({
        resource: 'fetch' as const,
        headers: { Authorization: `Bearer ${(answer['data'] as { access_token: string }).access_token}` },
      });
      await browser.get(`/api/users/${id}`, bearer(login.json()));
      await browser.get('/api/search?q=leak&limit=20', bearer(login.json()));
      const sent = (login.json()['data'] as { refresh_token: string }).refresh_token;
      const renewed = await browser.json('/api/auth/refresh', { refresh_token: sent });
      await browser.json(
        `/api/users/${id}`,
        { phone: '13800138000', address: { city: 'Shenzhen', zip: null } },
        { ...bearer(renewed.json()), method: 'PUT' },
      );
      await browser.get(`/api/users/${id}`, { resource: 'fetch' });
      return browser;
    },
  };
}

/** WordPress: cookies, and a nonce in the page that each action sends back. */
export async function wordpressPeer(): Promise<RecordedPeer> {
  const credentials = fresh();
  const cookie = random(32);
  const secrets = [cookie, ...Object.values(credentials)];
  const nonces = new Set<string>();
  const nonce = () => {
    const one = `a1${random(4)}`;
    secrets.push(one);
    nonces.add(one);
    return one;
  };
  const peer = await startPeer((request, response) => {
    const { pathname } = new URL(request.url, 'http://x');
    if (pathname === '/wp-login.php' && request.method === 'POST') {
      const form = formOf(request);
      const good = form.get('log') === credentials.username && form.get('pwd') === credentials.password;
      if (!good) {
        return html(
          response,
          `<div id=login_error><strong>Error:</strong> The password you entered for the username <b>${form.get('log')}</b> is incorrect.</div>`,
        );
      }
      return redirect(response, '/wp-admin/', [`wordpress_logged_in_x=${cookie}; Path=/`]);
    }
    if (pathname === '/wp-login.php') {
      return html(
        response,
        '<form method=post><label>Password</label><input name=log><input type=password name=pwd><input type=submit name=wp-submit value="Log In"><input type=hidden name=redirect_to value="/wp-admin/"><input type=hidden name=testcookie value="1"></form>',
        { 'set-cookie': 'wordpress_test_cookie=WP%20Cookie%20check; Path=/' },
      );
    }
    if (cookieOf(request, 'wordpress_logged_in_x') !== cookie) return redirect(response, '/wp-login.php');
    if (pathname === '/wp-admin/')
      return html(
        response,
        `<script>var wpApiSettings = {"root":"\\/wp-json\\/","nonce":"${nonce()}"};</script>`,
      );
    if (pathname === '/wp-admin/options.php' && request.method === 'GET') {
      return html(
        response,
        `<form method=post><input type=hidden name=_wpnonce value="${nonce()}"><input name=blogname value="My blog"></form>`,
      );
    }
    if (pathname === '/wp-json/wp/v2/posts') {
      const sent = String(request.headers['x-wp-nonce']);
      return nonces.has(sent)
        ? sendJson(response, [{ id: 1 }])
        : sendJson(response, { code: 'rest_cookie_invalid_nonce' }, 403);
    }
    if (pathname === '/wp-admin/admin-ajax.php')
      return sendJson(response, { success: true, data: { action: formOf(request).get('action') } });
    if (pathname === '/wp-admin/options.php') {
      const form = formOf(request);
      return nonces.delete(form.get('_wpnonce') ?? '')
        ? sendJson(response, { saved: form.get('blogname') })
        : sendJson(response, {}, 403);
    }
    return html(response, 'nothing', {}, 404);
  });
  return {
    peer,
    credentials,
    secrets,
    async visit(style) {
      const browser = new RecordingBrowser(peer.url, style);
      const login = (pwd: string) =>
        browser.form(
          '/wp-login.php',
          new URLSearchParams({
            log: credentials.username,
            pwd,
            'wp-submit': 'Log In',
            redirect_to: '/wp-admin/',
            testcookie: '1',
          }).toString(),
        );
      await browser.get('/wp-login.php');
      browser.noise();
      await login('wrong-1-word');
      const desk = await login(credentials.password);
      const wpNonce = /"nonce":"(\w+)/.exec(desk.text)![1]!;
      await browser.get('/wp-json/wp/v2/posts?per_page=10', {
        resource: 'fetch',
        headers: { 'X-WP-Nonce': wpNonce },
      });
      await browser.form('/wp-admin/admin-ajax.php', 'action=heartbeat&interval=60', {
        resource: 'xhr',
        headers: { 'X-Requested-With': 'XMLHttpRequest' },
      });
      await browser.form('/wp-admin/admin-ajax.php', 'action=dashboard-widgets', {
        resource: 'xhr',
        headers: { 'X-Requested-With': 'XMLHttpRequest' },
      });
      const options = await browser.get('/wp-admin/options.php');
      const field = /_wpnonce value="(\w+)/.exec(options.text)![1]!;
      await browser.form(
        '/wp-admin/options.php',
        new URLSearchParams({ _wpnonce: field, blogname: 'Another blog' }).toString(),
      );
      return browser;
    },
  };
}

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** RuoYi: the captcha is base64 in JSON, errors are codes in a 200, the token goes into a header. */
export async function ruoyiPeer(): Promise<RecordedPeer> {
  const credentials = fresh();
  const secrets = Object.values(credentials);
  const issued = new Set<string>();
  const tokens = new Set<string>();
  const peer = await startPeer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://x');
    if (pathname === '/prod-api/captchaImage') {
      const uuid = random();
      secrets.push(uuid);
      issued.add(uuid);
      return sendJson(response, { msg: '操作成功', img: PIXEL, code: 200, captchaEnabled: true, uuid });
    }
    if (pathname === '/prod-api/login') {
      const sent = JSON.parse(request.body.toString()) as Record<string, string>;
      if (!issued.delete(sent['uuid'] ?? '')) return sendJson(response, { msg: '验证码已失效', code: 500 });
      if (sent['code'] !== '8k2m') return sendJson(response, { msg: '验证码错误', code: 500 });
      const good = sent['username'] === credentials.username && sent['password'] === credentials.password;
      if (!good) return sendJson(response, { msg: '用户不存在/密码错误', code: 500 });
      const token = `eyJhbGciOiJIUzUxMiJ9.${random(30)}`;
      secrets.push(token);
      tokens.add(token);
      return sendJson(response, { msg: '操作成功', code: 200, token });
    }
    if (!tokens.has(request.headers.authorization?.replace('Bearer ', '') ?? '')) {
      return sendJson(response, { msg: '认证失败', code: 401 });
    }
    if (pathname === '/prod-api/getInfo')
      return sendJson(response, { code: 200, msg: 'ok', user: { userName: credentials.username } });
    if (pathname === '/prod-api/system/user/list')
      return sendJson(response, { code: 200, rows: [], total: Number(searchParams.get('pageNum')) });
    if (pathname.startsWith('/prod-api/system/user/'))
      return sendJson(response, {
        code: 200,
        msg: 'ok',
        data: { userId: Number(pathname.split('/').at(-1)) },
      });
    return sendJson(response, { code: 404 });
  });
  return {
    peer,
    credentials,
    secrets,
    async visit(style) {
      const browser = new RecordingBrowser(peer.url, style);
      const login = async (password: string, code: string) => {
        const { uuid } = (await browser.get('/prod-api/captchaImage', { resource: 'xhr' })).json();
        return browser.json('/prod-api/login', { username: credentials.username, password, code, uuid });
      };
      await login(credentials.password, 'aaaa');
      await login('wrong-2-word', '8k2m');
      browser.noise();
      const { token } = (await login(credentials.password, '8k2m')).json();
      // The page's script keeps it in a cookie of its own.
      browser.cookies.set('Admin-Token', String(token));
      const inside = { resource: 'xhr' as const, headers: { Authorization: `Bearer ${String(token)}` } };
      await browser.get('/prod-api/getInfo', inside);
      await browser.get('/prod-api/system/user/list?pageNum=1&pageSize=10&phonenumber=13912345678', inside);
      await browser.get('/prod-api/system/user/100', inside);
      return browser;
    },
  };
}

/** An old platform in GBK: its form is sent in GBK too. */
export async function gbkPeer(): Promise<RecordedPeer> {
  const credentials = { username: '张伟', password: `密码${random(5)}` };
  const cookie = random();
  const gbk = (text: string) => iconv.encode(text, 'gbk');
  const page = (message = '') =>
    gbk(`<html><head><meta http-equiv="Content-Type" content="text/html; charset=gbk"><title>登录</title></head>
      ${message}<form method=post action=/check.asp>用户：<input name=userName> 密码：<input type=password name=userPass>
      <input type=hidden name=kind value="内部"><input type=submit name=go value="进 入"></form></html>`);
  const peer = await startPeer((request, response) => {
    const { pathname } = new URL(request.url, 'http://x');
    const plain = { 'content-type': 'text/html' };
    if (pathname === '/check.asp') {
      const good = encodeForm(
        [
          ['userName', credentials.username],
          ['userPass', credentials.password],
          ['kind', '内部'],
          ['go', '进 入'],
        ],
        'gbk',
      );
      if (request.body.toString() === good)
        return redirect(response, '/main.asp', [`ASPSESSIONIDQ=${cookie}; path=/`]);
      return html(
        response,
        page('<script>x=1</script><font color=red>用户名或密码不正确，请重新输入！</font>'),
        plain,
      );
    }
    if (pathname === '/login.asp') return html(response, page(), plain);
    if (cookieOf(request, 'ASPSESSIONIDQ') !== cookie) return redirect(response, '/login.asp');
    if (pathname === '/main.asp') return html(response, gbk('<meta charset=gbk><h1>主页</h1>'), plain);
    return sendJson(response, { ok: true, list: [{ 名称: '工单' }] });
  });
  return {
    peer,
    credentials,
    secrets: [cookie, ...Object.values(credentials)],
    async visit(style) {
      const browser = new RecordingBrowser(peer.url, style);
      const form = (password: string) =>
        encodeForm(
          [
            ['userName', credentials.username],
            ['userPass', password],
            ['kind', '内部'],
            ['go', '进 入'],
          ],
          'gbk',
        );
      await browser.get('/login.asp');
      browser.noise();
      await browser.form('/check.asp', form('错误的'));
      await browser.form('/check.asp', form(credentials.password));
      await browser.form(
        '/orders.asp',
        encodeForm(
          [
            ['keyword', '漏水'],
            ['page', '1'],
          ],
          'gbk',
        ),
        { resource: 'xhr' },
      );
      return browser;
    },
  };
}

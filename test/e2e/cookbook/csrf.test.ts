/** Styles of the cookbook with tokens against forged forms. */
import { randomUUID } from 'node:crypto';
import { sendJson } from '../../peer.ts';
import { cookbook } from './styles.ts';
import { cookiesOf, formOf, jsonOf, redirect, sendHtml } from './wire.ts';
import type { Platform } from './styles.ts';

const { holds } = cookbook();

/** Checks cookie and form field, or cookie and header, and Referer as behind https; gives another token at the login. */
function django(): Platform {
  let [tries, session, csrf] = [0, '', ''];
  return {
    tries: () => tries,
    end: () => void (session = ''),
    handler(request, response) {
      const cookies = cookiesOf(request);
      if (request.method === 'GET') {
        csrf = randomUUID();
        const field = `<form><input type="hidden" name="csrfmiddlewaretoken" value="${csrf}"></form>`;
        return sendHtml(response, field, { 'set-cookie': `csrftoken=${csrf}; Path=/` });
      }
      if (request.url === '/accounts/login/') {
        tries += 1;
        const form = formOf(request);
        const isOurs = form['csrfmiddlewaretoken'] === csrf && cookies['csrftoken'] === csrf;
        if (!isOurs) return void response.writeHead(403).end('CSRF verification failed. Request aborted.');
        if (form['username'] !== 'ops' || form['password'] !== 'open-sesame') {
          return sendHtml(
            response,
            '<ul class="errorlist nonfield"><li>Please enter a correct username</li></ul>',
          );
        }
        [session, csrf] = [randomUUID(), randomUUID()];
        return redirect(response, '/', [
          `sessionid=${session}; Path=/; HttpOnly`,
          `csrftoken=${csrf}; Path=/`,
        ]);
      }
      if (session === '' || cookies['sessionid'] !== session)
        return redirect(response, '/accounts/login/?next=/');
      const isOurs =
        request.headers['x-csrftoken'] === csrf &&
        cookies['csrftoken'] === csrf &&
        request.headers.referer === 'https://django.example.com/';
      return isOurs
        ? sendJson(response, { id: 7, ...jsonOf(request) }, 201)
        : void response.writeHead(403).end('CSRF Failed');
    },
  };
}

holds({
  page: 'csrf-header',
  code: 'DJANGO_SITE',
  platform: django,
  data: { id: 7, title: 'Cable' },
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: DJANGO_SITE refused the credentials.',
  mistakes: {
    'no header repeats the cookie': {
      definition: { '/auth/sessionHeaders/X-CSRFToken': undefined },
      says: 'PLATFORM_API_ERROR: DJANGO_SITE did not accept createOrder (it answered 403).',
    },
    'the hidden field has another name': {
      definition: { '/auth/login/page/extract/csrf/selector': 'input[name=csrf]' },
      says: 'page.csrf: is not on the login page',
    },
  },
});

/** The token is in the cookie percent-encoded, and in the header as it is. */
function laravel(): Platform {
  let [tries, session, token] = [0, '', ''];
  const renew = () => {
    token = Buffer.from(JSON.stringify({ iv: randomUUID(), n: tries })).toString('base64');
    token = token.replace(/=*$/, '==');
    return `XSRF-TOKEN=${encodeURIComponent(token)}; Path=/`;
  };
  let form = '';
  return {
    tries: () => tries,
    end: () => void (session = ''),
    handler(request, response) {
      const cookies = cookiesOf(request);
      if (request.url === '/login' && request.method === 'GET') {
        const error = cookies['flash'] ? '<li>These credentials do not match our records.</li>' : '';
        form = randomUUID();
        return sendHtml(response, `${error}<input type="hidden" name="_token" value="${form}">`, {
          'set-cookie': [renew(), 'flash=; Path=/; Max-Age=0'],
        });
      }
      if (request.url === '/login') {
        tries += 1;
        const { _token, email, password } = formOf(request);
        if (_token !== form) return void response.writeHead(419).end('Page Expired');
        if (email !== 'ops@example.com' || password !== 'open-sesame') {
          return redirect(response, '/login', ['flash=1; Path=/']);
        }
        session = randomUUID();
        return redirect(response, '/dashboard', [`laravel_session=${session}; Path=/; HttpOnly`, renew()]);
      }
      if (request.method === 'GET') return sendHtml(response, 'Dashboard', { 'set-cookie': renew() });
      if (session === '' || cookies['laravel_session'] !== session) return sendJson(response, {}, 401);
      return request.headers['x-xsrf-token'] === token
        ? sendJson(response, { id: 7, ...jsonOf(request) }, 201)
        : sendJson(response, { message: 'CSRF token mismatch.' }, 419);
    },
  };
}

holds({
  page: 'csrf-header',
  code: 'LARAVEL_SITE',
  platform: laravel,
  data: { id: 7, title: 'Cable' },
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: LARAVEL_SITE refused the credentials.',
  mistakes: {
    'the token stays encoded': {
      definition: { '/auth/sessionHeaders/X-XSRF-TOKEN': '{{cookie.XSRF-TOKEN}}' },
      says: 'SESSION_EXPIRED: LARAVEL_SITE refused the session although it was just renewed.',
    },
  },
});

/** The form needs the cookie of its page, the API the nonce of a page inside. */
function wordpress(): Platform {
  let [tries, session, nonce] = [0, '', ''];
  return {
    tries: () => tries,
    end: () => void (session = ''),
    handler(request, response) {
      const cookies = cookiesOf(request);
      const isIn = session !== '' && cookies['wordpress_logged_in_0a1b'] === session;
      if (request.url === '/wp-login.php' && request.method === 'GET') {
        return sendHtml(response, '<form id="loginform">', {
          'set-cookie': 'wordpress_test_cookie=WP%20Cookie%20check; path=/',
        });
      }
      if (request.url === '/wp-login.php') {
        tries += 1;
        const { log, pwd, testcookie } = formOf(request);
        const takesCookies = testcookie === '1' && cookies['wordpress_test_cookie'] === 'WP%20Cookie%20check';
        if (!takesCookies || log !== 'ops' || pwd !== 'open-sesame') {
          return sendHtml(response, '<div id="login_error"><strong>Error:</strong> ...</div>');
        }
        session = `ops%7C${randomUUID()}`;
        nonce = randomUUID().slice(0, 8) + '0a';
        const location = `http://${request.headers.host}/wp-admin/`;
        return redirect(response, location, [`wordpress_logged_in_0a1b=${session}; path=/; HttpOnly`]);
      }
      if (request.url.startsWith('/wp-admin/')) {
        if (!isIn) return redirect(response, '/wp-login.php?redirect_to=x');
        return sendHtml(
          response,
          `<script>wp.apiFetch.nonceMiddleware = wp.apiFetch.createNonceMiddleware( "${nonce}" );</script>`,
        );
      }
      if (!isIn) return sendJson(response, { code: 'rest_cannot_create' }, 401);
      if (request.headers['x-wp-nonce'] !== nonce) {
        return sendJson(response, { code: 'rest_cookie_invalid_nonce' }, 403);
      }
      return jsonOf(request)['status'] === 'draft'
        ? sendJson(response, { id: 42, title: { raw: jsonOf(request)['title'] } }, 201)
        : sendJson(response, {}, 400);
    },
  };
}

holds({
  page: 'csrf-in-page',
  code: 'WORDPRESS',
  shell: true,
  platform: wordpress,
  data: 42,
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: WORDPRESS refused the credentials.',
  mistakes: {
    'the pattern finds no nonce': {
      definition: { '/auth/login/after/0/extract/nonce/matches': 'var nonce = "(\\w+)"' },
      says: 'session.nonce: is not in the answer',
    },
  },
});

/** Each form needs the token of the session, which changes at the login. */
function phpMyAdmin(): Platform {
  let [tries, session, token] = [0, '', ''];
  const page = (isIn: boolean, text = '') =>
    `${text}<form><input type="hidden" name="token" value="${token}">${isIn ? '' : '<input name="pma_username">'}</form>`;
  return {
    tries: () => tries,
    end: () => void (session = ''),
    handler(request, response) {
      const cookies = cookiesOf(request);
      const isIn = session !== '' && cookies['phpMyAdmin'] === session;
      if (request.method === 'GET') {
        if (isIn) return sendHtml(response, page(true));
        token = randomUUID();
        return sendHtml(response, page(false), { 'set-cookie': 'phpMyAdmin=visitor; path=/; HttpOnly' });
      }
      const form = formOf(request);
      const isOurs = form['token'] === token;
      if ('pma_username' in form) {
        tries += 1;
        const isReader = form['pma_username'] === 'reader' && form['pma_password'] === 'open-sesame';
        if (!isOurs || cookies['phpMyAdmin'] !== 'visitor' || !isReader) {
          return sendHtml(response, page(false, "mysqli::real_connect(): Access denied for user 'reader'"));
        }
        [session, token] = [randomUUID(), randomUUID()];
        return redirect(response, 'index.php?route=/', [`phpMyAdmin=${session}; path=/; HttpOnly`]);
      }
      if (!isIn) return sendHtml(response, page(false));
      if (!isOurs) return sendJson(response, { success: false, error: 'token mismatch' });
      const { db, table, what } = form;
      const data = [{ id: '1', title: 'Cable' }];
      const tables = [
        { type: 'header' },
        { type: 'database', name: db },
        { type: 'table', name: table, data },
      ];
      return what === 'json' ? sendJson(response, tables) : sendHtml(response, '-- SQL');
    },
  };
}

holds({
  page: 'csrf-in-page',
  code: 'PHPMYADMIN',
  platform: phpMyAdmin,
  data: [{ id: '1', title: 'Cable' }],
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: PHPMYADMIN refused the credentials.',
  mistakes: {
    'the token of the login page is used inside': {
      definition: { '/operations/exportTable/fields/token': '{{page.token}}' },
      says: 'operations.exportTable.fields.token: {{page.token}} is never set here',
    },
  },
});

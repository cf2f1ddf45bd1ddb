/** Styles of the cookbook with a login and nothing in its way. */
import { sendJson } from '../../peer.ts';

import { cookbook } from './styles.ts';
import type { Platform } from './styles.ts';
import { jsonOf } from './wire.ts';

const { holds } = cookbook();

const isOps = (name?: string, password?: string) => name === 'ops' && password === 'open-sesame';

/** Always 200; what happened is in `code`. */
function backOffice(): Platform {
  let [tries, token] = [0, ''];
  return {
    tries: () => tries,
    end: () => void (token = ''),
    handler(request, response) {
      if (request.url === '/api/login') {
        tries += 1;
        const { account, password } = jsonOf(request);
        if (!isOps(account, password)) return sendJson(response, { code: 50001, msg: '账号或密码错误' });
        token = `token-${tries}-9f86d081884c7d65`;
        return sendJson(response, { code: 0, data: { token } });
      }
      return token !== '' && request.headers['token'] === token
        ? sendJson(response, { code: 0, data: [{ id: 7 }] })
        : sendJson(response, { code: 40101, msg: '登录已失效' });
    },
  };
}

holds({
  page: 'json-login',
  code: 'SPA_ADMIN',
  platform: backOffice,
  data: [{ id: 7 }],
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: SPA_ADMIN refused the credentials.',
  mistakes: {
    'the token is looked for where it is not': {
      definition: { '/auth/login/extract/token/pointer': '/token' },
      says: 'session.token: is not in the answer',
    },
    'the end of a session is not described': {
      definition: { '/auth/expired': undefined },
      ended: true,
      says: 'PLATFORM_API_ERROR: SPA_ADMIN did not accept orders (it answered 200).',
    },
    'what a wrong password comes to is not described': {
      definition: { '/auth/login/failures': [] },
      credentials: { username: 'ops', password: 'wrong' },
      says: 'PLATFORM_UNAVAILABLE: SPA_ADMIN could not be logged in to: its answer (200) is neither success nor a known failure.',
    },
  },
});

/** As djangorestframework-simplejwt answers. */
function simpleJwt(): Platform {
  let [tries, access, refresh] = [0, '', ''];
  return {
    tries: () => tries,
    end: () => void (access = ''),
    handler(request, response) {
      if (request.url === '/api/orders/') {
        const isIn = access !== '' && request.headers.authorization === `Bearer ${access}`;
        return sendJson(response, isIn ? [{ id: 7 }] : { code: 'token_not_valid' }, isIn ? 200 : 401);
      }
      tries += 1;
      const { username, password, refresh: given } = jsonOf(request);
      access = `access-${tries}-0123456789abcdef`;
      if (request.url === '/api/token/refresh/') {
        return given === refresh ? sendJson(response, { access }) : sendJson(response, {}, 401);
      }
      if (!isOps(username, password)) {
        return sendJson(response, { detail: 'No active account found with the given credentials' }, 401);
      }
      refresh = `refresh-${tries}-0123456789abcdef`;
      return sendJson(response, { access, refresh });
    },
  };
}

holds({
  page: 'jwt-refresh',
  code: 'JWT_API',
  shell: true,
  platform: simpleJwt,
  data: [{ id: 7 }],
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: JWT_API refused the credentials.',
  mistakes: {
    'the header names another value than is extracted': {
      definition: { '/auth/sessionHeaders/Authorization': 'Bearer {{session.token}}' },
      says: 'auth.sessionHeaders.Authorization: {{session.token}} is never set: the login does not extract it, and auth.sessionValues does not declare it',
    },
    'the answer has its token deeper': {
      definition: { '/auth/login/extract/access/pointer': '/data/access' },
      says: 'session.access: is not in the answer',
    },
  },
});

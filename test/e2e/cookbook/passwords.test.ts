/** Styles of the cookbook whose page does something to the password; each platform undoes it by itself. */
import { constants, createHash, generateKeyPairSync, privateDecrypt, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sm2 } from 'sm-crypto-v2';
import { expect, it } from 'vitest';
import { sendJson } from '../../peer.ts';
import { recipeOf } from './recipe.ts';
import { cookbook } from './styles.ts';
import type { Platform } from './styles.ts';
import { cookiesOf, formOf, jsonOf, redirect, sendHtml } from './wire.ts';

const { gatehouse, holds } = cookbook();

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** A salt per visit. */
function portal(): Platform {
  let [tries, session, salt] = [0, '', ''];
  return {
    tries: () => tries,
    end: () => void (session = ''),
    handler(request, response) {
      if (request.url === '/login' && request.method === 'GET') {
        salt = randomUUID().slice(0, 6);
        return sendHtml(response, `<script>var salt = "${salt}";</script>`);
      }
      if (request.url === '/login') {
        tries += 1;
        const { user, pwd } = formOf(request);
        if (user !== 'ops' || pwd !== md5(md5('open-sesame') + salt)) return sendHtml(response, '密码错误');
        session = randomUUID();
        return redirect(response, '/main', [`sid=${session}; Path=/`]);
      }
      if (request.url === '/main') return sendHtml(response, 'main');
      const isIn = session !== '' && cookiesOf(request)['sid'] === session;
      return isIn ? sendJson(response, [{ id: 7 }]) : redirect(response, '/login');
    },
  };
}

holds({
  page: 'hashed-password',
  code: 'HASHED_LOGIN',
  platform: portal,
  data: [{ id: 7 }],
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: HASHED_LOGIN refused the credentials.',
  mistakes: {
    'the salt is left out': {
      definition: { '/auth/login/submit/fields/pwd': '{{credentials.password | md5}}' },
      says: 'AUTHENTICATION_FAILED: HASHED_LOGIN refused the credentials.',
    },
    'the pattern finds no salt': {
      definition: { '/auth/login/page/extract/salt/matches': 'seed = "(\\w+)"' },
      says: 'page.salt: is not on the login page',
    },
    'there is no such filter': {
      definition: { '/auth/login/submit/fields/pwd': '{{credentials.password | MD5}}' },
      says: 'auth.login.submit.fields.pwd: "{{credentials.password | MD5}}": there is no filter MD5',
    },
  },
});

interface Login {
  /** What a visitor may read. */
  key: (path: string) => unknown;
  /** @throws whatever it likes at what it cannot read. */
  decrypt: (text: string) => string;
  answer: (token: string) => [data: unknown, cookie?: string];
  isIn: (request: Parameters<Platform['handler']>[0], token: string) => boolean;
}

/** Decrypts the password, and takes no ciphertext twice. */
function decrypting({ key, decrypt, answer, isIn }: Login): Platform {
  let [tries, token] = [0, ''];
  const used = new Set<string>();
  return {
    tries: () => tries,
    end: () => void (token = ''),
    handler(request, response) {
      if (request.url === '/api/orders') {
        const known = token !== '' && isIn(request, token);
        return sendJson(response, known ? { code: 0, data: [{ id: 7 }] } : {}, known ? 200 : 401);
      }
      if (request.url !== '/auth/login') return sendJson(response, key(request.url));
      tries += 1;
      const { username, password = '' } = jsonOf(request);
      const isRight =
        username === 'ops' && !used.has(password) && readable(decrypt, password) === 'open-sesame';
      used.add(password);
      if (!isRight) return sendJson(response, { code: 1, msg: '用户名或密码错误' });
      token = randomUUID();
      const [data, cookie] = answer(token);
      if (cookie) response.setHeader('set-cookie', cookie);
      return sendJson(response, { code: 0, data });
    },
  };
}

function readable(decrypt: (text: string) => string, text: string): string {
  try {
    return decrypt(text);
  } catch {
    return '';
  }
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 1_024 });
const rsaKey = rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');

holds({
  page: 'encrypted-password',
  code: 'RSA_LOGIN',
  platform: () =>
    decrypting({
      key: () => ({ code: 0, data: rsaKey }),
      decrypt: (text) =>
        privateDecrypt(
          { key: rsa.privateKey, padding: constants.RSA_PKCS1_PADDING },
          Buffer.from(text, 'base64'),
        ).toString(),
      answer: (token) => [{ token }],
      isIn: ({ headers }, token) => headers.authorization === token,
    }),
  data: [{ id: 7 }],
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: RSA_LOGIN refused the credentials.',
  mistakes: {
    'what is extracted is no key': {
      definition: { '/auth/login/page/extract/key/pointer': '/code' },
      says: 'credentials.password: the key of rsa is no RSA public key (PEM, or base64 without its lines)',
    },
  },
});

const pair = sm2.generateKeyPairHex();

holds({
  page: 'encrypted-password',
  code: 'SM2_LOGIN',
  platform: () =>
    decrypting({
      key: () => `window.config = { publicKey: '${pair.publicKey}' };`,
      decrypt: (text) => String(sm2.doDecrypt(text, pair.privateKey, 1)),
      answer: (token) => [null, `sid=${token}; Path=/`],
      isIn: (request, token) => cookiesOf(request)['sid'] === token,
    }),
  data: [{ id: 7 }],
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: SM2_LOGIN refused the credentials.',
  mistakes: {
    'there is a 04 too many': {
      definition: { '/auth/login/submit/fields/password': '{{credentials.password | sm2: page.key | hex}}' },
      says: 'AUTHENTICATION_FAILED: SM2_LOGIN refused the credentials.',
    },
    'what is extracted is no key': {
      definition: { '/auth/login/page/extract/key/matches': '(publicKey)' },
      says: 'credentials.password: the key of sm2 must be 128 hex digits, or 130 with 04 before them',
    },
  },
});

it.each(['hashed-password', 'encrypted-password'])(
  'every template that %s shows is accepted',
  async (page) => {
    const { definition } = recipeOf('hashed-password', 'HASHED_LOGIN');
    const text = readFileSync(join(import.meta.dirname, `../../../docs/users/cookbook/${page}.md`), 'utf8');
    const templates = [...text.matchAll(/ (\{\{credentials\.\w+ \|[^\n]*\}\})$/gm)].map(
      ([, template]) => template!,
    );
    expect(templates.length).toBeGreaterThan(2);
    const extract = Object.fromEntries(['salt', 'key', 'iv'].map((name) => [name, { matches: name }]));
    const login = {
      page: { path: '/login', extract },
      submit: {
        path: '/login',
        fields: Object.fromEntries(templates.map((template, n) => [`f${n}`, template])),
      },
      success: { status: 302 },
    };
    const code = `TEMPLATES_${page === 'hashed-password' ? 1 : 2}`;
    const body = { ...definition, code, auth: { type: 'SESSION', login } };
    const put = await gatehouse().ask('PUT', `/v1/admin/services/${code}`, { body });
    expect([put.status, put.text.slice(0, put.status === 201 ? 0 : 500)]).toEqual([201, '']);
  },
);

/** Styles of the cookbook with a picture, and a solver that can read only what it is shown. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { sendJson, startPeer } from '../../peer.ts';
import type { Peer } from '../../peer.ts';
import { cookbook } from './styles.ts';
import type { Platform } from './styles.ts';
import { cookiesOf, formOf, jsonOf, redirect, sendHtml } from './wire.ts';

const { gatehouse, holds } = cookbook();

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);
/** A picture that shows the text to those who know where to look. */
const pictureOf = (text: string) => Buffer.concat([PNG, Buffer.from(`#${text}#`)]);

/** Chaojiying, as it answers who has an account there. */
let solver: Peer;
/** What it answers to each picture. */
let read: (text: string) => string;
beforeAll(async () => {
  solver = await startPeer(({ body }, response) => {
    const shown = /#(\w+)#/.exec(body.toString('latin1'))?.[1];
    const pic_str = shown === undefined ? '' : read(shown);
    return sendJson(response, { err_no: 0, err_str: 'OK', pic_id: '9160109360600112681', pic_str, md5: 'x' });
  });
  const account = { username: 'cjy', password: 'cjy-password', softwareId: '96001' };
  await gatehouse().register(
    { code: 'CHAOJIYING', name: 'Solver', baseUrl: solver.url, auth: { type: 'CHAOJIYING' } },
    account,
  );
});
afterAll(() => solver.stop());

/** Of each picture one try; the hash in the form says which it was. */
function djangoCaptcha(answers = (text: string) => text): Platform {
  read = answers;
  let [tries, session, csrf] = [0, '', ''];
  const pictures = new Map<string, string>();
  return {
    tries: () => tries,
    end: () => void (session = ''),
    handler(request, response) {
      const cookies = cookiesOf(request);
      const [, hash] = /^\/captcha\/image\/(\w+)\/$/.exec(request.url) ?? [];
      if (hash) {
        response.writeHead(200, { 'content-type': 'image/png' }).end(pictureOf(pictures.get(hash)!));
        return;
      }
      if (request.url === '/accounts/login/' && request.method === 'GET') {
        const [id, text] = [randomUUID().replaceAll('-', ''), randomUUID().slice(0, 4).toUpperCase()];
        pictures.set(id, text);
        csrf = randomUUID();
        return sendHtml(
          response,
          `<form><input type="hidden" name="csrfmiddlewaretoken" value="${csrf}">
           <img src="/logo.png"><img src="/captcha/image/${id}/" alt="captcha" class="captcha">
           <input type="hidden" name="captcha_0" value="${id}"><input name="captcha_1"></form>`,
          { 'set-cookie': `csrftoken=${csrf}; Path=/` },
        );
      }
      if (request.url === '/accounts/login/') {
        const form = formOf(request);
        const isOurs = form['csrfmiddlewaretoken'] === csrf && cookies['csrftoken'] === csrf;
        const text = pictures.get(form['captcha_0'] ?? '');
        pictures.delete(form['captcha_0'] ?? '');
        if (!isOurs) return void response.writeHead(403).end();
        if (!text || form['captcha_1'] !== text) {
          return sendHtml(response, '<ul class="errorlist"><li>Invalid CAPTCHA</li></ul>');
        }
        tries += 1;
        if (form['username'] !== 'ops' || form['password'] !== 'open-sesame') {
          return sendHtml(
            response,
            '<ul class="errorlist nonfield"><li>Please enter a correct username</li></ul>',
          );
        }
        session = randomUUID();
        return redirect(response, '/', [`sessionid=${session}; Path=/`]);
      }
      const isIn = session !== '' && cookies['sessionid'] === session;
      return isIn ? sendJson(response, [{ id: 7 }]) : redirect(response, '/accounts/login/?next=/');
    },
  };
}

holds({
  page: 'captcha',
  code: 'DJANGO_CAPTCHA',
  shell: true,
  platform: djangoCaptcha,
  data: [{ id: 7 }],
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: DJANGO_CAPTCHA refused the credentials.',
  mistakes: {
    'the captcha is answered wrongly': {
      platform: () => djangoCaptcha(() => 'WRONG'),
      says: 'CAPTCHA_FAILED: DJANGO_CAPTCHA did not accept the captcha.',
    },
    'there is no such solver': {
      definition: { '/auth/login/captcha/solvers': ['SOLVER'] },
      says: 'CONFIGURATION_ERROR: The captcha solver SOLVER is not registered.',
    },
    'the picture is on another host': {
      definition: { '/auth/login/captcha/url': 'https://cdn.example.com/captcha.png' },
      says: 'PLATFORM_UNAVAILABLE: DJANGO_CAPTCHA could not be logged in to: the address of its captcha is not on its own site.',
    },
  },
});

/** Everything is 200; the picture is in JSON, its answer a sum. */
function ruoyi(): Platform {
  let [tries, token] = [0, ''];
  const sums = new Map<string, string>();
  read = (text) => {
    const [a, b] = text.split('plus');
    return String(Number(a) + Number(b));
  };
  return {
    tries: () => tries,
    end: () => void (token = ''),
    handler(request, response) {
      const [path, query] = request.url.split('?');
      if (path === '/prod-api/captchaImage') {
        const uuid = randomUUID();
        sums.set(uuid, String(sums.size + 9));
        const img = pictureOf(`${sums.size - 1}plus9`).toString('base64');
        return sendJson(response, { code: 200, msg: '操作成功', captchaEnabled: true, img, uuid });
      }
      if (path === '/prod-api/login') {
        const { username, password, code, uuid = '' } = jsonOf(request);
        const sum = sums.get(uuid);
        sums.delete(uuid);
        if (!sum) return sendJson(response, { code: 500, msg: '验证码已失效' });
        if (code !== sum) return sendJson(response, { code: 500, msg: '验证码错误' });
        tries += 1;
        if (username !== 'ops' || password !== 'open-sesame') {
          return sendJson(response, { code: 500, msg: '用户不存在/密码错误' });
        }
        token = `eyJ-${randomUUID()}`;
        return sendJson(response, { code: 200, msg: '操作成功', token });
      }
      if (token === '' || request.headers.authorization !== `Bearer ${token}`) {
        return sendJson(response, {
          code: 401,
          msg: '请求访问：/system/user/list，认证失败，无法访问系统资源',
        });
      }
      const rows = [{ userId: 1, userName: 'admin' }];
      return query === 'pageNum=1&pageSize=10'
        ? sendJson(response, { code: 200, msg: '查询成功', total: 1, rows })
        : sendJson(response, { code: 500, msg: query });
    },
  };
}

holds({
  page: 'captcha',
  code: 'RUOYI',
  platform: ruoyi,
  data: [{ userId: 1, userName: 'admin' }],
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: RUOYI refused the credentials.',
});

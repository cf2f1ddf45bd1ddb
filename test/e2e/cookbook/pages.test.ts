/** Styles of the cookbook whose platform has pages and no API: tables as JSON. */
import { randomUUID } from 'node:crypto';
import iconv from 'iconv-lite';
import { expect, it } from 'vitest';
import { recipeOf } from './recipe.ts';
import { cookbook, message } from './styles.ts';
import type { Platform } from './styles.ts';
import { cookiesOf, formOf, redirect } from './wire.ts';

const { cook, gatehouse, holds, peer } = cookbook();

type Response = Parameters<Platform['handler']>[1];

const ROW = `<tr class="row"><td>A1001</td><td>电缆</td><td><a href="/order.aspx?id=7">查看</a></td></tr>`;
const HEAD = '编号</th><th>名称';

/** GBK, unlabelled; a form wants the state of its own page, once. */
function oldAdmin(rows = ROW, head = HEAD): Platform {
  let [tries, session, state, closed] = [0, '', '', false];
  const send = (response: Response, text: string) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end(iconv.encode(text, 'gbk'));
  return {
    tries: () => tries,
    end: () => void (session = ''),
    handler(request, response) {
      if (request.url === '/login.aspx' && request.method === 'POST') {
        tries += 1;
        const isRight = request.body.toString() === 'user=%D5%C5%CE%B0&pwd=open-sesame';
        if (!isRight) return send(response, '<p>用户名或密码错误</p>');
        session = randomUUID();
        return redirect(response, '/main.aspx', [`ASP.NET_SessionId=${session}; Path=/`]);
      }
      if (request.url === '/main.aspx') return send(response, '欢迎');
      if (session === '' || cookiesOf(request)['ASP.NET_SessionId'] !== session) {
        return redirect(response, '/login.aspx?ReturnUrl=%2f');
      }
      if (request.url === '/orders.aspx?state=open') {
        return send(
          response,
          `<table id="orders"><tr><th>${head}</th></tr>${rows}</table><table><tr class="row"></tr></table>`,
        );
      }
      if (request.url !== '/order.aspx?id=7') return void response.writeHead(404).end();
      if (request.method === 'GET') {
        state = randomUUID();
        return send(response, `<input type="hidden" id="__VIEWSTATE" name="__VIEWSTATE" value="${state}">`);
      }
      const form = formOf(request);
      if (form['__VIEWSTATE'] !== state || form['action'] !== 'close')
        return void response.writeHead(500).end();
      [state, closed] = ['', !closed];
      return send(response, `<p id="message">${closed ? '操作成功' : '工单已关闭'}</p>`);
    },
  };
}

holds({
  page: 'html-table',
  code: 'OLD_ADMIN',
  platform: oldAdmin,
  data: [{ number: 'A1001', title: '电缆', link: '/order.aspx?id=7' }],
  wrong: { password: 'wrong-password' },
  refusal: 'AUTHENTICATION_FAILED: OLD_ADMIN refused the credentials.',
  mistakes: {
    'a row lacks a cell': {
      platform: () => oldAdmin('<tr class="row"><td>A1001</td></tr>'),
      says: 'PLATFORM_API_ERROR: An element of the answer has no title (operations.orders.extract.fields.title).',
    },
    'the page is another one': {
      platform: () => oldAdmin('', '系统维护中'),
      says: 'PLATFORM_API_ERROR: OLD_ADMIN did not accept orders (it answered 200).',
    },
    'the selector is none': {
      definition: { '/operations/orders/extract/each': '#orders tr[' },
      says: 'operations.orders.extract.each: is not a valid CSS selector',
    },
  },
});

it('OLD_ADMIN closes an order with the state of its page', async () => {
  peer().answer(oldAdmin().handler);
  const recipe = recipeOf('html-table', 'OLD_ADMIN');
  const { code } = await cook(recipe, {});
  const first = await gatehouse().call(code, 'closeOrder', { id: '7' });
  expect([message(first), first.at('data')]).toEqual(['200', { message: '操作成功' }]);
  expect(message(await gatehouse().call(code, 'closeOrder', { id: '7' }))).toBe(
    'PLATFORM_API_ERROR: OLD_ADMIN did not accept closeOrder (it answered 200).',
  );
});

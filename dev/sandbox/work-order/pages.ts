/** Pages as such platforms serve them: GBK bytes, an `alert()` for an error, status 200 whatever happened. */
import iconv from 'iconv-lite';
import type { Reply } from '../peer.ts';

function page(html: string, reply: Partial<Reply> = {}): Reply {
  return {
    status: 200,
    ...reply,
    // No charset in the header: only the page's own meta tag tells, as is usual there.
    headers: { 'content-type': 'text/html', ...reply.headers },
    body: iconv.encode(html, 'gbk'),
  };
}

const HEAD = '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">';

export function loginPage(csrf: string, notice = ''): Reply {
  return page(`<!DOCTYPE html>
<html><head>${HEAD}<title>市中心工单系统 - 用户登录</title></head>
<body>${notice === '' ? '' : `\n<p class="notice">${notice}</p>`}
<form name="login" method="post" action="/user_login.php">
<input type="hidden" name="csrf" value="${csrf}">
<p>单位编号 <input type="text" name="user_no"></p>
<p>用户名 <input type="text" name="username"></p>
<p>密码 <input type="password" name="password"></p>
<p>验证码 <input type="text" name="captcha" maxlength="4">
<img src="/baseclass/include/img.php" onclick="this.src='/baseclass/include/img.php?t='+Math.random()"></p>
<p><input type="submit" value="登录"></p>
</form>
</body></html>
`);
}

export function alertBack(message: string): Reply {
  return page(
    `<html><head>${HEAD}</head><body><script>alert('${message}');history.back();</script></body></html>`,
  );
}

export function mainPage(userName: string): Reply {
  return page(`<!DOCTYPE html>
<html><head>${HEAD}<title>市中心工单系统</title></head>
<body><h1>工单列表</h1><p>欢迎您，${userName}！</p></body></html>
`);
}

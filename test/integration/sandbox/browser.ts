/** A person with a browser, by hand: remembers cookies the naive way and reads GBK. */
import iconv from 'iconv-lite';
import type { WorkOrderPlatform } from '../../../dev/sandbox/work-order/platform.ts';

export interface Browser {
  cookies: Map<string, { value: string; path: string }>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Page text, decoded as the page's own meta tag asks. */
  text(path: string): Promise<string>;
  submit(fields: Record<string, string>): Promise<{ status: number; location: string | null; text: string }>;
  /** Captcha, form, and in. */
  logIn(): Promise<void>;
}

export function openBrowser(platform: WorkOrderPlatform): Browser {
  const cookies: Browser['cookies'] = new Map();

  async function go(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const mine = [...cookies].filter(([, cookie]) => path.startsWith(cookie.path));
    headers.set('cookie', mine.map(([name, { value }]) => `${name}=${value}`).join('; '));
    const response = await fetch(platform.baseUrl + path, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      if (/domain=/i.test(line)) continue;
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, { value, path: /path=([^;]*)/i.exec(line)?.[1] ?? '/' });
    }
    return response;
  }

  const gbk = async (response: Response) => iconv.decode(Buffer.from(await response.arrayBuffer()), 'gbk');

  async function submit(fields: Record<string, string>) {
    const response = await go('/user_login.php', { method: 'POST', body: new URLSearchParams(fields) });
    return {
      status: response.status,
      location: response.headers.get('location'),
      text: await gbk(response),
    };
  }

  return {
    cookies,
    fetch: go,
    text: async (path) => gbk(await go(path)),
    submit,
    async logIn() {
      const image = Buffer.from(await (await go('/baseclass/include/img.php')).arrayBuffer());
      const { userNo, username, password } = platform.credentials;
      const captcha = platform.captchaText(image) ?? '';
      const answer = await submit({ user_no: userNo, username, password, captcha });
      if (answer.status !== 302) throw new Error(`Not let in: ${answer.text}`);
    },
  };
}

/** Logging in: the page, the captcha, the form. */
import { json } from '../peer.ts';
import type { PeerRequest, Reply } from '../peer.ts';
import type { Captchas } from './captcha.ts';
import { alertBack, loginPage } from './pages.ts';
import { readForm } from './form.ts';
import type { Counters, Switches } from './switches.ts';
import type { Visit, Visits } from './visits.ts';

export interface WorkOrderCredentials {
  userNo: string;
  username: string;
  password: string;
}

/** Wrong passwords in a row until the account is locked. */
const LOCK_AFTER = 5;

export interface LoginPages {
  /** `undefined`: the request is for another part of the platform. */
  answer(request: PeerRequest): Reply | undefined;
  accountLocked(): boolean;
  reset(): void;
}

export interface LoginPagesDeps {
  credentials: WorkOrderCredentials;
  captchas: Captchas;
  visits: Visits;
  switches: Switches;
  counters: Counters;
}

export function createLoginPages({
  credentials,
  captchas,
  visits,
  switches,
  counters,
}: LoginPagesDeps): LoginPages {
  let wrongPasswords = 0;

  const visitCookie = ({ id, began }: { id: string; began: boolean }): Record<string, string> =>
    began ? { 'set-cookie': `PHPSESSID=${id}; Path=/; HttpOnly` } : {};

  function showPage({ cookies }: PeerRequest): Reply {
    const found = visits.visit(cookies.get('PHPSESSID'));
    const page = loginPage(found.visit.csrf);
    return { ...page, headers: { ...page.headers, ...visitCookie(found) } };
  }

  function showCaptcha({ cookies }: PeerRequest): Reply {
    const found = visits.visit(cookies.get('PHPSESSID'));
    const { text, image } = captchas.draw();
    found.visit.captcha = text;
    counters.captchas += 1;
    return {
      status: 200,
      headers: { 'content-type': 'image/png', 'cache-control': 'no-store', ...visitCookie(found) },
      body: image,
    };
  }

  function refuse(message: string): Reply {
    counters.loginFailures += 1;
    return alertBack(message);
  }

  function isCaptchaRight(visit: Visit, typed: string | undefined): boolean {
    const { captcha } = visit;
    // One try per picture, right or wrong.
    visit.captcha = undefined;
    if (switches.wrongCaptchaNext > 0) {
      switches.wrongCaptchaNext -= 1;
      return false;
    }
    return captcha !== undefined && typed?.trim().toUpperCase() === captcha;
  }

  function areCredentialsRight(form: Map<string, string>): boolean {
    return (
      !switches.refuseCredentials &&
      form.get('user_no') === credentials.userNo &&
      form.get('username') === credentials.username &&
      form.get('password') === credentials.password
    );
  }

  function submit({ cookies, headers, body }: PeerRequest): Reply {
    if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
      return json({ code: 415, message: '请求格式错误' }, 415);
    }
    const form = readForm(body);
    const { id, visit } = visits.visit(cookies.get('PHPSESSID'));
    const csrf = form.get('csrf');
    if (csrf !== undefined && csrf !== visit.csrf) return refuse('非法请求');
    if (!isCaptchaRight(visit, form.get('captcha'))) {
      counters.wrongCaptchas += 1;
      return refuse('验证码错误');
    }
    if (wrongPasswords >= LOCK_AFTER) return refuse('密码错误次数过多，账号已锁定');
    if (!areCredentialsRight(form)) {
      wrongPasswords += 1;
      return refuse('用户名或密码错误');
    }
    wrongPasswords = 0;
    return enter(id);
  }

  function enter(visitId: string): Reply {
    const { id, session } = visits.logIn(visitId);
    counters.logins += 1;
    return {
      status: 302,
      headers: {
        location: 'main.php',
        'set-cookie': [
          `PHPSESSID=${id}; Path=/; HttpOnly`,
          `csrftoken=${session.csrfToken}; Path=/; Expires=${new Date(Date.now() + 7 * 86_400_000).toUTCString()}`,
          `api_token=${session.apiToken}; Path=/api; HttpOnly`,
          // Of another domain: a jar that keeps it shows up in `strayCookies`.
          'tracker=1; Domain=ads.example.com; Path=/',
        ],
      },
    };
  }

  return {
    answer(request) {
      const { method, path } = request;
      if (method === 'POST') return path === '/user_login.php' ? submit(request) : undefined;
      if (path === '/login' || path === '/user_login.php') return showPage(request);
      return path === '/baseclass/include/img.php' ? showCaptcha(request) : undefined;
    },
    accountLocked: () => wrongPasswords >= LOCK_AFTER,
    reset: () => void (wrongPasswords = 0),
  };
}

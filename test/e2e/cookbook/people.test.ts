/** Styles of the cookbook that need a person: a code by SMS, a session from a browser. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sendJson } from '../../peer.ts';
import { recipeOf } from './recipe.ts';
import { typed } from './shell.ts';
import { cookbook, expectQuoted, message } from './styles.ts';
import type { Platform } from './styles.ts';
import { cookiesOf, jsonOf } from './wire.ts';

const { cook, gatehouse, peer } = cookbook();

/** Sends a code to the phone when it is asked to; takes each once. */
function invoices(): Platform & { phone: string[] } {
  let [tries, token] = [0, ''];
  const phone: string[] = [];
  return {
    phone,
    tries: () => tries,
    end: () => void (token = ''),
    handler(request, response) {
      if (request.url === '/api/sms') {
        if (jsonOf(request)['phone'] !== '13800138000') return sendJson(response, { sent: false });
        phone.push(String(735_201 + phone.length));
        return sendJson(response, { sent: true });
      }
      if (request.url === '/api/login') {
        tries += 1;
        const { password, code } = jsonOf(request);
        const isRight = password === 'open-sesame' && code === phone.at(-1);
        if (!isRight) return sendJson(response, { error: 'wrong password or code' }, 401);
        token = randomUUID();
        return sendJson(response, { token });
      }
      const isIn = token !== '' && request.headers.authorization === `Bearer ${token}`;
      return sendJson(response, isIn ? [{ id: 7 }] : {}, isIn ? 200 : 401);
    },
  };
}

describe('the style SMS_SITE', () => {
  const recipe = recipeOf('sms-code', 'SMS_SITE');

  /** Types what the phone shows, as soon as the login asks. */
  async function type(code: string, text: () => string): Promise<void> {
    const open = async () =>
      (await gatehouse().ask('GET', '/v1/admin/captchas'))
        .at<{ id: string; service: string; prompt: string }[]>('items')
        .find(({ service }) => service === code);
    await expect.poll(open, { timeout: 10_000 }).toMatchObject({ prompt: '短信验证码 138****8000' });
    const { id } = (await open())!;
    await gatehouse().ask('POST', `/v1/admin/captchas/${id}`, { body: { text: text() } });
  }

  it('asks a person once per login, and serves everybody by the answer', async () => {
    const platform = invoices();
    peer().answer(platform.handler);
    const { code, call } = await cook(recipe);
    for (const logins of [1, 2]) {
      const waiting = message(await call());
      expect(waiting).toBe('LOGIN_IN_PROGRESS: A login is in progress; try again shortly.');
      expectQuoted(recipe, waiting);
      await type(code, () => platform.phone.at(-1)!);
      await expect.poll(async () => message(await call()), { timeout: 10_000 }).toBe('200');
      expect((await call()).at('data')).toEqual([{ id: 7 }]);
      expect([platform.tries(), platform.phone.length]).toEqual([logins, logins]);
      platform.end!();
    }
  });

  it('shows that a wrong code was refused, and asks anew', async () => {
    const platform = invoices();
    peer().answer(platform.handler);
    const { code, call } = await cook(recipe, {});
    await call();
    await type(code, () => '000000');
    const session = () => gatehouse().ask('GET', `/v1/admin/services/${code}/session`);
    const lastFailure = async () => (await session()).at<{ code: string } | undefined>('lastFailure')?.code;
    await expect.poll(lastFailure, { timeout: 10_000 }).toBe('AUTHENTICATION_FAILED');
    expect(platform.tries()).toBe(1);
    expect((await session()).at('lockout.refusals')).toBe(1);
  });
});

describe('the style SSO_SITE', () => {
  const recipe = recipeOf('imported-session', 'SSO_SITE');
  const cookies = recipe.credentials as unknown as { name: string; value: string; domain: string }[];
  const definition = () => ({ ...recipe.definition, baseUrl: peer().url });
  const site = () => ({ url: gatehouse().url, key: gatehouse().stack.adminKey });
  /** As a browser has them of the peer. */
  const ofPeer = (sid = cookies[0]!.value) =>
    cookies.map((cookie) => ({
      ...cookie,
      domain: '127.0.0.1',
      value: cookie.name === 'sid' ? sid : cookie.value,
    }));

  it('serves on the session of a browser, says when it has ended, and goes on with the next', async () => {
    let sid = cookies[0]!.value;
    peer().answer((request, response) => {
      const { sid: sent, theme } = cookiesOf(request);
      const isIn = sent === sid && theme === 'dark';
      return sendJson(response, isIn ? [{ id: 7 }] : {}, isIn ? 200 : 401);
    });
    const out = await typed(definition(), { ...recipe, credentials: ofPeer() }, site());
    expect(out).toContain(JSON.stringify([{ id: 7 }], null, 2));

    const call = () => gatehouse().call('SSO_SITE', recipe.operation);
    sid = 'the-next-browser-session-01';
    const needed = message(await call());
    expectQuoted(recipe, needed);
    const before = peer().seen.length;
    expect(message(await call())).toBe(needed);
    expect(peer().seen.length, 'nothing is tried with a session that has ended').toBe(before);
    await typed(definition(), { ...recipe, credentials: ofPeer(sid) }, site());
    expect(message(await call())).toBe('200');
  });

  it('says that cookies are of another site', async () => {
    const says = 'sso.cookies.json: holds no cookies for portal.example.com.';
    const told = says.replace('portal.example.com', '127.0.0.1');
    await expect(typed(definition(), recipe, site())).rejects.toThrow(told);
    expectQuoted(recipe, says);
  });
});

/** Styles of the cookbook with six digits of an authenticator app. */
import { createHmac, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sendJson } from '../../peer.ts';
import { recipeOf } from './recipe.ts';
import { cookbook, expectQuoted, message } from './styles.ts';
import type { Platform } from './styles.ts';
import { cookiesOf, formOf, jsonOf, redirect, sendHtml } from './wire.ts';

const { cook, gatehouse, peer } = cookbook();

/** JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP in base32. */
const SECRET = Buffer.from('48656c6c6f21deadbeef48656c6c6f21deadbeef', 'hex');
const WINDOW_MS = 30_000;

/** RFC 6238, by hand. */
function codeAt(ms: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(ms / WINDOW_MS)));
  const hash = createHmac('sha1', SECRET).update(counter).digest();
  return String((hash.readUInt32BE(hash.at(-1)! & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Takes the code of this window or the one before, each once. */
function codes() {
  const used = new Set<string>();
  return (code = '') => {
    const now = Date.now();
    const isRight = [codeAt(now), codeAt(now - WINDOW_MS)].includes(code) && !used.has(code);
    used.add(code);
    return isRight;
  };
}

/** Password and code in one form. */
function oneForm(): Platform {
  let [tries, session] = [0, ''];
  const takes = codes();
  return {
    tries: () => tries,
    handler(request, response) {
      if (request.url === '/api/login') {
        tries += 1;
        const { username, password, otp } = jsonOf(request);
        const isRight = username === 'ops' && password === 'open-sesame' && takes(otp);
        if (!isRight) return sendJson(response, { error: 'wrong name, password or code' }, 401);
        session = randomUUID();
        response.setHeader('set-cookie', `sid=${session}; Path=/`);
        return sendJson(response, {});
      }
      const isIn = session !== '' && cookiesOf(request)['sid'] === session;
      return sendJson(response, isIn ? [{ id: 1 }] : {}, isIn ? 200 : 401);
    },
  };
}

/** The code on a page of its own. */
function twoPages(): Platform {
  let [tries, half, whole] = [0, '', ''];
  const takes = codes();
  return {
    tries: () => tries,
    handler(request, response) {
      const sid = cookiesOf(request)['sid'] ?? '';
      if (request.url === '/login' && request.method === 'POST') {
        tries += 1;
        const { user, password } = formOf(request);
        if (user !== 'ops' || password !== 'open-sesame') return sendHtml(response, 'Wrong password');
        half = randomUUID();
        return redirect(response, '/two-factor', [`sid=${half}; Path=/`]);
      }
      if (request.url === '/two-factor' && sid !== '' && sid === half) {
        if (request.method === 'GET') return sendHtml(response, '<form><input name="code"></form>');
        if (!takes(formOf(request)['code'])) return sendHtml(response, 'Wrong code');
        whole = randomUUID();
        return redirect(response, '/home', [`sid=${whole}; Path=/`]);
      }
      const isIn = whole !== '' && sid === whole;
      return isIn ? sendJson(response, [{ id: 1 }]) : redirect(response, '/login');
    },
  };
}

// A code is not sent twice: what logs in a second time waits for the next window, which no test does.
describe.each([
  ['TOTP_SITE', oneForm],
  ['TOTP_STEPS', twoPages],
])('%s', (code, start) => {
  const recipe = recipeOf('totp', code);

  it('gives what the page says for one login', async () => {
    const platform = start();
    peer().answer(platform.handler);
    const { call } = await cook(recipe);
    for (const answer of await Promise.all([call(), call(), call()])) {
      expect([message(answer), answer.at('data')]).toEqual(['200', [{ id: 1 }]]);
    }
    expect(platform.tries()).toBe(1);
  });

  it.each([
    ['a wrong password', { password: 'wrong-password' }],
    ["another account's secret", { totpSecret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' }],
  ])('says that %s is refused', async (_name, wrong) => {
    peer().answer(start().handler);
    const tried = await cook(recipe, { credentials: { ...recipe.credentials, ...wrong } });
    const refusal = `AUTHENTICATION_FAILED: ${code} refused the credentials.`;
    expect(message(await tried.call())).toBe(refusal);
    expectQuoted(recipe, refusal);
    const session = await gatehouse().ask('GET', `/v1/admin/services/${tried.code}/session`);
    expect(session.at('lockout.refusals')).toBe(1);
  });
});

it('says that six digits are no secret', async () => {
  const recipe = recipeOf('totp', 'TOTP_SITE');
  const { call } = await cook(recipe, { credentials: { ...recipe.credentials, totpSecret: '492039' } });
  const says = 'credentials.totpSecret: totp needs a secret in base32';
  expect(message(await call())).toBe(says);
  expectQuoted(recipe, says);
});

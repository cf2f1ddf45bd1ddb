/** The cookbook's style of several accounts: each with a session of its own. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../gatehouse.ts';
import { sendJson } from '../../peer.ts';
import { recipeOf } from './recipe.ts';
import { cookbook, expectQuoted, message } from './styles.ts';
import type { Platform } from './styles.ts';
import { cookiesOf, formOf, redirect, sendHtml } from './wire.ts';

const { cook, gatehouse, peer } = cookbook();
const recipe = recipeOf('several-accounts', 'DISPATCH');

/** One session per account; says whose it is. */
function dispatch(): Platform {
  let tries = 0;
  const sessions = new Map<string, string>();
  return {
    tries: () => tries,
    end: () => sessions.clear(),
    handler(request, response) {
      if (request.url === '/login' && request.method === 'POST') {
        tries += 1;
        const { user = '', password } = formOf(request);
        const [, name] = /^ops-(north|south)$/.exec(user) ?? [];
        if (!name || password !== `open-${name}`) return sendHtml(response, '密码错误');
        const sid = randomUUID();
        sessions.set(sid, name);
        return redirect(response, '/home', [`sid=${sid}; Path=/`]);
      }
      if (request.url === '/home') return sendHtml(response, 'home');
      const name = sessions.get(cookiesOf(request)['sid'] ?? '');
      return name ? sendJson(response, { of: name }) : redirect(response, '/login');
    },
  };
}

function start(): Platform {
  const platform = dispatch();
  peer().answer(platform.handler);
  return platform;
}

const four = async (call: () => Promise<Answer>) => {
  const answers = [await call(), await call(), await call(), await call()];
  return answers.map((answer) => answer.at<string>('data.of')).toSorted();
};

describe('DISPATCH', () => {
  it('takes its accounts in turn, with one login each, and one more each when sessions have ended', async () => {
    const platform = start();
    const { call } = await cook(recipe);
    expect(await four(call)).toEqual(['north', 'north', 'south', 'south']);
    expect(platform.tries()).toBe(2);
    platform.end!();
    expect(await four(call)).toEqual(['north', 'north', 'south', 'south']);
    expect(platform.tries()).toBe(4);
    const pinned = await gatehouse().call(
      'DISPATCH',
      'jobs',
      {},
      { headers: { 'x-gatehouse-account': 'north' } },
    );
    expect([pinned.at('data.of'), pinned.headers.get('x-gatehouse-account')]).toEqual(['north', 'north']);
  });

  it('serves everybody by the account whose password is right', async () => {
    start();
    const accounts = structuredClone(recipe.credentials['accounts']) as Record<
      string,
      Record<string, string>
    >;
    accounts['south']!['password'] = 'wrong';
    const { call } = await cook(recipe, { credentials: { accounts } });
    expect(await four(call)).toEqual(['north', 'north', 'north', 'north']);
  });

  it('says what is wrong', async () => {
    start();
    const tell = async (accounts: object, account?: string) => {
      const { code } = await cook(recipe, { credentials: { accounts } });
      const headers: Record<string, string> = account ? { 'x-gatehouse-account': account } : {};
      const told = message(await gatehouse().call(code, 'jobs', {}, { headers }));
      expectQuoted(recipe, told);
      return told;
    };
    const [north, south] = ['north', 'south'].map((name) => ({ username: `ops-${name}`, password: 'wrong' }));
    expect(await tell({ north, south })).toBe('AUTHENTICATION_FAILED: DISPATCH refused the credentials.');
    expect(await tell({ north, south }, 'west')).toBe('X-Gatehouse-Account: is no account of DISPATCH');
    expect(await tell({ north: { username: 'ops-north' } })).toBe('credentials.password: is not set');
  });
});

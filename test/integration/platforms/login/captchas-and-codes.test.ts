/** Where a captcha is, by its page; and one-time codes, each sent once. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../../../lib/runtime/clock.ts';
import { openStage, picture, solved, workOrder } from './stage.ts';
import type { Stage } from './stage.ts';
import { PNG } from './third-party.ts';
import type { Asked, Said } from './third-party.ts';

let stage: Stage;
beforeAll(async () => void (stage = await openStage()));
afterAll(() => stage.close());

const html = (body: string): Said => ({ headers: { 'content-type': 'text/html' }, body });
const into: Said = { status: 302, headers: { location: '/main' } };
const ACCOUNT = { user: 'ops', seed: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' };

async function login(
  script: (asked: Asked) => Said,
  {
    captcha,
    ...changes
  }: {
    captcha?: object | undefined;
    page?: { path: string; extract: Record<string, unknown> };
    submit?: { path: string; fields: Record<string, string> };
  },
) {
  const solver = await stage.startSolver(() => solved('1234'));
  const party = await stage.start(script);
  const definition = workOrder(party.url, [solver.code], {
    submit: { path: '/login', fields: { captcha: '{{captcha.text}}' } },
    success: { status: 302 },
    captcha: captcha && { ...captcha, solvers: [solver.code] },
    ...changes,
  });
  return { party, service: stage.register(definition, ACCOUNT), solver };
}

describe('a captcha whose address is in the page', () => {
  const page = { path: '/auth/login', extract: { src: { selector: 'img.captcha', attribute: 'src' } } };

  it.each([
    ['../image/17/', '/image/17/'],
    ['/image/17/?a=1&amp;b=2#x', '/image/17/'],
    ['17.png', '/auth/17.png'],
  ])('%s is fetched from %s', async (src, path) => {
    const { party, service } = await login(
      (asked) => {
        if (asked.path === '/auth/login') return html(`<img class=captcha src="${src}">`);
        return asked.path === path ? picture(asked) : into;
      },
      { page, captcha: { url: '{{page.src}}' } },
    );
    const { result } = await stage.run(service);
    expect(result?.loginInfo.attempts).toBe(1);
    expect(party.of(path)).toHaveLength(1);
    expect(party.of(path)[0]!.headers['referer']).toBe(`${party.url}/auth/login`);
  });

  it('may be in the page itself', async () => {
    const { service, solver } = await login(
      ({ path }) =>
        path === '/captchaImage'
          ? {
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ img: PNG.toString('base64') }),
            }
          : into,
      {
        page: { path: '/captchaImage', extract: { img: { pointer: '/img' } } },
        captcha: { url: 'data:image/png;base64,{{page.img}}' },
      },
    );
    const { result } = await stage.run(service);
    expect(result?.loginInfo.attempts).toBe(1);
    expect(solver.party.asked[0]!.body.includes(PNG)).toBe(true);
  });

  it.each([
    'https://elsewhere.example/c.png',
    '//elsewhere.example/c.png',
    'data:text/html;base64,PGI+',
    'javascript:x',
  ])('is not fetched from %s', async (src) => {
    const { service, party } = await login(
      ({ path }) => (path === '/auth/login' ? html(`<img class=captcha src="${src}">`) : into),
      { page, captcha: { url: '{{page.src}}' } },
    );
    const { error } = await stage.run(service);
    expect(error).toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      message: expect.stringContaining('captcha'),
    });
    expect(party.of('/login')).toHaveLength(0);
  });
});

describe('a one-time code', () => {
  /** RFC 6238, by hand: the platform takes no code twice. */
  const codeAt = (seconds: number) => {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(seconds / 30)));
    const hash = createHmac('sha1', '12345678901234567890').update(counter).digest();
    return String((hash.readUInt32BE(hash.at(-1)! & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
  };
  const fields = { code: '{{credentials.seed | totp}}' };

  function clockAt(ms: number) {
    const clock = { at: ms, slept: 0 };
    const own: Clock = {
      now: () => clock.at,
      sleep: async (wait) => {
        // Waiting for what follows a login is not what is tested.
        if (wait > 2_000) clock.slept += wait;
        clock.at += wait;
      },
    };
    return { clock, own };
  }

  it('is never sent twice: the next login waits for the next window', async () => {
    const codes: string[] = [];
    const { service } = await login(
      ({ path, body }) => {
        if (path === '/login') codes.push(new URLSearchParams(body.toString()).get('code')!);
        return into;
      },
      { captcha: undefined, submit: { path: '/login', fields } },
    );
    const { clock, own } = clockAt(1_800_000_010_000);
    for (let n = 0; n < 3; n += 1) {
      const before = clock.at;
      const { error } = await stage.run(service, { clock: own, seconds: 600 });
      expect(error).toBeUndefined();
      expect(codes.at(-1)).toBe(codeAt((n === 0 ? before : clock.at) / 1_000));
    }
    expect(new Set(codes).size).toBe(3);
    expect(clock.slept).toBeGreaterThan(30_000);
  });

  it('for which there is no time to wait is not sent at all', async () => {
    const { service, party } = await login(() => into, {
      captcha: undefined,
      submit: { path: '/login', fields },
    });
    const { own } = clockAt(1_800_000_010_000);
    expect((await stage.run(service, { clock: own, seconds: 15 })).error).toBeUndefined();
    const { error } = await stage.run(service, { clock: own, seconds: 15 });
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(error?.internal?.['unclear']).toBeUndefined();
    expect(party.of('/login')).toHaveLength(1);
  });
});

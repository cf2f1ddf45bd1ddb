/** H1: a platform whose pages are made to hold us up. Beside its login, the process goes on with everything else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, openStage, workOrder } from './stage.ts';
import type { Stage } from './stage.ts';
import type { Said } from './third-party.ts';

let stage: Stage;
beforeAll(async () => void (stage = await openStage()));
afterAll(() => stage.close());

/** Far above what any of these takes, far below what they took. */
const LONGEST_STALL_MS = 2_000;

/** Runs `work`, and answers the longest time that nothing else in this process could run. */
async function longestStall(work: () => Promise<unknown>): Promise<number> {
  let [last, longest] = [performance.now(), 0];
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 5);
  try {
    await work();
  } finally {
    clearInterval(timer);
    look();
  }
  return longest;
}

const fill = (piece: string, characters = 1_200_000) => piece.repeat(Math.ceil(characters / piece.length));
const cookies = (value: string) =>
  Array.from({ length: 12 }, (_, nth) => `c${nth}=${encodeURIComponent(value.repeat(100))}${nth}; path=/`);
const token = { csrf: { selector: 'input[name=csrf]', attribute: 'value' } };

const PAGES: Record<string, Said> = {
  '130,000 nested elements': { body: '<i>'.repeat(130_000) },
  '1.2 MB of nested elements': { body: fill('<i>') },
  'end tags of what is not open': { body: `${'<b>'.repeat(500)}${fill('</i>')}` },
  'elements side by side': { body: fill('<i></i>') },
  'opened and never closed': { body: fill('<table><tr><td><font>') },
  'attributes without end': { body: `<a ${fill('b c d e ')}>` },
  'a value of 1 MB': { body: `<input name=csrf value="${fill('密', 1_000_000)}">` },
  'many values to learn': { headers: { 'set-cookie': cookies('密') }, body: fill('%E5%AF%86', 200_000) },
  'declarations of charsets': { body: fill('<meta charset=') },
};

describe.each(Object.entries(PAGES))('a platform that sends %s (H1)', (_name, said) => {
  it.each([
    ['as its login page', '/login'],
    ['as the answer to the form', '/user_login.php'],
  ])('%s, holds nothing else up', async (_where, path) => {
    const party = await stage.start((asked) => {
      const page = { headers: { 'content-type': 'text/html' }, body: '<input name=csrf value=abcdef>' };
      return asked.path === path ? { ...page, ...said } : page;
    });
    const recipe = {
      page: { path: '/login', extract: token },
      captcha: undefined,
      success: { status: 204 },
      failures: [
        {
          when: { text: { matches: '.{0,100}[\\x{1F600}-\\x{1F610}]' } },
          error: 'AUTHENTICATION_FAILED' as const,
        },
      ],
    };
    const definition = workOrder(party.url, [], recipe);
    const service = stage.register(
      JSON.parse(
        JSON.stringify(definition).replace('"captcha":"{{captcha.text}}"', '"csrf":"{{page.csrf}}"'),
      ) as typeof definition,
      ACCOUNT,
    );
    let outcome: Awaited<ReturnType<Stage['run']>> | undefined;
    const stall = await longestStall(async () => void (outcome = await stage.run(service)));
    expect(outcome?.error).toMatchObject({
      code: expect.stringMatching(/^(PLATFORM_UNAVAILABLE|CONFIGURATION_ERROR)$/),
    });
    expect(stall).toBeLessThan(LONGEST_STALL_MS);
  });
});

describe('a selector that looks at each pair of elements (H1)', () => {
  it.each(['i:has(~ b)', 'i:nth-last-child(3) ~ b', ':contains(zz) ~ :contains(yy)'])(
    '%s',
    async (selector) => {
      const party = await stage.start(() => ({ body: fill('<i></i><u></u>') }));
      const recipe = { page: { path: '/login', extract: { csrf: { selector } } }, captcha: undefined };
      const service = stage.register(
        workOrder(party.url, [], { ...recipe, submit: { path: '/x', fields: { a: '{{page.csrf}}' } } }),
        ACCOUNT,
      );
      let outcome: Awaited<ReturnType<Stage['run']>> | undefined;
      const stall = await longestStall(async () => void (outcome = await stage.run(service)));
      expect(outcome?.error).toMatchObject({
        code: expect.stringMatching(/^(PLATFORM_UNAVAILABLE|CONFIGURATION_ERROR)$/),
      });
      expect(stall).toBeLessThan(LONGEST_STALL_MS);
    },
  );
});

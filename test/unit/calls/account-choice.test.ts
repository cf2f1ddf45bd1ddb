import { expect, it } from 'vitest';
import type { Authenticator } from '../../../lib/auth/authenticator.ts';
import { createAccountChoice } from '../../../lib/calls/accounts/account-choice.ts';
import type { AccountTurn } from '../../../lib/calls/accounts/account-choice.ts';
import type { CallableService } from '../../../lib/calls/definition.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import type { ErrorCode } from '../../../lib/runtime/errors.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';

const service = { definition: { code: 'SVC' }, revision: 1 } as CallableService;

function scene(names: string[]) {
  let now = 1_000_000;
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const marks = new Map(names.map((name) => [name, 'mark 1']));
  const authenticator = {
    accounts: async () => ({
      list: [...marks].map(([name, mark]) => ({ name, mark })),
      secrets: ['hidden'],
    }),
    stateKey: ({ account }: { account?: string }) => `state of ${account}`,
    fitnessKeys: () => [],
  } as unknown as Authenticator;
  const choice = createAccountChoice({ authenticator, clock, random: systemRandom });
  return {
    marks,
    advance: (ms: number) => void (now += ms),
    begin: (pinned?: string, operation = 'orders') => choice.begin(service, { pinned, operation }),
  };
}
const namesOf = (turn: AccountTurn) => turn.candidates()!.map(({ account }) => account);
const failure = (code: ErrorCode, retryAfterSeconds?: number) =>
  new GatewayError(code, code, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
const decision = (account: string, unfit = false) => ({ account, unfit, probe: false, failures: 0 });

it('an account that failed for itself is not tried before it says, nor after its values changed', async () => {
  const { begin, advance, marks } = scene(['a', 'b']);
  const turn = await begin();
  turn.candidates();
  expect(turn.hasOthers(decision('a'))).toBe(true);
  expect(turn.failed(decision('a'), failure('CAPTCHA_FAILED', 30))).toBe(true);
  expect(namesOf(turn)).toEqual(['b']);
  expect(namesOf(await begin())).toEqual(['b']);
  marks.set('a', 'mark 2');
  expect(namesOf(await begin()).sort()).toEqual(['a', 'b']);
  marks.set('a', 'mark 1');
  advance(30_000);
  expect(namesOf(await begin()).sort()).toEqual(['a', 'b']);
});

it.each<[ErrorCode, boolean, boolean]>([
  ['SESSION_EXPIRED', true, false],
  ['CONFIGURATION_ERROR', true, false],
  ['PLATFORM_UNAVAILABLE', true, true],
  ['AUTHENTICATION_FAILED', false, false],
  ['LOGIN_IN_PROGRESS', false, false],
])('%s pauses its operation: %s, every other: %s', async (code, own, others) => {
  const { begin } = scene(['a', 'b']);
  const turn = await begin();
  turn.candidates();
  turn.failed(decision('a'), failure(code, 60));
  expect(namesOf(await begin()).includes('a')).toBe(!own);
  expect(namesOf(await begin(undefined, 'invoices')).includes('a')).toBe(!others);
});

it('believes no pause of more than a minute, and tries one when all are paused', async () => {
  const { begin, advance } = scene(['a', 'b']);
  const turn = await begin();
  turn.candidates();
  expect(turn.failed(decision('a'), failure('CAPTCHA_FAILED', 3_600))).toBe(true);
  turn.candidates();
  expect(turn.failed(decision('b'), failure('CAPTCHA_FAILED', 3_600))).toBe(false);
  expect(namesOf(await begin()).sort()).toEqual(['a', 'b']);
  advance(60_000);
  expect((await begin()).hasOthers(decision('a'))).toBe(true);
});

it('answers with the failure of the one that comes back soonest, a remembered one too', async () => {
  const { begin, advance } = scene(['a', 'b', 'c']);
  const first = await begin();
  first.candidates();
  first.failed(decision('a'), failure('CAPTCHA_FAILED', 30));
  advance(10_000);
  const turn = await begin();
  turn.candidates();
  expect(turn.failed(decision('b', true), failure('AUTHENTICATION_FAILED', 500))).toBe(false);
  const { account, error } = turn.soonest();
  expect([account, (error as GatewayError).code, (error as GatewayError).retryAfterSeconds]).toEqual([
    'a',
    'CAPTCHA_FAILED',
    20,
  ]);
});

it('of many looks at eight, and at the others when none of those is fit', async () => {
  const all = Array.from({ length: 20 }, (_, n) => `a${n}`);
  const turn = await scene(all).begin();
  const seen: string[] = [];
  for (let more = true; more;) {
    const names = namesOf(turn);
    expect(names.length).toBeLessThanOrEqual(8);
    seen.push(...names);
    more = turn.failed(decision(names[0]!, true), failure('QUOTA_EXCEEDED', 5));
  }
  expect(seen.sort()).toEqual(all.sort());
});

it('a pinned one is the only one; one account has no name', async () => {
  const { begin } = scene(['a', 'b']);
  const turn = await begin('b');
  expect([namesOf(turn), turn.hasOthers(decision('b')), turn.secrets]).toEqual([['b'], false, ['hidden']]);
  expect(turn.failed(decision('b'), failure('CAPTCHA_FAILED', 30))).toBe(false);
  expect(turn.soonest().account).toBe('b');
  expect(namesOf(await begin('b'))).toEqual(['b']);
  await expect(begin('c')).rejects.toMatchObject({ fields: [{ field: 'X-Gatehouse-Account' }] });

  const only = await scene([]).begin();
  expect([only.candidates(), only.failed(decision('a'), failure('CAPTCHA_FAILED'))]).toEqual([
    undefined,
    false,
  ]);
  await expect(scene([]).begin('a')).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
});

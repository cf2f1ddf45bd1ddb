import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';
import { startPlatform, uniqueCode } from './scene.ts';
import type { Platform } from './scene.ts';

interface Tally {
  ok: number;
  failed: number;
  why: string;
  redisCalls: number;
}

const PROCESSES = 8;
const CALLERS = 125;

let stores: TestStores;
let platform: Platform;
let fleet: ChildProcess[] = [];

beforeAll(async () => {
  [stores, platform] = await Promise.all([openStores(), startPlatform()]);
  platform.loginMs = 400;
  const argument = JSON.stringify({ ...stores.config.redis, code: uniqueCode(), platform: platform.url });
  const file = fileURLToPath(new URL('fleet-process.ts', import.meta.url));
  fleet = Array.from({ length: PROCESSES }, () => fork(file, [argument], { execArgv: [] }));
  await Promise.all(fleet.map((child) => once(child, 'message')));
});
afterAll(async () => {
  for (const child of fleet) child.disconnect();
  await Promise.all([platform.close(), stores.close()]);
});

async function everybodyCalls(): Promise<Tally[]> {
  const answers = fleet.map(async (child) => {
    const answer = once(child, 'message');
    child.send({ callers: CALLERS });
    return ((await answer) as [Tally])[0];
  });
  return Promise.all(answers);
}

it('S2: 1,000 callers in 8 processes meet no session, then an expired one: each time one captcha, one login, no caller fails', async () => {
  for (const logins of [1, 2, 3]) {
    const tallies = await everybodyCalls();
    expect(tallies.map(({ failed, why }) => [failed, why])).toEqual(tallies.map(() => [0, '']));
    expect(tallies.reduce((sum, { ok }) => sum + ok, 0)).toBe(PROCESSES * CALLERS);
    expect([platform.captchas, platform.logins]).toEqual([logins, logins]);
    platform.expire();
  }
});

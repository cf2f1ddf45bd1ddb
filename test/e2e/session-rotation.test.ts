/** Rotating the credentials of a platform while it is called: the sandbox's work orders, with captcha and session. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';

const CODE = 'CITY_CENTER_WORK_ORDER';
const ADMIN = `/v1/admin/services/${CODE}`;
/** What the sandbox takes. */
const RIGHT = { userNo: 'SZX0231', username: '张伟', password: 'gongdan-2026' };

let gatehouse: Gatehouse;
let round = 0;
const platform = () => gatehouse.stack.sandbox!.control.workOrder;
const counters = () => gatehouse.stack.sandbox!.counters.workOrder();
const put = (body: object, query = '') => gatehouse.ask('PUT', `${ADMIN}/credentials${query}`, { body });
/** The right ones, as a version that there has not been. */
const right = () => ({ ...RIGHT, remark: `round ${(round += 1)}` });
const session = async () =>
  (await gatehouse.ask('GET', `${ADMIN}/session`)).json as {
    state: string;
    generation: string;
    lockout: { refusals: number; lockedUntil: string | null };
  };

async function alertState(kind: string): Promise<string | undefined> {
  const { json } = await gatehouse.ask('GET', '/v1/admin/alerts?limit=100');
  return (json as { items: { kind: string; state: string }[] }).items.find((each) => each.kind === kind)
    ?.state;
}

beforeAll(async () => {
  gatehouse = await startGatehouse({ sandbox: true });
  const { json } = await gatehouse.ask('GET', ADMIN);
  // The shipped quotas are for people.
  await gatehouse.register({ ...(json as object), code: CODE, quotas: [] });
});
afterAll(() => gatehouse.stop());
beforeEach(async () => {
  platform().reset();
  gatehouse.stack.sandbox!.control.chaojiying.reset();
  await put(right(), '?canary=none');
  await gatehouse.ask('POST', `${ADMIN}/session/invalidate`);
  await gatehouse.ask('POST', `${ADMIN}/session/unlock`);
});

/** Four callers at a time until `work` has ended; answers how many calls there were, and what those that failed said. */
async function callsDuring(work: () => Promise<void>): Promise<{ calls: number; failed: string[] }> {
  const over = new AbortController();
  const failed: string[] = [];
  let calls = 0;
  const caller = async () => {
    while (!over.signal.aborted) {
      const answer = await gatehouse.call(CODE, 'keepalive');
      calls += 1;
      if (answer.status !== 200) failed.push(answer.text);
    }
  };
  await Promise.all([work().finally(() => over.abort()), ...Array.from({ length: 4 }, caller)]);
  return { calls, failed };
}

it('rotates under load, with a wrong rotation in between, and no call fails', async () => {
  await gatehouse.call(CODE, 'keepalive');
  const seen: unknown[] = [];
  const rotate = async () => {
    for (const body of [right(), { ...RIGHT, password: 'wrong' }, right()]) {
      const { status } = await put(body);
      seen.push([status, await alertState('CANARY_FAILED')]);
      await gatehouse.call(CODE, 'keepalive');
    }
    await gatehouse.ask('DELETE', `${ADMIN}/credentials/previous`);
    await gatehouse.call(CODE, 'keepalive');
  };
  const { calls, failed } = await callsDuring(rotate);
  expect(seen).toEqual([
    [200, undefined],
    [422, 'firing'],
    [200, 'resolved'],
  ]);
  expect(failed).toEqual([]);
  expect(calls).toBeGreaterThan(4);
});

it('logs in once with new credentials, and hands that session to the calls', async () => {
  await gatehouse.call(CODE, 'keepalive');
  const before = await session();
  expect((await put(right())).status).toBe(200);
  const after = await session();
  expect(after).toMatchObject({ state: 'live', lockout: { refusals: 0 } });
  expect(Number.parseInt(after.generation, 10)).toBeGreaterThan(Number.parseInt(before.generation, 10));
  const call = await gatehouse.call(CODE, 'keepalive');
  expect([call.status, call.headers.get('x-gatehouse-session')]).toEqual([200, 'reused']);
  expect(counters()).toMatchObject({ logins: 2, loginFailures: 0 });
  const uses = await gatehouse.ask('GET', `${ADMIN}/credentials`);
  expect(uses.at('items.0.useCount')).toBe(1);
  const { json } = await gatehouse.ask('GET', `${ADMIN}/logins?limit=1`);
  expect(json).toMatchObject({ items: [{ trigger: 'canary', verdict: 'SUCCESS' }] });
});

it('sends wrong ones once, and leaves session, count and pause of those in use alone', async () => {
  await gatehouse.call(CODE, 'keepalive');
  const before = await session();
  const refused = await put({ ...RIGHT, password: 'wrong' });
  expect([refused.status, refused.at('code')]).toEqual([422, 'AUTHENTICATION_FAILED']);
  expect(counters()).toMatchObject({ logins: 1, loginFailures: 1 });
  expect(await session()).toEqual(before);
  expect((await gatehouse.call(CODE, 'keepalive')).headers.get('x-gatehouse-session')).toBe('reused');
});

it('does not lift the pause of those in use by refusing others (S7)', async () => {
  platform().refuseCredentials(true);
  for (let tries = 0; tries < 3; tries += 1) {
    await gatehouse.ask('POST', `${ADMIN}/session/login`, { body: {} });
  }
  const locked = await session();
  expect(locked.state).toBe('locked-out');
  expect((await put({ ...RIGHT, password: 'other' })).status).toBe(422);
  expect((await session()).lockout).toEqual(locked.lockout);
  platform().refuseCredentials(false);
  expect((await put(right())).status).toBe(200);
  expect(await session()).toMatchObject({ state: 'live', lockout: { refusals: 0, lockedUntil: null } });
  expect(await alertState('LOGIN_LOCKED')).toBe('resolved');
});

it('tries a wrong captcha again, and stores nothing while the platform is down', async () => {
  await gatehouse.call(CODE, 'keepalive');
  platform().wrongCaptcha(1);
  expect((await put(right())).status).toBe(200);
  platform().down();
  const answer = await put(right());
  expect([answer.status, answer.at('code')]).toEqual([503, 'PLATFORM_UNAVAILABLE']);
  platform().up();
  expect((await gatehouse.call(CODE, 'keepalive')).status).toBe(200);
});

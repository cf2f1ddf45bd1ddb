/** A real Django REST framework with simplejwt: tokens that end, refresh tokens that are rotated and blacklisted. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGatehouse } from '../../gatehouse.ts';
import type { Gatehouse } from '../../gatehouse.ts';
import { definitionIn, putAsWritten } from '../as-written.ts';
import { installed } from '../debian.ts';
import { PAUSED, outcome, untilPaused } from '../outcome.ts';
import { seen, until } from '../program.ts';
import type { Program } from '../program.ts';
import { sql } from '../sqlite.ts';
import { CREDENTIALS, PACKAGES, startApi } from './start.ts';

const isInstalled = await installed('drf', PACKAGES);
const DEFINITION = definitionIn(import.meta.dirname);
const { code } = DEFINITION;
const HOUR = 3_600;

describe.skipIf(!isInstalled)('an API with tokens (simplejwt)', () => {
  let gatehouse: Gatehouse;
  let api: Program;

  const sent = () => ({
    logins: seen(api, 'POST /api/token/'),
    refreshes: seen(api, 'POST /api/token/refresh/'),
  });
  const since = (before: { logins: number; refreshes: number }) => ({
    logins: sent().logins - before.logins,
    refreshes: sent().refreshes - before.refreshes,
  });
  const lives = (access: number, refresh: number) =>
    fetch(`${api.url}/test/lives`, { method: 'POST', body: JSON.stringify({ access, refresh }) });
  const callers = (n: number) => Promise.all(Array.from({ length: n }, () => gatehouse.call(code, 'orders')));
  const blacklist = () =>
    sql(path.join(api.dataDir, 'site.sqlite3'), 'SELECT id FROM token_blacklist_blacklistedtoken').length;
  const ask = (address: string, fields: object) =>
    fetch(api.url + address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    });

  /** Logs in with tokens that live so many seconds, and comes back when they have ended. Later ones live an hour. */
  async function loginThatEnds({ refreshToo }: { refreshToo: boolean }): Promise<void> {
    await gatehouse.ask('POST', `/v1/admin/services/${code}/session/invalidate`, { body: {} });
    await lives(4, refreshToo ? 2 : HOUR);
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
    // A token of our own, younger than that: when it has ended, that has.
    const { access } = (await (await ask('/api/token/', CREDENTIALS)).json()) as { access: string };
    await lives(HOUR, HOUR);
    await until(async () => {
      const headers = { authorization: `Bearer ${access}` };
      return (await fetch(`${api.url}/api/orders/`, { headers })).status === 401;
    }, 'the access token ends');
  }

  beforeAll(async () => {
    [gatehouse, api] = await Promise.all([startGatehouse(), startApi()]);
    await putAsWritten(gatehouse, DEFINITION);
    await gatehouse.register({ ...DEFINITION, baseUrl: api.url }, CREDENTIALS);
  });
  afterAll(() => Promise.all([gatehouse?.stop(), api?.stop()]));

  it('is logged in to once for 50 callers; exact numbers and names arrive', async () => {
    const answers = await callers(50);
    for (const answer of answers) expect(outcome(answer)).toBe('200');
    expect(answers[0]!.text).toContain('{"id":9007199254740993,"customer":"Zoë"}');
    expect(sent()).toEqual({ logins: 1, refreshes: 0 });
    const added = await gatehouse.call(code, 'addOrder', { customer: 'Bör' });
    expect(added.at('data')).toEqual({ count: 2, by: 'ops' });
    const raw = await gatehouse.ask('GET', `/v1/services/${code}/proxy/api/orders/`);
    expect(raw.json).toMatchObject([{}, { customer: 'Bör' }]);
    expect(sent()).toEqual({ logins: 1, refreshes: 0 });
  });

  it('refreshes once for 50 callers when the access token ends, and logs in no more', async () => {
    await loginThatEnds({ refreshToo: false });
    const before = sent();
    for (const answer of await callers(50)) expect(outcome(answer)).toBe('200');
    expect(since(before)).toEqual({ logins: 0, refreshes: 1 });
  });

  it('refreshes with the rotated token the next time: the one before is on the blacklist', async () => {
    await loginThatEnds({ refreshToo: false });
    const before = sent();
    await lives(4, HOUR);
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
    const blacklisted = blacklist();
    expect(blacklisted).toBeGreaterThan(0);
    await lives(HOUR, HOUR);
    await until(async () => {
      for (const answer of await callers(5)) expect(outcome(answer)).toBe('200');
      return since(before).refreshes === 2;
    }, 'the second access token ends');
    expect(blacklist()).toBe(blacklisted + 1);
    expect(since(before)).toEqual({ logins: 0, refreshes: 2 });
  });

  it('logs in whole, once, when the refresh token has ended too', async () => {
    await loginThatEnds({ refreshToo: true });
    const before = sent();
    for (const answer of await callers(50)) expect(outcome(answer)).toBe('200');
    expect(since(before)).toEqual({ logins: 1, refreshes: 1 });
  });

  it('is left alone for a while after three wrong passwords', async () => {
    const other = `${code}_WRONG`;
    await gatehouse.register(
      { ...DEFINITION, code: other, baseUrl: api.url },
      { ...CREDENTIALS, password: 'a wrong one' },
    );
    const logins = () => sent().logins;
    expect(await untilPaused(() => gatehouse.call(other, 'orders'), logins)).toEqual(PAUSED);
  });
});

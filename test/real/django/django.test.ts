/** The admin of a real Django, with a captcha on its login form, by a definition alone. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChaojiying } from '../../../dev/sandbox/chaojiying/service.ts';
import type { Chaojiying } from '../../../dev/sandbox/chaojiying/service.ts';
import { startGatehouse } from '../../gatehouse.ts';
import type { Gatehouse } from '../../gatehouse.ts';
import { definitionIn, putAsWritten } from '../as-written.ts';
import { installed } from '../debian.ts';
import { PAUSED, outcome, untilPaused } from '../outcome.ts';
import type { Program } from '../program.ts';
import { seen } from '../program.ts';
import { sql } from '../sqlite.ts';
import { CREDENTIALS, PACKAGES, startDjango } from './start.ts';

const isInstalled = await installed('django', PACKAGES);
const DEFINITION = definitionIn(import.meta.dirname);
const { code } = DEFINITION;
const SERVICES = path.join(import.meta.dirname, '../../../services');

interface Row {
  number: string;
  link: string;
  customer: string;
  status: string;
  total: string;
}

describe.skipIf(!isInstalled)('the admin of Django', () => {
  let gatehouse: Gatehouse;
  let django: Program;
  let solver: Chaojiying;

  const forms = () => seen(django, 'POST /admin/login/');
  const rows = (statement: string) => sql(path.join(django.dataDir, 'site.sqlite3'), statement);

  /** Reads no picture: the store of Django's captchas knows. */
  async function answerFor(image: Buffer): Promise<string | undefined> {
    const answer = await fetch(`${django.url}/test/captcha-text`, {
      method: 'POST',
      body: new Uint8Array(image),
    });
    return answer.ok ? answer.text() : undefined;
  }

  beforeAll(async () => {
    [gatehouse, django] = await Promise.all([startGatehouse(), startDjango()]);
    solver = await startChaojiying({ answerFor });
    const chaojiying = JSON.parse(readFileSync(path.join(SERVICES, 'chaojiying.json'), 'utf8')) as {
      code: string;
    };
    await gatehouse.register({ ...chaojiying, baseUrl: solver.baseUrl }, solver.credentials);
    await putAsWritten(gatehouse, DEFINITION);
    await gatehouse.register({ ...DEFINITION, baseUrl: django.url }, CREDENTIALS);
  });
  afterAll(() => Promise.all([gatehouse?.stop(), django?.stop(), solver?.stop()]));

  it('is logged in to with the captcha of its page, read wrong once, and gives a list as JSON', async () => {
    solver.control.wrong(1);
    const answer = await gatehouse.call(code, 'orders');
    expect(outcome(answer)).toBe('200');
    expect(answer.headers.get('x-gatehouse-session')).toBe('login');
    const orders = answer.at<Row[]>('data');
    expect(orders).toHaveLength(30);
    expect(orders[1]).toEqual({
      number: 'A-002',
      link: '/admin/shop/order/2/change/',
      customer: 'Zoë & Söhne 2',
      status: 'open',
      total: '2.50',
    });
    expect(forms()).toBe(2);
    expect(solver.counters()).toMatchObject({ solved: 2, wrong: 1, refunds: 1, unjustReports: 0 });
    const found = await gatehouse.call(code, 'orders', { search: 'Söhne 30' });
    expect(found.at<Row[]>('data').map(({ number }) => number)).toEqual(['A-030']);
    expect(forms()).toBe(2);
  });

  it('changes an order by the form, whose token and fields are those of the page', async () => {
    const answer = await gatehouse.call(code, 'setStatus', { id: 7, status: 'paid' });
    expect(outcome(answer)).toBe('200');
    expect(rows('SELECT number, customer, status, total FROM shop_order WHERE id = 7')).toEqual([
      { number: 'A-007', customer: 'Zoë & Söhne 7', status: 'paid', total: 7.5 },
    ]);
    const refused = await gatehouse.call(code, 'setStatus', { id: 7, status: 'eaten' });
    expect(outcome(refused)).toBe('502 PLATFORM_API_ERROR');
    const nobody = await gatehouse.call(code, 'setStatus', { id: 4_711, status: 'paid' });
    expect(outcome(nobody)).toBe('502 PLATFORM_API_ERROR');
    expect(rows("SELECT id FROM shop_order WHERE status <> 'open'")).toEqual([{ id: 7 }]);
  });

  it('is logged in to once when its sessions are deleted under 50 callers', async () => {
    const before = forms();
    rows('DELETE FROM django_session');
    const answers = await Promise.all(Array.from({ length: 50 }, () => gatehouse.call(code, 'orders')));
    for (const answer of answers) expect(outcome(answer)).toBe('200');
    for (const answer of answers) expect(answer.at<Row[]>('data')).toHaveLength(30);
    expect(forms() - before).toBe(1);
    expect(rows('SELECT session_key FROM django_session')).toHaveLength(1);
  });

  it('serves the raw proxy: pages, and forms by the header of its token', async () => {
    const page = await gatehouse.ask('GET', `/v1/services/${code}/proxy/admin/shop/order/?q=A-012`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain('A-012');
    expect(page.headers.get('set-cookie')).toBeNull();
    const form = new URLSearchParams({ number: 'A-031', customer: 'Raw', status: 'open', total: '1' });
    const added = await gatehouse.ask('POST', `/v1/services/${code}/proxy/admin/shop/order/add/`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    expect([added.status, added.headers.get('location')]).toEqual([302, '/admin/shop/order/']);
    expect(rows("SELECT customer FROM shop_order WHERE number = 'A-031'")).toEqual([{ customer: 'Raw' }]);
    const outside = await gatehouse.ask('GET', `/v1/services/${code}/proxy/admin/auth/user/`);
    expect(outcome(outside)).toBe('403 PATH_NOT_ALLOWED');
  });

  it('shows operators how logins went, and none of their secrets', async () => {
    const admin = `/v1/admin/services/${code}`;
    const dryRun = await gatehouse.ask('POST', `${admin}/session/login`, { body: { dryRun: true } });
    expect(dryRun.status).toBe(200);
    const logins = await gatehouse.ask('GET', `${admin}/logins`);
    expect(logins.at('items.0')).toMatchObject({ trigger: 'dry-run', verdict: 'SUCCESS' });
    const session = await gatehouse.ask('GET', `${admin}/session`);
    const calls = await gatehouse.ask('GET', `/v1/admin/calls?service=${code}`);
    const shown = [dryRun, logins, session, calls].map(({ text }) => text).join();
    const keys = rows('SELECT session_key FROM django_session').map((row) => Object.values(row).join());
    // As Django writes its tokens, and the keys of its captchas.
    const tokens = shown.match(/\b([A-Za-z0-9]{64}|[0-9a-f]{40})\b/g);
    expect(keys.length).toBeGreaterThan(0);
    for (const secret of [...keys, CREDENTIALS.password]) expect(shown).not.toContain(secret);
    expect(tokens).toBeNull();
  });

  it('is left alone for a while after three wrong passwords', async () => {
    const other = `${code}_WRONG`;
    await gatehouse.register(
      { ...DEFINITION, code: other, baseUrl: django.url },
      { ...CREDENTIALS, password: 'a wrong one' },
    );
    expect(await untilPaused(() => gatehouse.call(other, 'orders'), forms)).toEqual(PAUSED);
    // Of the one whose password is right nobody notices that.
    expect(outcome(await gatehouse.call(code, 'orders'))).toBe('200');
  });
});

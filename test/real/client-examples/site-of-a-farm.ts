/** What both examples do: file an order once for a ticket, and take each event once. */
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGatehouse } from '../../gatehouse.ts';
import type { Gatehouse } from '../../gatehouse.ts';
import { sendJson, startPeer } from '../../peer.ts';
import type { Peer } from '../../peer.ts';
import type { Program } from '../program.ts';
import { until } from '../program.ts';
import { sql } from '../sqlite.ts';
import { giveSecrets } from './start.ts';

/** Django takes a form from a page of its own only: cookie and header are the same. */
const CSRF = { cookie: `csrftoken=${'a'.repeat(32)}`, 'x-csrftoken': 'a'.repeat(32) };
const SERVICE = {
  code: 'CITY_CENTER_WORK_ORDER',
  name: 'Work orders',
  auth: { type: 'NONE' },
  operations: { submitOrder: { method: 'POST', path: '/api/order', body: 'json' } },
};

/** Of whose book money is moved. */
const URS = {
  code: 'URS_PROMOTION',
  name: 'URS',
  baseUrl: 'http://127.0.0.1:9/api',
  auth: { type: 'SIGNATURE' },
  webhook: { path: 'urs' },
  settings: { ecologyId: 1, diamondRatio: 300, fundUserId: 15, controlUserId: 16 },
};

/** @param tables as the framework names them */
export function behavesAsAFarm(
  start: (gatehouse: Gatehouse) => Promise<Program>,
  tables: { receipts: string; handled: string },
): void {
  let gatehouse: Gatehouse;
  let platform: Peer;
  let site: Program;
  let secret: string;

  beforeAll(async () => {
    [gatehouse, platform] = await Promise.all([startGatehouse(), startPeer()]);
    site = await start(gatehouse);
    await gatehouse.register({ ...SERVICE, baseUrl: platform.url });
    await gatehouse.register(URS, { appKey: 'k'.repeat(32) });
    const body = { url: `${site.url}/gatehouse/events`, events: ['transfer.*'] };
    const made = await gatehouse.ask('POST', '/v1/admin/subscriptions', { body });
    ({ secret } = made.json as { secret: string });
    await giveSecrets(site, [secret]);
  });
  afterAll(() => Promise.all([gatehouse?.stop(), platform?.stop(), site?.stop()]));

  const rows = (table: string) => sql(`${site.dataDir}/site.sqlite3`, `SELECT * FROM ${table}`);
  const order = (ticket: number, title: string) =>
    fetch(`${site.url}/tickets/${ticket}/order`, {
      method: 'POST',
      headers: CSRF,
      body: new URLSearchParams({ title }),
    });
  const event = (id: string, type: string, data: object) => {
    const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
    const at = new Date();
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    };
    return { body, headers };
  };
  const deliver = (sent: { headers: Record<string, string>; body: string }) =>
    fetch(`${site.url}/gatehouse/events`, { method: 'POST', ...sent }).then(({ status }) => status);

  it('files an order once for a ticket', async () => {
    platform.answer((_request, response) =>
      sendJson(response, { data: { orderNo: `N-${platform.seen.length}` } }),
    );
    for (let times = 0; times < 2; times++) {
      const answer = await order(7, '路灯不亮');
      expect([answer.status, await answer.json()]).toEqual([200, { orderNo: 'N-1' }]);
    }
    expect(platform.seen.map(({ body }) => JSON.parse(body.toString()) as unknown)).toEqual([
      { title: '路灯不亮' },
    ]);
  });

  it('says what the platform refused, and when to come again', async () => {
    platform.answer((_request, response) => sendJson(response, { message: '没有' }, 400));
    const refused = await order(8, 'x');
    expect([refused.status, await refused.json()]).toEqual([422, { refused: { message: '没有' } }]);
    platform.answer((_request, response) => void response.writeHead(429, { 'retry-after': '40' }).end());
    const busy = await order(9, 'x');
    expect([busy.status, Number(busy.headers.get('retry-after')) > 0]).toEqual([503, true]);
    expect(await busy.json()).toMatchObject({ code: 'PLATFORM_BUSY', requestId: expect.any(String) });
  });

  it('hears of money that has moved', async () => {
    const body = {
      userId: 10002,
      amount: '12.5',
      reason: 'goodwill',
      transactionId: 'real-1',
    };
    expect((await gatehouse.ask('POST', '/v1/admin/transfers', { body })).status).toBe(201);
    await until(() => rows(tables.receipts).length > 0, 'the event has arrived');
    expect(rows(tables.receipts)).toMatchObject([
      { transaction_id: 'real-1', account: 'user:10002', amount: 12.5 },
    ]);
    expect(rows(tables.handled)).toHaveLength(1);
  });

  it('takes an event once, however often it comes, and none that is not signed', async () => {
    const sent = event('evt_twice', 'transfer.settled', {
      transactionId: 'T2',
      to: 'user:1',
      amount: '3000.5',
    });
    const altered = { ...sent, body: sent.body.replace('3000', '9000') };
    expect(await deliver(altered)).toBe(400);
    expect(await deliver({ ...sent, headers: {} })).toBe(400);
    await Promise.all([1, 2, 3, 4].map(() => deliver(sent)));
    expect([await deliver(sent), await deliver(sent)]).toEqual([204, 204]);
    expect(rows(tables.receipts).filter((row) => 'account' in row && row.account === 'user:1')).toHaveLength(
      1,
    );
  });

  it('forgets an event that it failed to handle: it comes again', async () => {
    const broken = event('evt_broken', 'transfer.settled', { transactionId: 'T3' });
    expect(await deliver(broken)).toBe(500);
    const mended = event('evt_broken', 'transfer.settled', {
      transactionId: 'T3',
      to: 'user:3',
      amount: '1',
    });
    expect(await deliver(mended)).toBe(204);
    expect(rows(tables.receipts).filter((row) => 'account' in row && row.account === 'user:3')).toHaveLength(
      1,
    );
  });
}

/** Partners that are definitions and nothing else: through the HTTP API, with the embedded stores (SPEC 7, 13). */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { resourceNames } from '../../functions/wiring/environment.ts';
import { documents } from '../../functions/wiring/dynamodb.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { epaySends, githubSends, seconds, standardSends, stripeSends } from '../partners.ts';
import { deliver, seal } from '../urs-partner.ts';
import type { Delivered } from '../urs-partner.ts';

const STRIPE_SECRET = 'whsec_of-stripe-which-is-no-base64';
const STANDARD_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const APP_KEY = 'an-app-key-of-thirty-two-letters';

let gatehouse: Gatehouse;
let user = 20_000;
let order = 0;
const nextUser = () => ++user;
const nextOrder = () => `pi_${++order}`;
const url = (path: string) => `${gatehouse.url}/webhook/${path}`;

const partner = (code: string, webhook: object, settings: object = {}, rest: object = {}) => ({
  code,
  name: code,
  baseUrl: 'http://127.0.0.1:9',
  auth: { type: 'NONE' },
  webhook: { rateLimit: { limit: 1_000_000 }, ...webhook },
  settings,
  ...rest,
});

const PAID = {
  do: 'deposit',
  userId: { pointer: '/data/object/metadata/userId' },
  amount: { pointer: '/data/object/amount' },
  scale: 2,
  currency: { pointer: '/data/object/currency', equals: 'USD' },
  transactionId: { pointer: '/data/object/id' },
};

const stripe = (rest: object = {}, webhook: object = {}) =>
  partner(
    'STRIPE',
    {
      path: 'stripe',
      protocol: {
        type: 'SIGNED',
        algorithm: 'hmac-sha256',
        header: 'Stripe-Signature',
        prefix: 'v1=',
        message: '{{request.timestamp}}.{{request.body}}',
        timestamp: { header: 'Stripe-Signature', prefix: 't=' },
      },
      action: { pointer: '/type' },
      id: { pointer: '/id' },
      actions: {
        'payment_intent.succeeded': PAID,
        'charge.refunded': { ...PAID, do: 'withdraw' },
        'customer.created': { do: 'forward' },
        '*': { do: 'ignore' },
      },
      ...webhook,
    },
    { book: 'shop', currencyType: 'USD' },
    rest,
  );

const standard = (webhook: object = {}, rest: object = {}) =>
  partner(
    'STANDARD',
    {
      path: 'standard',
      protocol: { type: 'STANDARD_WEBHOOKS' },
      actions: {
        paid: {
          do: 'deposit',
          userId: { pointer: '/user' },
          amount: { pointer: '/amount' },
          transactionId: { pointer: '/id' },
        },
        back: {
          do: 'withdraw',
          userId: { pointer: '/user' },
          amount: { pointer: '/amount' },
          transactionId: { pointer: '/id' },
        },
        enough: { do: 'check', userId: { pointer: '/user' }, amount: { pointer: '/amount' } },
        joined: { do: 'register', userId: { pointer: '/user' }, superiors: { pointer: '/superiors' } },
        changed: { do: 'forward' },
      },
      ...webhook,
    },
    { book: 'shop', currencyType: 'USD', diamondRatio: 3 },
    rest,
  );

beforeAll(async () => {
  gatehouse = await startGatehouse();
  const urs = { path: 'urs', rateLimit: { limit: 1_000_000 } };
  const ofUrs = partner('URS_PROMOTION', urs, { diamondRatio: 300 }, { auth: { type: 'SIGNATURE' } });
  await gatehouse.register(ofUrs, { appKey: APP_KEY });
});
beforeEach(async () => {
  await gatehouse.register(stripe(), { webhookSecret: STRIPE_SECRET });
  await gatehouse.register(standard(), { webhookSecret: STANDARD_SECRET });
});
afterAll(() => gatehouse.stop());

const payment = (
  id: string,
  userId: number | string,
  amount: number | string,
  type = 'payment_intent.succeeded',
) =>
  `{"id":"evt_${id}","type":"${type}","data":{"object":{"id":"${id}","amount":${amount},"currency":"usd","metadata":{"userId":"${userId}"}}}}`;
const pays = (body: string, secret = STRIPE_SECRET) => stripeSends(url('stripe'), body, secret);
const sends = (action: string, body: object | string, id = nextOrder(), secret = STANDARD_SECRET) =>
  standardSends(
    url(`standard/${action}`),
    id,
    typeof body === 'string' ? body : JSON.stringify(body),
    secret,
  );

const balance = async (account: string) =>
  (await gatehouse.ask('GET', `/v1/accounts/${account}`)).at<string | undefined>('balance');
const refused = ({ status, json }: Delivered) => [status, json.code];
const deliveries = async (query: string) =>
  (await gatehouse.ask('GET', `/v1/admin/deliveries?${query}`)).at<Record<string, unknown>[]>('items');

/** What the outbox holds of a service. */
async function forwardedBy(service: string): Promise<Record<string, unknown>[]> {
  const { items } = await documents().scan({ table: resourceNames().tables.events });
  return items
    .filter((item) => item['service'] === service)
    .map((item) => ({ ...item, data: JSON.parse(String(item['dataText'])) as unknown }));
}

describe('Stripe', () => {
  it('deposits by a definition alone, in its own book, and the same id from URS is another transfer', async () => {
    const [userId, id] = [nextUser(), nextOrder()];
    const paid = await pays(payment(id, userId, 1050));
    expect([paid.status, paid.json]).toEqual([
      200,
      {
        success: true,
        data: {
          transactionId: id,
          type: 'deposit',
          userId,
          amount: '10.5',
          currency: 'USD',
          status: 'SETTLED',
          settledAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
          asked: { amount: '10.5', currency: 'USD' },
        },
      },
    ]);
    const again = await pays(payment(id, userId, 1050));
    expect(again.json).toEqual({ ...paid.json, replayed: true });
    const sealed = seal({ userId, usdtAmount: 1, transactionId: id }, APP_KEY);
    expect((await deliver(url('urs/deposit'), sealed)).status).toBe(200);
    expect([await balance(`shop:user:${userId}`), await balance(`user:${userId}`)]).toEqual(['10.5', '300']);
    const transfer = await gatehouse.ask('GET', `/v1/transfers/${id}?service=STRIPE`);
    expect(transfer.json).toMatchObject({ service: 'STRIPE', book: 'shop', requestedBy: 'STRIPE' });
    expect((await gatehouse.ask('GET', `/v1/transfers/${id}`)).status).toBe(409);
  });

  it('reads amounts digit by digit, and refuses what is no amount in cents', async () => {
    const exact: [string, string][] = [
      ['1', '0.01'],
      ['9007199254740993', '90071992547409.93'],
      ['"1050"', '10.5'],
      ['1.05e3', '10.5'],
    ];
    for (const [source, amount] of exact) {
      const userId = nextUser();
      expect((await pays(payment(nextOrder(), userId, source))).json.data).toMatchObject({ amount });
      expect(await balance(`shop:user:${userId}`)).toBe(amount);
    }
    for (const source of ['10.5', '0', '-1', '1e30', 'null', '[]', '{}', '"ten"', '" 1"', 'true']) {
      const answer = await pays(payment(nextOrder(), nextUser(), source));
      expect([source, ...refused(answer)]).toEqual([source, 422, 'VALIDATION_FAILED']);
      expect(answer.text).toContain('data.object.amount');
    }
  });

  it('names what else is wrong as the partner knows it, and takes one currency', async () => {
    const wrong: [string, string][] = [
      [payment(nextOrder(), 'abc', 1), 'data.object.metadata.userId'],
      [payment(nextOrder(), 15, 1), 'data.object.metadata.userId'],
      [payment('', nextUser(), 1), 'data.object.id'],
      [payment(nextOrder(), nextUser(), 1).replace('"usd"', '"jpy"'), 'data.object.currency'],
      [payment(nextOrder(), nextUser(), 1).replace('"usd"', '7'), 'data.object.currency'],
      ['[1]', 'payload'],
    ];
    for (const [body, field] of wrong.slice(0, -1)) {
      const answer = await pays(body);
      expect([...refused(answer), JSON.parse(answer.text).field]).toEqual([422, 'VALIDATION_FAILED', field]);
    }
    for (const body of ['not json', '', '{"type":', '"x"'.repeat(2)]) {
      expect([body, ...refused(await pays(body))]).toEqual([body, 422, 'VALIDATION_FAILED']);
    }
  });

  it('of a repeated key takes the last one, as every parser does', async () => {
    const [userId, id] = [nextUser(), nextOrder()];
    const body = payment(id, userId, 1).replace('"amount":1', '"amount":999999,"amount":100');
    expect((await pays(body)).json.data).toMatchObject({ amount: '1' });
  });

  it('takes back no more than is there, and its id is not used up', async () => {
    const [userId, id] = [nextUser(), nextOrder()];
    const refund = payment(id, userId, 500, 'charge.refunded');
    expect(refused(await pays(refund))).toEqual([422, 'INSUFFICIENT_FUNDS']);
    await pays(payment(nextOrder(), userId, 500));
    expect((await pays(refund)).json.data).toMatchObject({ type: 'withdraw', status: 'SETTLED' });
    expect(await balance(`shop:user:${userId}`)).toBe('0');
    expect(refused(await pays(payment(id, userId, 500)))).toEqual([409, 'IDEMPOTENCY_MISMATCH']);
  });

  it('is not failed for ever for events that nobody asked for; without "*" it is', async () => {
    for (const type of ['invoice.paid', '__proto__', 'constructor', 'toString', '', 'ü \u0000'.slice(0, 2)]) {
      expect((await pays(payment(nextOrder(), 1, 1, type))).json).toEqual({
        success: true,
        data: { ignored: true },
      });
    }
    await gatehouse.register(stripe({}, { actions: { 'payment_intent.succeeded': PAID } }));
    for (const type of ['invoice.paid', '__proto__', 'constructor', '*']) {
      expect(refused(await pays(payment(nextOrder(), 1, 1, type)))).toEqual([404, 'NOT_FOUND']);
      const [kept] = await deliveries('service=STRIPE&code=NOT_FOUND&limit=1');
      expect(kept).toMatchObject({
        action: type,
        verdict: 'refused',
        payload: expect.stringContaining(type) as string,
      });
    }
  });

  it('is let in by its signature only', async () => {
    const id = nextOrder();
    const body = payment(id, nextUser(), 1050);
    const at = seconds();
    const rejected = [
      await pays(body, 'another secret'),
      await stripeSends(url('stripe'), body, STRIPE_SECRET, { at: at - 302 }),
      await stripeSends(url('stripe'), body, STRIPE_SECRET, { at: at + 305 }),
      await deliver(url('stripe'), body),
      await stripeSends(url('stripe'), body, STRIPE_SECRET, { headers: { 'stripe-signature': `t=${at}` } }),
      await stripeSends(url('stripe'), Buffer.from([0x7b, 0xff]).toString('latin1'), 'x'),
    ];
    expect(new Set(rejected.map(({ text }) => text)).size).toBe(1);
    expect(refused(rejected[0]!)).toEqual([401, 'WEBHOOK_REJECTED']);
    expect((await gatehouse.ask('GET', `/v1/transfers/${id}?service=STRIPE`)).status).toBe(404);
    const causes = (await deliveries('service=STRIPE&verdict=rejected')).map(({ cause }) => cause);
    expect(new Set(causes)).toEqual(new Set(['SIGNATURE', 'EXPIRED', 'MALFORMED']));
    await gatehouse.register(stripe({ status: 'TESTING' }));
    expect(JSON.parse((await pays(body, 'another secret')).text)).toMatchObject({ cause: 'SIGNATURE' });
  });

  it('has one path: what the payload names is not asked of it again', async () => {
    const body = payment(nextOrder(), nextUser(), 1);
    for (const path of ['stripe/payment_intent.succeeded', 'stripe/*', 'stripe/__proto__']) {
      expect(refused(await stripeSends(url(path), body, STRIPE_SECRET))).toEqual([404, 'NOT_FOUND']);
    }
    expect(refused(await sends('', { user: 1 }))).not.toEqual([200, undefined]);
    expect((await standardSends(url('standard'), 'x', '{}', STANDARD_SECRET)).status).toBe(404);
    for (const action of ['__proto__', 'constructor', 'refund', 'p%C3%A4id', '*']) {
      expect(refused(await sends(action, {}))).toEqual([404, 'NOT_FOUND']);
    }
  });

  it('names an id that a request lacks, of what is forwarded only', async () => {
    const created = payment(nextOrder(), 1, 1, 'customer.created').replace('"id"', '"no"');
    const answer = await pays(created);
    expect([...refused(answer), JSON.parse(answer.text).field]).toEqual([422, 'VALIDATION_FAILED', 'id']);
    await gatehouse.register(stripe({}, { id: { pointer: '/id', optional: true } }));
    expect([(await pays(created)).status, (await pays(created)).json.replayed]).toEqual([200, true]);
  });

  it('keeps its deliveries like any partner: by transaction, with nothing secret', async () => {
    const [userId, id] = [nextUser(), nextOrder()];
    const quoting = payment(id, userId, 100).replace(
      '"type"',
      `"note":"${STRIPE_SECRET}","password":"p","type"`,
    );
    await pays(quoting);
    await pays(quoting);
    const kept = await deliveries(`transactionId=${id}&service=STRIPE`);
    expect(kept.map(({ verdict, action }) => [verdict, action])).toEqual([
      ['replayed', 'payment_intent.succeeded'],
      ['accepted', 'payment_intent.succeeded'],
    ]);
    expect(JSON.stringify(kept)).toContain('note');
    expect(JSON.stringify(kept)).not.toContain(STRIPE_SECRET);
    expect(JSON.stringify(kept)).not.toContain('"p\\"');
  });

  it('is limited per address', async () => {
    await gatehouse.register(stripe({}, { rateLimit: { limit: 2, windowSeconds: 60 } }));
    const from = (address: string) =>
      stripeSends(url('stripe'), payment(nextOrder(), nextUser(), 1), STRIPE_SECRET, { from: address });
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await from('127.0.0.21')).status);
    expect([...statuses, (await from('127.0.0.22')).status]).toEqual([200, 200, 429, 200]);
  });
});

describe('Standard Webhooks', () => {
  it('shares a book with another partner, at its own rate, and their ids do not meet', async () => {
    const [userId, id] = [nextUser(), nextOrder()];
    await pays(payment(id, userId, 100));
    const paid = await sends('paid', `{"user":${userId},"amount":0.10,"id":"${id}"}`);
    expect(paid.json.data).toMatchObject({
      transactionId: id,
      amount: '0.3',
      currency: 'USD',
      asked: { amount: '0.1', currency: 'USD' },
    });
    expect(await balance(`shop:user:${userId}`)).toBe('1.3');
    expect((await sends('enough', { user: userId, amount: '0.5' })).json.data).toEqual({
      allowed: false,
      balance: '1.3',
      principal: '1.5',
      fee: '0',
      total: '1.5',
    });
    const back = await sends('back', { user: String(userId), amount: '0.1', id: nextOrder() });
    expect(back.json.data).toMatchObject({ type: 'withdraw', userId, amount: '0.3' });
    const { json } = await gatehouse.ask('GET', '/v1/admin/ledger/trial-balance?book=shop&deep=true');
    expect(json).toMatchObject({ total: '0', balanced: true });
  });

  it('may be queued: accepted with 202, settled a moment later, and then answered with that', async () => {
    await gatehouse.register(
      standard({ settlement: 'QUEUED', reply: { success: { body: '{{data.status}}' } } }),
    );
    const paid = { user: nextUser(), amount: '1', id: nextOrder() };
    const first = await sends('paid', paid);
    expect([first.status, first.text]).toEqual([202, 'PENDING']);
    await vi.waitFor(
      async () => {
        const again = await sends('paid', paid);
        expect([again.status, again.text]).toEqual([200, 'SETTLED']);
      },
      { timeout: 20_000 },
    );
    expect(await balance(`shop:user:${paid.user}`)).toBe('3');
  });

  it('registers users of its own', async () => {
    const [uid, l1, l2] = [nextUser(), nextUser(), nextUser()];
    const joined = await sends('joined', { user: uid, superiors: [l1, l2] });
    expect(joined.json.data).toEqual({ uid, superiors: [l1, l2], created: true });
    const apart = {
      do: 'register',
      userId: { pointer: '/user' },
      superiors: [{ pointer: '/a' }, { pointer: '/b' }],
    };
    // A list that is missing is no empty one: that would take them away.
    const silent = await sends('joined', { user: uid });
    expect([silent.status, silent.text]).toEqual([422, expect.stringContaining('superiors is missing')]);
    expect((await sends('joined', { user: uid, superiors: [l1, l2] })).json.data).toMatchObject({
      superiors: [l1, l2],
    });
    expect((await sends('joined', { user: uid, superiors: [] })).json.data).toMatchObject({ superiors: [] });
    await gatehouse.register(standard({ actions: { joined: apart } }));
    const [other, above] = [nextUser(), nextUser()];
    expect((await sends('joined', { user: other, a: above })).json.data).toMatchObject({
      superiors: [above],
    });
    expect(refused(await sends('joined', { user: 'x' }))).toEqual([422, 'VALIDATION_FAILED']);
  });

  it('is forwarded once, digits and all, whoever sends it how often under which action', async () => {
    const id = nextOrder();
    const body = '{ "no": 12345678901234567890.10, "name": "电缆", "__proto__": {"x": 1} }';
    const copies = await Promise.all(Array.from({ length: 10 }, () => sends('changed', body, id)));
    expect(copies.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(copies.filter(({ json }) => !json.replayed)).toHaveLength(1);
    expect(new Set(copies.map(({ json }) => JSON.stringify(json.data))).size).toBe(1);
    const told = (await forwardedBy('STANDARD')).filter(({ dataText }) => String(dataText).includes('电缆'));
    expect(told).toHaveLength(1);
    const [event] = told;
    expect(event).toMatchObject({ type: 'webhook.forwarded', id: copies[0]!.json.data!['eventId'] });
    const { data, dataText } = event as { data: Record<string, unknown>; dataText: string };
    expect(Object.keys(data)).toEqual(['service', 'action', 'deliveryId', 'payload']);
    expect(data).toMatchObject({ service: 'STANDARD', action: 'changed' });
    expect(dataText).toContain('"payload":{"no":12345678901234567890.10,"name":"电缆","__proto__":{"x":1}}');
    const [accepted] = await deliveries('service=STANDARD&action=changed&verdict=accepted');
    expect(accepted).toMatchObject({ id: data['deliveryId'] });
    await sends('changed', body);
    expect(
      (await forwardedBy('STANDARD')).filter((each) => String(each['dataText']).includes('电缆')),
    ).toHaveLength(2);
  });

  it('forwards any JSON, and refuses what no event can hold', async () => {
    for (const body of ['[1.10]', '"text"', '0.10', 'null', 'false']) {
      expect([body, (await sends('changed', body)).status]).toEqual([body, 200]);
      expect(
        (await forwardedBy('STANDARD')).some(({ dataText }) =>
          String(dataText).endsWith(`"payload":${body}}`),
        ),
      ).toBe(true);
    }
    const form = new URLSearchParams({ a: '\u0001'.repeat(80_000) }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const large = await standardSends(url('standard/changed'), nextOrder(), form, STANDARD_SECRET, {
      headers,
    });
    expect(refused(large)).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });
});

describe('E15 rotation', () => {
  const newKey = `whsec_${Buffer.from('the next key of this partner').toString('base64')}`;
  const body = JSON.stringify({ type: 'unknown', user: 1, amount: 1 });
  const partners: [code: string, oldKey: string, send: (key: string) => Promise<Delivered>][] = [
    ['STANDARD', STANDARD_SECRET, (key) => sends('enough', body, nextOrder(), key)],
    ['STRIPE', STRIPE_SECRET, (key) => pays(body, key)],
  ];

  it.each(partners)(
    '%s: both keys are valid until the old one is retired, and uses of each are counted',
    async (code, oldKey, send) => {
      const path = `/v1/admin/services/${code}/credentials`;
      const usesOf = async () =>
        Object.fromEntries(
          (await gatehouse.ask('GET', path))
            .at<{ stage: string; useCount: number }[]>('items')
            .map(({ stage, useCount }) => [stage, useCount]),
        );
      await gatehouse.ask('PUT', path, { body: { webhookSecret: newKey } });
      const before = await usesOf();
      const statuses = [];
      for (const key of [newKey, oldKey, oldKey, 'whsec_AAAA']) statuses.push((await send(key)).status);
      expect(statuses).toEqual([200, 200, 200, 401]);
      const after = await usesOf();
      expect([after['CURRENT']! - before['CURRENT']!, after['PREVIOUS']! - before['PREVIOUS']!]).toEqual([
        1, 2,
      ]);
      await gatehouse.ask('DELETE', `${path}/previous`);
      await vi.waitFor(async () => expect((await send(oldKey)).status).toBe(401), { timeout: 10_000 });
      expect((await send(newKey)).status).toBe(200);
      await gatehouse.ask('PUT', path, { body: { webhookSecret: oldKey } });
      expect((await send(oldKey)).status).toBe(200);
    },
  );

  it('a partner that signs with both keys is let in by either', async () => {
    const given = [newKey, STANDARD_SECRET];
    expect((await standardSends(url('standard/enough'), nextOrder(), body, given)).status).toBe(200);
  });
});

describe('GitHub', () => {
  const SECRET = "It's a Secret to Everybody";
  beforeAll(() =>
    gatehouse.register(
      partner('HUB', {
        path: 'hub',
        protocol: {
          type: 'SIGNED',
          algorithm: 'hmac-sha256',
          header: 'X-Hub-Signature-256',
          prefix: 'sha256=',
          message: '{{request.body}}',
        },
        action: { header: 'X-GitHub-Event' },
        actions: { ping: { do: 'ignore' }, '*': { do: 'forward' } },
      }),
      { webhookSecret: SECRET },
    ),
  );

  it('forwards each delivery once, by what it signed: its headers are nobody’s word', async () => {
    const push = (event: string, body = '{"ref":"main"}') => githubSends(url('hub'), event, body, SECRET);
    expect((await push('ping')).json.data).toEqual({ ignored: true });
    expect((await push('push')).json).toMatchObject({ success: true, data: { action: 'push' } });
    expect((await push('push')).json).toMatchObject({ replayed: true });
    // The same body under another name of the event is the same.
    expect((await push('release')).json).toMatchObject({ replayed: true });
    expect((await push('push', '{"ref":"next"}')).json.replayed).toBeUndefined();
    const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]);
    expect(
      (await deliver(url('hub'), bytes, { headers: { 'x-hub-signature-256': 'sha256=00' } })).status,
    ).toBe(401);
  });
});

describe('a Chinese aggregator of payments', () => {
  const KEY = 'aggregators-key-2026';
  const fields = (rest: object = {}) => ({
    pid: '1001',
    trade_no: `T${nextOrder()}`,
    out_trade_no: nextOrder(),
    name: 'VIP 会员',
    money: '12.50',
    param: String(nextUser()),
    trade_status: 'TRADE_SUCCESS',
    ...rest,
  });
  const epay = (webhook: object = {}) =>
    partner(
      'EPAY',
      {
        path: 'epay',
        protocol: {
          type: 'SIGNED',
          algorithm: 'md5',
          field: 'sign',
          unsigned: ['sign_type'],
          message: '{{request.sortedParams}}{{credentials.webhookSecret}}',
        },
        action: { pointer: '/trade_status' },
        actions: {
          TRADE_SUCCESS: {
            do: 'deposit',
            userId: { pointer: '/param' },
            amount: { pointer: '/money' },
            currency: 'CNY',
            transactionId: { pointer: '/trade_no' },
          },
          '*': { do: 'ignore' },
        },
        reply: {
          success: { body: 'success' },
          refusal: { status: 200, body: 'fail: {{error.code}}' },
        },
        ...webhook,
      },
      { book: 'yuan', currencyType: 'POINT', diamondRatio: 100 },
    );
  beforeEach(() => gatehouse.register(epay(), { webhookSecret: KEY }));

  it('is paid in a form and answered in its word', async () => {
    const form = fields();
    const answers = [await epaySends(url('epay'), form, KEY), await epaySends(url('epay'), form, KEY)];
    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [200, 'success'],
      [200, 'success'],
    ]);
    expect(answers[0]!.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(await balance(`yuan:user:${form.param}`)).toBe('1250');
    const { json } = await gatehouse.ask('GET', `/v1/transfers/${form.trade_no}?service=EPAY`);
    expect(json).toMatchObject({ asked: { amount: '12.5', currency: 'CNY' }, currency: 'POINT' });
    expect((await epaySends(url('epay'), fields({ trade_status: 'WAIT' }), KEY)).text).toBe('success');
  });

  it('is refused in its word, and its deliveries still say what happened', async () => {
    const form = fields({ money: 'viel' });
    const answers = [await epaySends(url('epay'), form, KEY), await epaySends(url('epay'), fields(), 'x')];
    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [200, 'fail: VALIDATION_FAILED'],
      [200, 'fail: WEBHOOK_REJECTED'],
    ]);
    const [kept] = await deliveries(`service=EPAY&transactionId=${form.trade_no}`);
    expect(kept).toMatchObject({ verdict: 'refused', code: 'VALIDATION_FAILED', status: 200 });
    expect((await deliveries('service=EPAY&verdict=rejected'))[0]).toMatchObject({
      status: 200,
      cause: 'SIGNATURE',
    });
  });

  it('may want JSON with a number, or XML', async () => {
    const asJson = {
      success: {
        body: {
          code: 0,
          msg: 'ok',
          id: '{{data.transactionId}}',
          amount: '{{data.asked.amount}}',
          uid: '{{data.userId}}',
        },
      },
      refusal: { status: 200, body: { code: 1, msg: '{{error.message}}' } },
    };
    await gatehouse.register(epay({ reply: asJson }));
    const form = fields({ trade_no: 'T"1' });
    expect(JSON.parse((await epaySends(url('epay'), form, KEY)).text)).toEqual({
      code: 0,
      msg: 'ok',
      id: 'T"1',
      amount: '12.5',
      uid: Number(form.param),
    });
    expect(
      JSON.parse((await epaySends(url('epay'), fields({ trade_status: 'WAIT' }), KEY)).text),
    ).toMatchObject({ id: '' });
    expect(JSON.parse((await epaySends(url('epay'), form, 'x')).text)).toEqual({
      code: 1,
      msg: 'The request was not accepted.',
    });
    const xml = '<xml><return_code>SUCCESS</return_code><id>{{data.transactionId}}</id></xml>';
    await gatehouse.register(epay({ reply: { success: { contentType: 'application/xml', body: xml } } }));
    const answer = await epaySends(url('epay'), fields({ trade_no: 'T<&>' }), KEY);
    expect(answer.text).toBe('<xml><return_code>SUCCESS</return_code><id>T&#60;&#38;&#62;</id></xml>');
    // What it does not shape is as it always is.
    expect((await epaySends(url('epay'), fields(), 'x')).json).toMatchObject({ code: 'WEBHOOK_REJECTED' });
  });
});

describe('what is refused when it is put', () => {
  const faults = async (definition: object & { code: string }) => {
    const { json } = await gatehouse.ask('PUT', `/v1/admin/services/${definition.code}?check=true`, {
      body: definition,
    });
    return (json as { errors?: { field: string; message: string }[] }).errors?.map(
      ({ field, message }) => `${field}: ${message}`,
    );
  };
  const signed = (message: string) =>
    stripe(
      {},
      {
        protocol: { type: 'SIGNED', algorithm: 'hmac-sha256', header: 'x', message },
      },
    );

  it('names in templates that can never be set', async () => {
    expect(await faults(signed('{{request.timestamp}}{{request.body}}'))).toEqual([
      'webhook.protocol.message: {{request.timestamp}} is never set here',
    ]);
    expect(await faults(signed('{{request.body}}{{params.x}}{{now.s}}{{settings.none}}'))).toEqual([
      'webhook.protocol.message: {{params.x}} is never set here; {{now.s}} is never set here; {{settings.none}} is not in settings',
    ]);
    expect(await faults(signed('{{request.body}}{{header.X-Nonce}}'))).toEqual([
      'webhook.protocol.message: {{header.X-Nonce}} is never set: names of headers are in lower case here',
    ]);
    const reply = (success: unknown, refusal: unknown) =>
      stripe({}, { reply: { success: { body: success }, refusal: { body: refusal } } });
    expect(await faults(reply('{{data.status}}', '{{data.status}}'))).toEqual([
      'webhook.reply.refusal.body: {{data.status}} is never set here',
    ]);
    expect(await faults(reply({ a: { b: '{{data.superiors}}' } }, '{{error.code}}'))).toEqual([
      'webhook.reply.success.body.a.b: {{data.superiors}} is never set: no action of this webhook answers it',
    ]);
    // Nor can our own requests name what only a partner's have.
    const auth = {
      type: 'SIGNED_REQUEST',
      algorithm: 'md5',
      message: '{{request.timestamp}}{{header.x}}',
      headers: { X: '{{signature}}' },
    };
    expect(await faults(stripe({ auth }))).toEqual([
      'auth.message: {{request.timestamp}} is never set here; {{header.x}} is never set here',
    ]);
  });

  it('a mapping that cannot work', async () => {
    const mapped = (actions: unknown) => stripe({}, { actions });
    expect(await faults(mapped({ paid: { ...PAID, transactionId: undefined } }))).toEqual([
      'webhook.actions.paid.transactionId: is required',
    ]);
    expect(await faults(mapped({ paid: { ...PAID, amount: { header: 'x-amount' } } }))).toEqual([
      'webhook.actions.paid.amount.pointer: is required',
      'webhook.actions.paid.amount.header: is not a known field',
    ]);
    expect(await faults(mapped({ paid: { do: 'pay' } }))).toHaveLength(1);
    expect(await faults(mapped({}))).toEqual(['webhook.actions: is required: SIGNED has none of its own']);
    expect(await faults(partner('STRIPE', { path: 'stripe', actions: { x: { do: 'forward' } } }))).toEqual([
      'webhook.actions: is not read: URS has actions and answers of its own',
    ]);
  });

  it('credentials that cannot be any', async () => {
    const put = async (code: string, body: object) => {
      const answer = await gatehouse.ask('PUT', `/v1/admin/services/${code}/credentials`, { body });
      return [answer.status, answer.at('errors.0.field'), answer.at('errors.0.message')];
    };
    expect(await put('STANDARD', { webhookSecret: 'not-a-secret-of-theirs' })).toEqual([
      422,
      'webhookSecret',
      'must be "whsec_" and a key in base64',
    ]);
    expect(await put('STANDARD', { secret: 'x' })).toEqual([422, 'webhookSecret', 'is required']);
    expect(await put('STRIPE', { secret: 'x' })).toEqual([422, 'webhookSecret', 'is required']);
    expect(await put('STRIPE', { webhookSecret: 'any text' })).toEqual([200, undefined, undefined]);
  });
});

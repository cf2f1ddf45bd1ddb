/** Events through the HTTP API and the functions, each under its role: a deposit reaches business code. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runGatehouse } from '../command-line.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { startSubscriber, verify } from '../integration/events/subscriber.ts';
import type { Subscriber } from '../integration/events/subscriber.ts';
import { deliver, seal } from '../urs-partner.ts';

const appKey = randomBytes(16).toString('hex');
const PATH = '/v1/admin/subscriptions';

let gatehouse: Gatehouse;
let subscriber: Subscriber;
let secret: string;
let id: string;

beforeAll(async () => {
  gatehouse = await startGatehouse();
  subscriber = await startSubscriber();
  await gatehouse.register(
    {
      code: 'URS_PROMOTION',
      name: 'URS',
      baseUrl: 'http://127.0.0.1:9/api',
      auth: { type: 'SIGNATURE' },
      webhook: { path: 'urs', rateLimit: { limit: 1_000, windowSeconds: 60 } },
      settings: { ecologyId: 1, diamondRatio: 300, fundUserId: 15, controlUserId: 16 },
    },
    { appKey },
  );
});
afterAll(async () => {
  await subscriber.stop();
  await gatehouse.stop();
});

const send = (action: string, payload: object) =>
  deliver(`${gatehouse.url}/webhook/urs/${action}`, seal(payload, appKey));
const arrived = (type: string) => subscriber.all.filter((event) => event.type === type);
const WAIT = { timeout: 15_000, interval: 50 };

describe('a subscription', () => {
  it('is made, shown without its secret, and refused where its address or events are wrong', async () => {
    const made = await gatehouse.ask('POST', PATH, {
      body: { url: subscriber.url, events: ['transfer.*', 'user.*'], description: 'farm' },
    });
    expect(made.status).toBe(201);
    ({ id, secret } = made.json as { id: string; secret: string });
    subscriber.knows(secret);
    const shown = await gatehouse.ask('GET', `${PATH}/${id}`);
    const { secret: _, ...rest } = made.json as Record<string, unknown>;
    expect(shown.json).toEqual(rest);
    expect((await gatehouse.ask('GET', PATH)).json).toEqual({ items: [rest] });
    for (const [field, body] of [
      ['url', { url: 'http://10.0.0.1/hooks', events: ['*'] }],
      ['events.0', { url: subscriber.url, events: ['transfer.settld'] }],
      ['secret', { url: subscriber.url, events: ['*'], secret: 'mine' }],
    ] as const) {
      const refused = await gatehouse.ask('POST', PATH, { body });
      expect([refused.status, refused.at('errors.0.field')]).toEqual([422, field]);
    }
    expect((await gatehouse.ask('GET', `${PATH}/none`)).status).toBe(404);
  });

  it('tells of a deposit and of a user within moments, signed', async () => {
    expect((await send('register', { uid: 10002, superiors: [10001] })).status).toBe(200);
    const order = { userId: 10002, usdtAmount: 10, transactionId: 'E2E-1' };
    for (let times = 0; times < 3; times++) expect((await send('deposit', order)).status).toBe(200);
    await expect.poll(() => arrived('transfer.settled').length, WAIT).toBe(1);
    await expect.poll(() => arrived('user.registered').length, WAIT).toBe(1);
    const [told] = arrived('transfer.settled');
    const shown = await gatehouse.ask('GET', '/v1/transfers/E2E-1?service=URS_PROMOTION');
    expect(told!.data).toEqual(shown.json);
    expect(subscriber.all.every(({ valid }) => valid === 1)).toBe(true);
    expect(arrived('user.registered')[0]!.data).toEqual({
      service: 'URS_PROMOTION',
      uid: 10002,
      superiors: [10001],
      created: true,
    });
  });

  it('lists its deliveries by state, newest first', async () => {
    await expect
      .poll(async () => (await gatehouse.ask('GET', `${PATH}/${id}/deliveries?state=delivered`)).json, WAIT)
      .toMatchObject({
        items: [{ type: 'transfer.settled', state: 'delivered', attempts: 1 }, { type: 'user.registered' }],
      });
    const first = await gatehouse.ask('GET', `${PATH}/${id}/deliveries?limit=1`);
    const second = await gatehouse.ask(
      'GET',
      `${PATH}/${id}/deliveries?limit=1&cursor=${first.at<string>('cursor')}`,
    );
    expect([first.at('items.0.type'), second.at('items.0.type')]).toEqual([
      'transfer.settled',
      'user.registered',
    ]);
    expect((await gatehouse.ask('GET', `${PATH}/${id}/deliveries?state=dead`)).json).toEqual({ items: [] });
  });

  it('is tested, replayed, rotated', async () => {
    const tested = await gatehouse.ask('POST', `${PATH}/${id}/test`);
    expect([tested.status, tested.json]).toMatchObject([200, { delivered: true, status: 204 }]);
    expect(arrived('subscription.test')).toHaveLength(1);
    const event = arrived('transfer.settled')[0]!.id;
    const replayed = await gatehouse.ask('POST', `${PATH}/${id}/replay`, { body: { deliveries: [event] } });
    expect([replayed.status, replayed.json]).toEqual([200, { count: 1 }]);
    await expect.poll(() => arrived('transfer.settled').length, WAIT).toBe(2);
    const everything = { since: '2026-01-01T00:00:00Z' };
    expect((await gatehouse.ask('POST', `${PATH}/${id}/replay`, { body: everything })).json).toEqual({
      count: 2,
    });
    expect((await gatehouse.ask('POST', `${PATH}/${id}/replay`, { body: { failed: true } })).json).toEqual({
      count: 0,
    });
    for (const body of [{}, { cursor: 'abc' }, { failed: true, since: everything.since }]) {
      const refused = await gatehouse.ask('POST', `${PATH}/${id}/replay`, { body });
      expect([refused.status, refused.at('errors.0.message')]).toEqual([
        422,
        'takes one of `since`, `deliveries` and `failed`, and a `cursor` to go on',
      ]);
    }
    const strange = await gatehouse.ask('POST', `${PATH}/${id}/replay`, {
      body: { failed: true, cursor: 'abc' },
    });
    expect([strange.status, strange.at('errors.0.field')]).toEqual([422, 'cursor']);
    const rotated = await gatehouse.ask('POST', `${PATH}/${id}/rotate`);
    const fresh = rotated.at<string>('secret');
    const before = subscriber.requests.length;
    await send('deposit', { userId: 10002, usdtAmount: 1, transactionId: 'E2E-2' });
    await expect.poll(() => subscriber.transactions().includes('E2E-2'), WAIT).toBe(true);
    const last = subscriber.requests.slice(before).at(-1)!;
    expect([verify(fresh, last), verify(secret, last)]).toEqual([1, 1]);
    expect((await gatehouse.ask('GET', `${PATH}/${id}`)).at('formerSecretUntil')).toEqual(expect.any(String));
  });

  it('keeps deliveries while it is disabled, sends them when it is enabled, and ends when it is deleted', async () => {
    expect((await gatehouse.ask('PATCH', `${PATH}/${id}`, { body: { enabled: false } })).json).toMatchObject({
      enabled: false,
      disabled: { reason: 'PERSON' },
    });
    await send('deposit', { userId: 10002, usdtAmount: 1, transactionId: 'E2E-3' });
    await expect
      .poll(
        async () => (await gatehouse.ask('GET', `${PATH}/${id}/deliveries?state=pending`)).at('items.length'),
        WAIT,
      )
      .toBe(1);
    expect(subscriber.transactions()).not.toContain('E2E-3');
    const change = { enabled: true, events: ['*'], services: ['URS_PROMOTION'] };
    expect((await gatehouse.ask('PATCH', `${PATH}/${id}`, { body: change })).json).toMatchObject(change);
    await expect.poll(() => subscriber.transactions().includes('E2E-3'), WAIT).toBe(true);
    expect((await gatehouse.ask('PATCH', `${PATH}/${id}`, { body: { services: null } })).at('services')).toBe(
      undefined,
    );
    expect((await gatehouse.ask('DELETE', `${PATH}/${id}`)).status).toBe(204);
    expect((await gatehouse.ask('DELETE', `${PATH}/${id}`)).status).toBe(404);
    expect((await gatehouse.ask('GET', `${PATH}/${id}/deliveries`)).status).toBe(404);
  });

  it('of a service that there is not is made by the command line with a note', async () => {
    const environment = { GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey };
    const create = (...args: string[]) =>
      runGatehouse(['subscriptions', 'create', subscriber.url, '-e', 'user.*', ...args], environment);
    const made = await create('-s', 'NOPE', '-s', 'URS_PROMOTION');
    expect([made.code, made.err]).toEqual([0, 'note: there is no service NOPE yet\n']);
    expect(made.out).toContain('whsec_');
    expect((await create('-s', 'URS_PROMOTION')).err).toBe('');
  });

  it('tells of alerts', async () => {
    const made = await gatehouse.ask('POST', PATH, { body: { url: subscriber.url, events: ['alert.*'] } });
    subscriber.knows(made.at('secret'));
    const order = { userId: 10002, usdtAmount: 11, transactionId: 'E2E-1' };
    expect((await send('deposit', order)).status).toBe(409);
    await expect.poll(() => arrived('alert.firing').length, WAIT).toBe(1);
    expect(arrived('alert.firing')[0]).toMatchObject({
      valid: 1,
      data: { kind: 'WEBHOOK_MISMATCH', state: 'firing', count: 1 },
    });
  });
});

import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PartnerDefinition } from '../../../lib/partners/definition.ts';
import { receive } from '../../../lib/partners/receive.ts';
import type { WebhookDeps, WebhookRequest } from '../../../lib/partners/receive.ts';
import { listUnverified } from '../../../lib/partners/unverified.ts';
import { urs } from '../../../lib/partners/urs/protocol.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { seal } from '../../urs-partner.ts';
import { KEY, partner, useScenes } from './scene.ts';
import type { Scene } from './scene.ts';

let scene: Scene;
/** Of a test's own: counters are shared. */
let code: string;
useScenes((opened) => (scene = opened));
beforeEach(() => {
  code = `URS_${randomUUID().slice(0, 8).toUpperCase()}`;
  scene.definitions = [partner(code, 'urs')];
});

const changed = (webhook: object, rest: object = {}): PartnerDefinition[] => {
  const [definition] = scene.definitions;
  return [{ ...definition!, ...rest, webhook: { ...definition!.webhook!, ...webhook } }];
};
const sealed = (payload: object, key = KEY) => Buffer.from(JSON.stringify(seal(payload, key)));
let nth = 0;
const order = () => ({ userId: 1, usdtAmount: 1, transactionId: `${code} ${(nth += 1)}` });

async function send(request: Partial<WebhookRequest> = {}, deps: Partial<WebhookDeps> = {}) {
  const whole: WebhookRequest = {
    path: 'urs',
    action: 'deposit',
    headers: { 'content-type': 'application/json' },
    body: sealed(order()),
    sourceIp: '192.0.2.1',
    requestId: 'r-1',
    deadline: { at: Date.now() + 20_000 },
    ...request,
  };
  const { body, ...reply } = await receive(whole, { ...scene.deps, ...deps });
  return { ...reply, json: JSON.parse(body) as unknown };
}
const answer = (status: number, code: string, error: string, rest: object = {}) => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  json: { success: false, code, error, ...rest },
});
const NOT_ACCEPTED = 'The request was not accepted.';

/** How often which cause, of this partner's requests that were not verified; a minute may have ended meanwhile. */
async function unverified() {
  const range = { services: [code], to: Date.now() + 60_000, hours: 1 };
  const sums: Record<string, number> = {};
  for (const { cause, count } of await listUnverified(scene.stores.redis, range))
    sums[cause] = (sums[cause] ?? 0) + count;
  return sums;
}

describe('where a webhook leads', () => {
  it('a path of nobody leads nowhere, and leaves no record: there is no service to file it under', async () => {
    scene.definitions.push({ ...partner('NO_PARTNER', 'x'), webhook: undefined });
    for (const path of ['nobody', '', 'undefined', 'urs/']) {
      expect(await send({ path })).toEqual(answer(404, 'NOT_FOUND', 'Webhook not found.'));
    }
    expect(scene.records).toEqual([]);
  });

  it('one of a protocol that this version does not speak is a fault of ours', async () => {
    scene.definitions = changed({ protocol: { type: 'LATER' } });
    const { cause, ...reply } = await send();
    expect(reply).toEqual(answer(500, 'CONFIGURATION_ERROR', 'This service is not configured correctly.'));
    expect(cause).toBeInstanceOf(Error);
  });

  it('an action that the protocol has no more is not found', async () => {
    const protocols = [{ ...urs, actions: {} }] as unknown as NonNullable<WebhookDeps['protocols']>;
    expect(await send({}, { protocols })).toEqual(answer(404, 'NOT_FOUND', 'Action not found.'));
    expect(scene.records).toMatchObject([{ action: 'deposit', verdict: 'refused', code: 'NOT_FOUND' }]);
  });

  it.each(['MAINTENANCE', 'INACTIVE'] as const)(
    'one that is %s asks to come again in a minute',
    async (status) => {
      scene.definitions = changed({}, { status });
      const { cause: _cause, headers, ...reply } = await send();
      expect(headers['retry-after']).toBe('60');
      expect(reply).toMatchObject({
        status: 503,
        json: { code: 'SERVICE_UNAVAILABLE', error: 'This service is switched off.' },
      });
      expect(scene.records).toMatchObject([{ service: code, status: 503, verdict: 'failed' }]);
    },
  );
});

describe('what anybody can send', () => {
  it('is read up to 256 KB', async () => {
    const tooLarge = 256 * 1_024 + 1;
    expect(await send({ body: Buffer.alloc(tooLarge, ' ') })).toEqual(
      answer(413, 'PAYLOAD_TOO_LARGE', 'The body is larger than 256 KB.'),
    );
    const largest = Buffer.alloc(tooLarge - 1, ' ');
    sealed(order()).copy(largest);
    expect(await send({ body: largest })).toMatchObject({ status: 200 });
  });

  it('is told to wait past the rate, each source for itself', async () => {
    scene.definitions = changed({ rateLimit: { limit: 1, windowSeconds: 600 } });
    expect((await send()).status).toBe(200);
    const { headers, ...reply } = await send();
    expect(reply).toEqual({
      status: 429,
      json: { success: false, code: 'RATE_LIMITED', error: 'Too many requests.' },
    });
    expect(Number(headers['retry-after'])).toBeGreaterThan(500);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(600);
    expect((await send({ sourceIp: '192.0.2.2' })).status).toBe(200);
    expect(await unverified()).toEqual({ RATE_LIMITED: 1 });
  });

  it('is told why it is no envelope only while the service is being tested', async () => {
    const forged = () => send({ body: sealed(order(), 'another key') });
    expect(await forged()).toEqual(answer(401, 'WEBHOOK_REJECTED', NOT_ACCEPTED));
    scene.definitions = changed({}, { status: 'TESTING' });
    expect(await forged()).toEqual(answer(401, 'WEBHOOK_REJECTED', NOT_ACCEPTED, { cause: 'SIGNATURE' }));
  });

  it('is counted by its cause, of which there are few; the first ten of a minute are recorded (H9)', async () => {
    const other = scene.deps.credentials;
    const misconfigured = () => Promise.reject(new GatewayError('CONFIGURATION_ERROR', 'URS has no appKey.'));
    for (let time = 0; time < 3; time += 1) await send({ body: Buffer.from('{}') });
    for (let time = 0; time < 2; time += 1) await send({ body: sealed(order(), 'another key') });
    await send({}, { credentials: { ...other, valid: misconfigured } });
    expect(await unverified()).toEqual({ MALFORMED: 3, SIGNATURE: 2, CONFIGURATION_ERROR: 1 });
    for (let time = 0; time < 20; time += 1) await send({ body: Buffer.from('{}') });
    expect(scene.records.length).toBeGreaterThanOrEqual(10);
    expect(scene.records.length).toBeLessThanOrEqual(20);
    for (const record of scene.records) expect(record).not.toHaveProperty('payload');
  });

  it('does not crowd out what the partner has signed, whatever comes of that', async () => {
    for (let time = 0; time < 25; time += 1) await send({ body: Buffer.from('{}') });
    scene.records = [];
    await send();
    await send({ action: 'withdraw', body: sealed({ ...order(), userId: 2 }) });
    await send({ action: 'register', body: sealed({}) });
    expect(scene.records.map(({ verdict, code }) => [verdict, code])).toEqual([
      ['accepted', undefined],
      ['refused', 'INSUFFICIENT_FUNDS'],
      ['refused', 'VALIDATION_FAILED'],
    ]);
    expect(await unverified()).toEqual({ MALFORMED: 25 });
  });
});

describe('the record of a delivery', () => {
  it('says from where, when, how long it took, what it was and what it came to', async () => {
    const startedAt = Date.now();
    let now = startedAt;
    const { credentials, random } = scene.deps;
    const slow = { ...credentials, valid: (of: string) => ((now += 25), credentials.valid(of)) };
    const payload = order();
    await send(
      { body: sealed(payload), sourceIp: '192.0.2.7' },
      {
        clock: { ...scene.deps.clock, now: () => now },
        credentials: slow,
        random: { ...random, id: (at) => `id of ${at}` },
      },
    );
    expect(scene.records).toEqual([
      {
        id: `id of ${startedAt}`,
        at: new Date(startedAt).toISOString(),
        service: code,
        action: 'deposit',
        source: '192.0.2.7',
        status: 200,
        verdict: 'accepted',
        transactionId: payload.transactionId,
        keyVersionId: 'v1',
        durationMs: 25,
        requestId: 'r-1',
        payload: JSON.stringify(payload),
      },
    ]);
  });
});

describe('a failure of ours', () => {
  it('is kept from the sender, and handed to the log', async () => {
    const fault = new TypeError('password=hunter2');
    const { cause, ...reply } = await send(
      { action: 'register', body: sealed({ uid: 1 }) },
      { register: () => Promise.reject(fault) },
    );
    expect(reply).toEqual(answer(500, 'INTERNAL', 'Internal error; send it again.'));
    expect(cause).toBe(fault);
    expect(scene.records).toMatchObject([{ status: 500, verdict: 'failed', code: 'INTERNAL' }]);
  });

  it('is none where the partner is at fault, or nobody', async () => {
    for (const reply of [await send(), await send({ body: sealed({}) })])
      expect(reply).not.toHaveProperty('cause');
  });

  it('by a store that hangs ends with the time there is, and asks to send it again', async () => {
    const hangs = () => new Promise<never>(() => undefined);
    const { ledger, credentials } = scene.deps;
    for (const deps of [
      { ledger: { ...ledger, post: hangs } },
      { credentials: { ...credentials, valid: hangs } },
    ]) {
      const deadline = { at: Date.now() + 2_050 };
      const { status, headers, json, cause } = await send({ deadline }, deps);
      expect([status, headers['retry-after'], json]).toEqual([
        503,
        '5',
        { success: false, code: 'STORE_UNAVAILABLE', error: 'Temporarily unavailable; send it again.' },
      ]);
      expect(cause).toMatchObject({ message: 'The stores did not answer in time.' });
    }
    expect(scene.records.map(({ verdict, cause }) => [verdict, cause])).toEqual([
      ['failed', 'STORE_UNAVAILABLE'],
      ['failed', 'STORE_UNAVAILABLE'],
    ]);
  });
});

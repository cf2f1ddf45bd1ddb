import { createHash, createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testChannel } from '../../../lib/events/channels/test-channel.ts';
import { createChannels } from '../../../lib/events/channels/create-channels.ts';
import type { NewChannel } from '../../../lib/events/channels/create-channels.ts';
import { readSubscription } from '../../../lib/events/subscription-item.ts';
import { alertId } from '../../../lib/watch/alerts/alerts.ts';
import type { AlertInput } from '../../../lib/watch/alerts/alerts.ts';
import { startPeer } from '../../peer.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { startDingTalk, startSlack } from './robots.ts';
import type { Robot } from './robots.ts';
import { openScene } from './scene.ts';
import type { Scene } from './scene.ts';
import { startSubscriber } from './subscriber.ts';

const SECRET = 'SEC0123456789canary-secret';
const HALF_HOUR = 1_800_000;
const MINUTE = 60_000;

let stores: TestStores;
let scene: Scene;
let ding: Robot;
let slack: Robot;

beforeEach(async () => {
  stores = await openStores();
  scene = openScene(stores);
  ding = await startDingTalk(SECRET, () => scene.clock.now());
  slack = await startSlack();
});
afterEach(async () => {
  await ding.stop();
  await slack.stop();
  await stores.close();
});

const add = (change: Partial<NewChannel> = {}) =>
  scene.channels.create({ name: 'ops', type: 'DINGTALK', url: ding.url, createdBy: 'test', ...change });
const addDing = (change: Partial<NewChannel> = {}) => add({ secret: SECRET, ...change });
const addSlack = (change: Partial<NewChannel> = {}) =>
  add({ name: 'night', type: 'SLACK', url: slack.url, ...change });
const raise = (subject: string, change: Partial<AlertInput> = {}) =>
  scene.alerts.raise({
    kind: 'LOGIN_LOCKED',
    subject,
    severity: 'critical',
    summary: `${subject} is locked.`,
    ...change,
  });
const resolve = (subject: string) => scene.alerts.resolve('LOGIN_LOCKED', subject);
const shown = async (subject: string) =>
  (await scene.alertStore.list({ limit: 1_000 })).items.find((alert) => alert.subject === subject);
const failing = async () =>
  (await scene.alertStore.list({})).items.filter(({ kind }) => kind === 'CHANNEL_FAILING');
const statesOf = async (id: string) =>
  (await scene.deliveries.search(id, {})).items.map(({ state }) => state);

describe('an alert', () => {
  it('is one message in each channel when it fires and one when it is resolved', async () => {
    await addDing();
    await addSlack();
    await raise('ORDERS');
    await raise('ORDERS');
    await scene.flow();
    for (const robot of [ding, slack]) {
      expect(robot.taken).toHaveLength(1);
      expect(robot.taken[0]).toContain('告警 Alert: LOGIN_LOCKED ORDERS');
      expect(robot.taken[0]).toContain(alertId('LOGIN_LOCKED', 'ORDERS'));
    }
    await resolve('ORDERS');
    await scene.flow();
    for (const robot of [ding, slack]) {
      expect(robot.taken).toHaveLength(2);
      expect(robot.taken[1]).toContain('告警已恢复 Alert resolved');
    }
  });

  it('is told by severity and by service', async () => {
    await addDing({ severities: ['critical'] });
    await addSlack({ services: ['ORDERS'] });
    await raise('ORDERS', { severity: 'warning' });
    await raise('PAYMENTS');
    await raise('PAYMENTS/north', { severity: 'info' });
    await raise('2026-row-of-no-service', { severity: 'warning' });
    await scene.flow();
    expect([ding.taken.length, slack.taken.length]).toEqual([1, 1]);
    expect(ding.taken[0]).toContain('PAYMENTS is locked.');
    expect(slack.taken[0]).toContain('ORDERS is locked.');
    const told = async (subject: string) => (await shown(subject))!.told;
    expect([await told('ORDERS'), await told('PAYMENTS')]).toEqual([true, true]);
    expect([await told('PAYMENTS/north'), await told('2026-row-of-no-service')]).toEqual([false, false]);
  });

  it('that no channel takes is shown as such', async () => {
    await raise('NOBODY');
    await scene.flow();
    await addSlack();
    slack.answer(() => 'no');
    await raise('DEAF');
    await scene.flow();
    expect([(await shown('NOBODY'))!.told, (await shown('DEAF'))!.told]).toEqual([false, false]);
    slack.answer(undefined);
    scene.clock.forward(2 * MINUTE);
    await scene.sweep();
    expect((await shown('DEAF'))!.told).toBe(true);
  });

  it('is told again each half hour, once, whoever raises it; not any more once it is acknowledged', async () => {
    await addSlack();
    await raise('ORDERS');
    await scene.flow();
    scene.clock.forward(HALF_HOUR);
    await Promise.all(Array.from({ length: 12 }, () => raise('ORDERS')));
    await scene.flow();
    expect(slack.taken).toHaveLength(2);
    expect(slack.taken[1]).toContain('仍在告警 Alert still firing');
    await scene.alertStore.acknowledge(alertId('LOGIN_LOCKED', 'ORDERS'), 'key-7');
    scene.clock.forward(HALF_HOUR);
    await raise('ORDERS');
    await scene.flow();
    expect(slack.taken).toHaveLength(2);
    await resolve('ORDERS');
    await scene.flow();
    expect(slack.saying('Alert resolved')).toHaveLength(1);
  });

  it('is told again in each channel after its own cool-down, and to subscriptions each half hour', async () => {
    const quick = await addDing({ coolDownSeconds: 300 });
    await addSlack({ coolDownSeconds: 3_600 });
    const business = await startSubscriber();
    await scene.subscriptions.create({ url: business.url, events: ['alert.*'], createdBy: 'test' });
    expect(quick.coolDownSeconds).toBe(300);
    const counts: string[] = [];
    for (let minute = 0; minute <= 60; minute += 5) {
      await Promise.all([raise('ORDERS'), raise('ORDERS')]);
      await scene.flow();
      // A message is no sooner taken than it comes: a raise in between is too early for every channel.
      scene.clock.forward(4 * MINUTE);
      await raise('ORDERS');
      await scene.flow();
      scene.clock.forward(MINUTE);
      counts.push([ding.taken, slack.taken, business.requests].map(({ length }) => length).join(' '));
    }
    await business.stop();
    expect(counts.slice(0, 7)).toEqual(['1 1 1', '2 1 1', '3 1 1', '4 1 1', '5 1 1', '6 1 1', '7 1 2']);
    expect(counts.slice(7)).toEqual(['8 1 2', '9 1 2', '10 1 2', '11 1 2', '12 1 2', '13 2 3']);
    await scene.alertStore.acknowledge(alertId('LOGIN_LOCKED', 'ORDERS'), 'key-7');
    scene.clock.forward(2 * HALF_HOUR);
    await raise('ORDERS');
    await scene.flow();
    expect(ding.taken).toHaveLength(13);
  });

  it('is told later where the process died after it was written, and before anything was sent', async () => {
    await addSlack();
    await raise('ORDERS');
    expect(slack.requests).toEqual([]);
    // What comes back has the tables and their streams, and nothing else.
    scene = openScene(stores);
    await scene.spread();
    // The invocation of the run is lost, too.
    scene.called.splice(0);
    scene.clock.forward(MINUTE);
    await scene.sweep();
    expect(slack.saying('ORDERS is locked.')).toHaveLength(1);
  });

  it('is told again where the process died between the message and writing that down', async () => {
    await addSlack();
    await raise('ORDERS');
    await scene.spread();
    const { deliveries } = scene.deps;
    scene.deps.deliveries = { ...deliveries, succeeded: () => Promise.reject(new Error('killed')) };
    await expect(scene.run()).rejects.toThrow('killed');
    scene.deps.deliveries = deliveries;
    scene.clock.forward(MINUTE);
    await scene.sweep();
    expect(slack.taken).toHaveLength(2);
    expect((await shown('ORDERS'))!.told).toBe(true);
  });
});

describe('a channel', () => {
  it('that fails is shown, tried after 5 s, 30 s, 2 min, and given up with an alert; success ends both', async () => {
    const { id } = await add({ secret: 'SECwrong' });
    await raise('ORDERS');
    await scene.flow();
    const sent = ding.requests.length;
    expect(sent).toBe(3);
    const [before] = await scene.channels.list();
    expect(before).toMatchObject({ failures: 3, lastError: 'errcode 310000: sign not match' });
    expect(await failing()).toEqual([]);
    scene.clock.forward(2 * MINUTE);
    await scene.sweep();
    expect(await statesOf(id)).toContain('dead');
    const times = ding.requests
      .slice(0, 4)
      .map(({ url }) => Number(new URL(url, 'http://x').searchParams.get('timestamp')));
    const waits = times.slice(1).map((time, index) => time - times[index]!);
    expect(waits[0]).toBeGreaterThanOrEqual(5_000);
    expect(waits[1]).toBeGreaterThanOrEqual(30_000);
    expect(waits[2]).toBeGreaterThanOrEqual(120_000);
    expect(await failing()).toMatchObject([{ subject: id, state: 'firing', severity: 'warning' }]);
    ding.answer(() => '{"errcode":0,"errmsg":"ok"}');
    await raise('PAYMENTS');
    await scene.flow();
    const [after] = await scene.channels.list();
    expect([after!.failures, after!.lastError]).toEqual([0, undefined]);
    expect(await failing()).toMatchObject([{ state: 'resolved' }]);
  });

  it('is told its own failure by the others, and its failing ends by itself', async () => {
    await add({ secret: 'SECwrong' });
    await addSlack();
    await raise('ORDERS');
    for (let minutes = 0; minutes < 10; minutes++) {
      await scene.flow();
      scene.clock.forward(MINUTE);
      await scene.sweep();
    }
    expect(slack.saying('CHANNEL_FAILING')).toHaveLength(1);
    // ORDERS, and CHANNEL_FAILING: four tries each, and no third message.
    expect(ding.requests).toHaveLength(8);
  });

  it('that takes 20 messages a minute loses none of a burst', async () => {
    const { id } = await addDing();
    const subjects = Array.from({ length: 45 }, (_, index) => `S${100 + index}`);
    for (const subject of subjects) await raise(subject);
    await scene.flow();
    await scene.sweep();
    for (const subject of subjects) expect(ding.saying(`${subject} is locked.`)).toHaveLength(1);
    expect(ding.requests).toHaveLength(45);
    expect(new Set(await statesOf(id))).toEqual(new Set(['delivered']));
  });

  it('that says "too many" is left alone for a minute, which counts as no try', async () => {
    const { id } = await addDing();
    ding.answer(() => '{"errcode":130101,"errmsg":"send too fast"}');
    for (let index = 0; index < 6; index++) await raise(`S${index}`);
    for (let minutes = 0; minutes < 10; minutes++) {
      await scene.flow();
      scene.clock.forward(MINUTE);
      await scene.sweep();
    }
    expect(new Set(await statesOf(id))).toEqual(new Set(['pending']));
    expect(ding.requests.length).toBeLessThanOrEqual(12);
    ding.answer(undefined);
    for (let minutes = 0; minutes < 3; minutes++) {
      scene.clock.forward(MINUTE);
      await scene.sweep();
    }
    expect(new Set(await statesOf(id))).toEqual(new Set(['delivered']));
    for (let index = 0; index < 6; index++) expect(ding.saying(`S${index} is locked.`)).toHaveLength(1);
  });

  it('is tested: what comes of it is said, and shown', async () => {
    const { id } = await addDing();
    const deadline = { at: scene.clock.now() + 20_000 };
    const test = () => testChannel(id, deadline, { ...scene.deps, channels: scene.channels });
    expect(await test()).toMatchObject({ delivered: true, status: 200 });
    expect(ding.saying('告警测试 Alert test')).toHaveLength(1);
    ding.answer(() => `{"errcode":300005,"errmsg":"token canary-token-4f1c is not exist"}`);
    expect(await test()).toMatchObject({ delivered: false, error: 'errcode 300005: token *** is not exist' });
    expect(await scene.channels.list()).toMatchObject([
      { failures: 1, lastError: expect.stringContaining('300005') as string },
    ]);
    ding.answer(undefined);
    await test();
    expect(await scene.channels.list()).toMatchObject([{ failures: 0 }]);
  });

  it('that was removed gets nothing more', async () => {
    const { id } = await addSlack();
    await raise('ORDERS');
    await scene.spread();
    await scene.channels.remove(id);
    await scene.run();
    await scene.sweep();
    expect(slack.requests).toEqual([]);
    await expect(scene.channels.remove(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is no subscription, and a subscription is none', async () => {
    const { id } = await addSlack();
    const made = await scene.subscriptions.create({ url: slack.url, events: ['*'], createdBy: 'test' });
    expect([await scene.subscriptions.list(), await scene.channels.list()]).toMatchObject([
      [{ id: made.id }],
      [{ id }],
    ]);
    await expect(scene.subscriptions.remove(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(scene.channels.remove(made.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { items } = await stores.documents.scan({ table: stores.names.tables.events });
    // So a version from before there were channels leaves them alone.
    expect(readSubscription(items.find((item) => item['id'] === id)!)).toBeUndefined();
  });

  it('whose key is lost is shown and alerted; what it was to say waits', async () => {
    const { id } = await addSlack();
    const { outlets } = scene.deps;
    scene.deps.outlets = { ...outlets, open: async () => undefined };
    await raise('ORDERS');
    await scene.flow();
    expect(await failing()).toMatchObject([{ subject: id }]);
    expect(await scene.channels.list()).toMatchObject([{ lastError: 'SECRET_LOST' }]);
    scene.deps.outlets = outlets;
    await scene.sweep();
    expect(slack.saying('ORDERS is locked.')).toHaveLength(1);
  });
});

describe('a WEBHOOK', () => {
  it('is a Standard Webhook with the secret that was made for it, and shown once', async () => {
    const subscriber = await startSubscriber();
    try {
      const { secret, ...made } = await add({ type: 'WEBHOOK', url: subscriber.url });
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      expect(await scene.channels.list()).toEqual([made]);
      subscriber.knows(secret!);
      await raise('ORDERS');
      await scene.flow();
      const { told: _, ...alert } = (await shown('ORDERS'))!;
      expect(subscriber.all).toMatchObject([{ type: 'alert.firing', valid: 1, data: alert }]);
      const given = `whsec_${Buffer.alloc(24, 5).toString('base64')}`;
      expect(await add({ type: 'WEBHOOK', url: subscriber.url, secret: given })).not.toHaveProperty('secret');
    } finally {
      await subscriber.stop();
    }
  });
});

describe('an SNS topic', () => {
  const aws = { accessKeyId: 'AKID', secretAccessKey: 'aws-secret-key' };

  it('gets a request that is signed as AWS says', async () => {
    const peer = await startPeer((_request, response) => void response.end('<PublishResponse/>'));
    scene = openScene(stores, { aws: { ...aws, endpoint: `${peer.url}/` } });
    try {
      await add({ type: 'SNS', url: 'arn:aws:sns:ap-east-1:123456789012:alerts' });
      await raise('ORDERS');
      await scene.flow();
      const [{ headers, body }] = peer.seen as [(typeof peer.seen)[number]];
      const [, date, names, signature] =
        /Credential=AKID\/(\d{8})\/ap-east-1\/sns\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
          String(headers.authorization),
        )!;
      const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
      const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
      const canonical = [
        'POST',
        '/',
        '',
        ...names!.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
        '',
        names,
        sha256(body),
      ].join('\n');
      const scope = `${date}/ap-east-1/sns/aws4_request`;
      const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${aws.secretAccessKey}`);
      const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
      expect(hmac(key, text).toString('hex')).toBe(signature);
      expect(new URLSearchParams(body.toString()).get('Message')).toContain('ORDERS is locked.');
      expect((await shown('ORDERS'))!.told).toBe(true);
    } finally {
      await peer.stop();
    }
  });

  it('is failing where nobody is known to AWS', async () => {
    await add({ type: 'SNS', url: 'arn:aws:sns:ap-east-1:123456789012:alerts' });
    await raise('ORDERS');
    await scene.flow();
    expect(await scene.channels.list()).toMatchObject([
      { lastError: expect.stringContaining('credentials') as string },
    ]);
  });
});

describe('what opens a channel', () => {
  it('is in no table, no list and no line of the log', async () => {
    const answers = [await addDing(), await addSlack()];
    ding.answer(({ url }) => JSON.stringify({ errcode: 1, errmsg: `refused ${url} ${SECRET}` }));
    slack.answer(() => 'canary-token-xyz is no token');
    await raise('ORDERS');
    await scene.flow();
    scene.clock.forward(3 * MINUTE);
    await scene.sweep();
    answers.push(...(await scene.channels.list()));
    const { items: events } = await stores.documents.scan({ table: stores.names.tables.events });
    const { items: records } = await stores.documents.scan({ table: stores.names.tables.records });
    const everything = JSON.stringify([answers, events, records, scene.lines]);
    expect(everything).toContain('CHANNEL_FAILING');
    expect(everything).not.toContain('canary');
    expect(answers.map(({ url }) => url.replace(/^.*:\d+/, ''))).toEqual([
      '/robot/send?access_token=***',
      '/services/T0/B0/***',
      '/robot/send?access_token=***',
      '/services/T0/B0/***',
    ]);
  });
});

describe('an address', () => {
  const strict = () => {
    const { documents, tables, clock, random } = scene.deps;
    const vault = { open: async () => undefined, seal: async () => 'sealed', unseal: async () => undefined };
    return createChannels({ documents, table: tables.events, vault, clock, random, isLocal: false });
  };

  it.each([
    ['DINGTALK', 'http://oapi.dingtalk.com/robot/send'],
    ['SLACK', 'https://127.0.0.1/services'],
    ['WEBHOOK', 'https://169.254.169.254/latest'],
    ['FEISHU', 'https://printer.local/'],
    ['WECOM', 'https://example.com/#here'],
    ['SNS', 'https://sns.ap-east-1.amazonaws.com/'],
  ] as const)('of %s, %s, is refused', async (type, url) => {
    const input = { name: 'x', type, url, createdBy: 'test' };
    await expect(strict().create(input)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ field: 'url' }],
    });
  });

  it('is one of at most 20', async () => {
    for (let index = 0; index < 20; index++) await addSlack();
    await expect(addSlack()).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});

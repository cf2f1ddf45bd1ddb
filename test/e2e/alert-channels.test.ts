/** Alerts through the whole product, each function under its role: people are told in DingTalk and in Slack. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alerts } from '../../functions/wiring/alerts.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { startDingTalk, startSlack } from '../integration/events/robots.ts';
import type { Robot } from '../integration/events/robots.ts';
import { sendJson } from '../peer.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

const PATH = '/v1/admin/alerts/channels';
const SECRET = 'SEC0123456789canary-secret';
const WAIT = { timeout: 20_000, interval: 50 };

let gatehouse: Gatehouse;
let peer: Peer;
let ding: Robot;
let slack: Robot;

withPeer((both) => ({ gatehouse, peer } = both));
beforeAll(async () => {
  ding = await startDingTalk(SECRET, Date.now);
  slack = await startSlack();
});
afterAll(async () => {
  await ding.stop();
  await slack.stop();
});

interface Listed {
  kind: string;
  subject: string;
  state: string;
}
const alertOf = async (subject: string) =>
  (await gatehouse.ask('GET', '/v1/admin/alerts'))
    .at<{ id: string; subject: string; state: string; told: boolean }[]>('items')
    .find((alert) => alert.subject === subject);

describe('alert channels', () => {
  let ids: string[] = [];

  it('are added, shown without their keys, and refused where they cannot be right', async () => {
    const bodies = [
      {
        name: 'on call',
        type: 'DINGTALK',
        url: ding.url,
        secret: SECRET,
        severities: ['warning', 'critical'],
      },
      { name: 'night', type: 'SLACK', url: slack.url, coolDownSeconds: 60 },
    ];
    const made = [];
    for (const body of bodies) made.push(await gatehouse.ask('POST', PATH, { body }));
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    ids = made.map((answer) => answer.at('id'));
    const list = await gatehouse.ask('GET', PATH);
    expect(list.json).toEqual({ items: expect.arrayContaining(made.map(({ json }) => json)) as object });
    expect([...made, list].map(({ text }) => text).join('')).not.toContain('canary');
    expect(made.map((answer) => answer.at('coolDownSeconds'))).toEqual([1_800, 60]);
    expect(list.at<object[]>('items')).toHaveLength(2);
    for (const [field, body] of [
      ['url', { name: 'x', type: 'SLACK', url: 'http://10.0.0.1/hook' }],
      ['url', { name: 'x', type: 'SNS', url: slack.url }],
      ['secret', { name: 'x', type: 'WEBHOOK', url: slack.url, secret: 'mine' }],
      ['type', { name: 'x', type: 'PIGEON', url: slack.url }],
      ['coolDownSeconds', { name: 'x', type: 'SLACK', url: slack.url, coolDownSeconds: 59 }],
      ['coolDownSeconds', { name: 'x', type: 'SLACK', url: slack.url, coolDownSeconds: 86_401 }],
    ] as const) {
      const refused = await gatehouse.ask('POST', PATH, { body });
      expect([refused.status, refused.at('errors.0.field')]).toEqual([422, field]);
    }
  });

  it('have every alert of a service when it fires, and when it is resolved', async () => {
    peer.answer((_request, response) => sendJson(response, {}));
    await gatehouse.register({
      code: 'SLIDER',
      name: 'SLIDER',
      baseUrl: peer.url,
      operations: { orders: { method: 'GET', path: '/orders' } },
      auth: { type: 'SESSION' },
    });
    for (let times = 0; times < 3; times++) await gatehouse.call('SLIDER', 'orders');
    for (const robot of [ding, slack]) {
      await expect.poll(() => robot.saying('告警 Alert: SESSION_NEEDS_PERSON SLIDER').length, WAIT).toBe(1);
    }
    await expect.poll(async () => (await alertOf('SLIDER'))!.told, WAIT).toBe(true);
    const acknowledged = await gatehouse.ask(
      'POST',
      `/v1/admin/alerts/${(await alertOf('SLIDER'))!.id}/acknowledge`,
    );
    expect(acknowledged.json).toMatchObject({
      state: 'acknowledged',
      acknowledgedBy: expect.any(String) as string,
    });
    const listed = await gatehouse.ask('GET', '/v1/admin/alerts?state=acknowledged');
    expect(listed.at('items')).toMatchObject([{ subject: 'SLIDER' }]);
    const body = { cookies: [{ name: 'sid', value: 'browser-sid-0123456789abcdef' }] };
    await gatehouse.ask('PUT', '/v1/admin/services/SLIDER/session', { body });
    for (const robot of [ding, slack]) {
      await expect
        .poll(() => robot.saying('Alert resolved: SESSION_NEEDS_PERSON SLIDER').length, WAIT)
        .toBe(1);
      expect(robot.taken).toHaveLength(2);
    }
    expect((await alertOf('SLIDER'))!.state).toBe('resolved');
  });

  it('have no alert about a service that is gone; what became of money stays', async () => {
    const service = { name: 'x', baseUrl: peer.url, auth: { type: 'SESSION' } };
    for (const code of ['LEAVING', 'LEAVING_NOT']) {
      const operations = { orders: { method: 'GET', path: '/orders' } };
      await gatehouse.register({ ...service, code, operations });
      await gatehouse.call(code, 'orders');
    }
    await alerts().raise({ kind: 'TRANSFER_DEAD', subject: 'LEAVING', severity: 'critical', summary: 'x' });
    expect((await gatehouse.ask('DELETE', '/v1/admin/services/LEAVING')).status).toBe(204);
    const { items } = (await gatehouse.ask('GET', '/v1/admin/alerts')).json as { items: Listed[] };
    const states = items
      .filter(({ subject }) => subject.startsWith('LEAVING'))
      .map(({ kind, subject, state }) => `${kind} ${subject} ${state}`);
    expect(states.toSorted((a, b) => a.localeCompare(b))).toEqual([
      'SESSION_NEEDS_PERSON LEAVING resolved',
      'SESSION_NEEDS_PERSON LEAVING_NOT firing',
      'TRANSFER_DEAD LEAVING firing',
    ]);
  });

  it('are tested, shown where they fail, and removed', async () => {
    const [id] = ids;
    const tested = await gatehouse.ask('POST', `${PATH}/${id}/test`);
    expect([tested.status, tested.json]).toMatchObject([200, { delivered: true, status: 200 }]);
    ding.answer(() => '{"errcode":300005,"errmsg":"token canary-token-4f1c is not exist"}');
    const refused = await gatehouse.ask('POST', `${PATH}/${id}/test`);
    expect(refused.json).toMatchObject({ delivered: false, error: 'errcode 300005: token *** is not exist' });
    const list = await gatehouse.ask('GET', PATH);
    expect(list.at<{ id: string }[]>('items').find((one) => one.id === id)).toMatchObject({
      failures: 1,
      lastError: 'errcode 300005: token *** is not exist',
    });
    for (const one of ids) expect((await gatehouse.ask('DELETE', `${PATH}/${one}`)).status).toBe(204);
    for (const [method, path] of [
      ['DELETE', `${PATH}/${id}`],
      ['POST', `${PATH}/${id}/test`],
      ['POST', '/v1/admin/alerts/alr_none/acknowledge'],
    ] as const)
      expect((await gatehouse.ask(method, path)).status).toBe(404);
    expect((await gatehouse.ask('GET', PATH)).json).toEqual({ items: [] });
  });
});

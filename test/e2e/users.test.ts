import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { sendJson, startPeer } from '../peer.ts';
import type { Peer } from '../peer.ts';
import { deliver, seal } from '../urs-partner.ts';

const key = randomBytes(16).toString('hex');
/** A second service of the same kind, with users of its own. */
const OTHER = 'OTHER_PROMOTION';

describe('URS users over HTTP', () => {
  let gatehouse: Gatehouse;
  let urs: Peer;
  let down = false;
  let calls = 0;
  const teams: Record<string, number[]> = { 20_004: [20_003, 20_002, 20_001] };

  beforeAll(async () => {
    urs = await startPeer(({ url }, response) => {
      calls += 1;
      if (down) return sendJson(response, { success: false }, 503);
      // The user asked for is sealed into the request; one team is enough here.
      const data = url.endsWith('userInfo')
        ? { userId: 20_004, nickname: '小明' }
        : url.endsWith('userTeam')
          ? { userId: 20_004, team: teams['20004'] }
          : { count: 7 };
      sendJson(response, { success: true, data });
    });
    gatehouse = await startGatehouse();
    const operation = (name: string) => ({
      method: 'POST',
      path: `/ecology/{{settings.ecologyId}}/${name}`,
      body: 'json',
      params: {
        type: 'object',
        properties: { userKey: {}, userId: {}, level: {} },
        additionalProperties: false,
      },
      idempotent: true,
    });
    for (const [code, path] of [
      ['URS_PROMOTION', 'urs'],
      [OTHER, 'other'],
    ] as const) {
      await gatehouse.register(
        {
          code,
          name: 'URS',
          serviceType: 'SOCIAL',
          baseUrl: `${urs.url}/api`,
          auth: { type: 'SIGNATURE' },
          operations: Object.fromEntries(
            ['userInfo', 'userTeam', 'userLevelCount'].map((n) => [n, operation(n)]),
          ),
          webhook: { path },
          settings: { ecologyId: 1, fundUserId: 15, controlUserId: 16 },
        },
        { appKey: key },
      );
    }
  });
  afterAll(async () => {
    await gatehouse.stop();
    await urs.stop();
  });

  const enter = (body: object) => gatehouse.ask('POST', '/v1/urs/enter', { body });
  const get = (path: string) => gatehouse.ask('GET', `/v1/urs/users/${path}`);
  const send = (payload: object, path = 'urs') =>
    deliver(`${gatehouse.url}/webhook/${path}/register`, seal(payload, key));

  it('50 enter at once: one user, one answer, few calls', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => enter({ userKey: 'k', localUserId: 7 })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.filter((answer) => answer.at('created'))).toHaveLength(1);
    expect(answers[0]!.json).toMatchObject({
      ursUid: 20_004,
      localUserId: 7,
      nickname: '小明',
      superiors: [20_003, 20_002, 20_001],
      stale: false,
    });
    expect(calls).toBeLessThan(50);
  });

  it('refuses bindings, ids and queries that are not valid', async () => {
    const bound = await enter({ userKey: 'k', localUserId: 8 });
    expect([bound.status, bound.at('code')]).toEqual([409, 'BINDING_CONFLICT']);
    expect((await enter({ userKey: '' })).status).toBe(422);
    expect((await enter({ userKey: 'k', role: 'admin' })).status).toBe(422);
    for (const path of [
      'x',
      '0',
      '01',
      '1e3',
      '9007199254740993',
      '20004/downline?level=2',
      '20004/downline?cursor=x',
      '20004?service=lower',
      '20004?services=URS_PROMOTION',
    ]) {
      expect((await get(path)).status, path).toBe(422);
    }
    expect((await get('99999')).status).toBe(404);
    expect((await get('20004?service=NOT_REGISTERED')).status).toBe(404);
    const misspelt = '/v1/urs/users/sync?service=NOT_REGISTERED';
    expect((await gatehouse.ask('POST', misspelt, { body: { all: true } })).status).toBe(404);
    const neither = await gatehouse.ask('POST', '/v1/urs/users/sync', { body: {} });
    expect(neither.status).toBe(422);
  });

  it('register by webhook, then up, down and sync', async () => {
    const first = await send({ uid: 20_005, superiors: [20_004, 20_003, 20_002] });
    expect([first.status, first.json]).toEqual([
      200,
      { success: true, data: { uid: 20_005, superiors: [20_004, 20_003, 20_002], created: true } },
    ]);
    expect((await send({ uid: '20006', superiors: [20_005, 0, 0] })).json.data).toEqual({
      uid: 20_006,
      superiors: [20_005, 20_004, 20_003],
      created: true,
    });
    const cycle = await send({ uid: 20_003, superiors: [20_006] });
    expect([cycle.status, cycle.json.code]).toEqual([422, 'VALIDATION_FAILED']);
    expect((await get('20006/team')).json).toMatchObject({
      uid: 20_006,
      superiors: [20_005, 20_004, 20_003],
      team: [
        { level: 1, uid: 20_005 },
        { level: 2, uid: 20_004, nickname: '小明' },
        { level: 3, uid: 20_003 },
      ],
      stale: false,
    });
    const page = await get('20003/downline?level=3&limit=2');
    expect(page.json).toMatchObject({
      count: 3,
      ursCount: 7,
      items: [
        { uid: 20_004, generation: 1 },
        { uid: 20_005, generation: 2 },
      ],
    });
    const rest = await get(`20003/downline?level=3&limit=2&cursor=${page.at<string>('cursor')}`);
    expect(rest.json).toMatchObject({ count: 3, items: [{ uid: 20_006, generation: 3 }] });
    expect((await get('20003/downline')).at('count')).toBe(1);
    teams['20004'] = [20_009];
    const synced = await gatehouse.ask('POST', '/v1/urs/users/sync', { body: { uids: ['20004', 12_345] } });
    expect(synced.json).toMatchObject({
      items: [
        { uid: 20_004, success: true, superiors: [20_009] },
        { uid: 12_345, success: false, error: { code: 'NOT_FOUND' } },
      ],
    });
    expect((await get('20006')).at('superiors')).toEqual([20_005, 20_004, 20_009]);
  });

  it('the same uid in two services is two users', async () => {
    const other = (path: string) => get(`${path}?service=${OTHER}`);
    expect((await other('20005')).status).toBe(404);
    expect((await send({ uid: 20_005, superiors: [20_030] }, 'other')).json.data).toEqual({
      uid: 20_005,
      superiors: [20_030],
      created: true,
    });
    expect((await other('20005/team')).at('superiors')).toEqual([20_030]);
    expect((await other('20030/downline')).at('items')).toMatchObject([{ uid: 20_005 }]);
    expect((await get('20005?service=URS_PROMOTION')).at('superiors')).toEqual([20_004, 20_009]);
    expect((await get('20030')).status).toBe(404);
    const entered = await gatehouse.ask('POST', `/v1/urs/enter?service=${OTHER}`, {
      body: { userKey: 'k', localUserId: 8 },
    });
    expect(entered.json).toMatchObject({ ursUid: 20_004, localUserId: 8, created: true });
    const synced = await gatehouse.ask('POST', `/v1/urs/users/sync?service=${OTHER}`, {
      body: { uids: [20_004, 20_006] },
    });
    expect(synced.json).toMatchObject({
      items: [{ success: true }, { success: false, error: { code: 'NOT_FOUND' } }],
    });
  });

  it('answers, marked stale, when URS is down', async () => {
    down = true;
    for (const path of ['20004', '20004/team', '20004/downline?level=1']) {
      const answer = await get(path);
      expect([answer.status, answer.at('stale')], path).toEqual([200, true]);
    }
    expect((await get('20004/team')).at('superiors')).toEqual([20_009]);
    expect((await get('20003/downline?level=1')).at('count')).toBe(0);
    down = false;
  });
});

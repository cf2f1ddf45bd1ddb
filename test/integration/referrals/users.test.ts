import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import type { Entered } from '../../../lib/referrals/referrals.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { altered } from '../../cursors.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { Killed, mortal, scene, SERVICE } from './scene.ts';
import type { Scene } from './scene.ts';

describe('users', () => {
  let stores: TestStores;
  let s: Scene;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());
  beforeEach(() => {
    s = scene(stores);
    s.partner.users.set('ukey', { uid: s.id(4), nickname: '小明' });
    s.partner.teams.set(s.id(4), [3, 2, 1].map(s.id));
  });

  const local = () => `farm-${s.id(0)}`;

  it('enter creates and binds the user and stores the superiors', async () => {
    const { users, context, id } = s;
    const entered = {
      uid: id(4),
      localUserId: local(),
      nickname: '小明',
      superiors: [3, 2, 1].map(id),
      created: true,
      stale: false,
    };
    expect(await users.enter({ userKey: 'ukey', localUserId: local() }, context)).toEqual(entered);
    const again = { ...entered, created: false };
    expect(await users.enter({ userKey: 'ukey', localUserId: local() }, context)).toEqual(again);
    expect(await users.enter({ userKey: 'ukey' }, context)).toEqual(again);
    expect(await users.team(id(4), context)).toMatchObject({
      superiors: [3, 2, 1].map(id),
      team: [
        { level: 1, uid: id(3), nickname: null },
        { level: 2, uid: id(2), nickname: null },
        { level: 3, uid: id(1), nickname: null },
      ],
      stale: false,
    });
    const direct = await users.downline(id(3), { level: 1, limit: 10 }, context);
    expect(direct).toMatchObject({ count: 1, items: [{ uid: id(4), generation: 1, nickname: '小明' }] });
  });

  it('a local user id is bound once, from either side', async () => {
    const { users, context, id, partner } = s;
    partner.users.set('other', { uid: id(5), nickname: 'b' });
    await users.enter({ userKey: 'ukey', localUserId: id(7) }, context);
    const rebound = users.enter({ userKey: 'ukey', localUserId: id(8) }, context);
    await expect(rebound).rejects.toMatchObject({ code: 'BINDING_CONFLICT' });
    const taken = users.enter({ userKey: 'other', localUserId: String(id(7)) }, context);
    await expect(taken).rejects.toMatchObject({ code: 'BINDING_CONFLICT' });
    expect((await users.enter({ userKey: 'ukey', localUserId: String(id(7)) }, context)).localUserId).toBe(
      id(7),
    );
    const race = await Promise.allSettled(
      ['x', 'y'].map((name) => users.enter({ userKey: 'other', localUserId: local() + name }, context)),
    );
    expect(race.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('two users who ask for one local user at the same moment: one has it, the other is told (T)', async () => {
    const { context, id, partner } = s;
    partner.users.set('first', { uid: id(11), nickname: 'a' });
    partner.users.set('second', { uid: id(12), nickname: 'b' });
    // Both have seen it free before either writes.
    let ready = 0;
    let go = () => {};
    const both = new Promise<void>((resolve) => (go = resolve));
    const transact: Documents['transact'] = async (...args) => {
      if (++ready === 2) go();
      await both;
      return stores.documents.transact(...args);
    };
    const users = s.open({ documents: { ...stores.documents, transact } });
    const outcomes = await Promise.allSettled(
      ['first', 'second'].map((userKey) =>
        users.enter({ userKey, localUserId: `wanted-${id(11)}` }, context),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'BINDING_CONFLICT' },
    });
  });

  it('the same user entering 50 times at once, in several processes, is made once', async () => {
    const processes = [s.users, s.open(), s.open(), s.open(), s.open()];
    const entered = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        processes[n % 5]!.enter({ userKey: 'ukey', localUserId: local() }, s.context),
      ),
    );
    const alike = (one: Entered) => ({ ...one, created: true });
    for (const one of entered) expect(alike(one)).toEqual(alike(entered[0]!));
    expect(entered.filter(({ created }) => created)).toHaveLength(1);
    expect(await s.history(s.id(4))).toHaveLength(1);
    // Equal requests of one process share one call.
    expect(s.partner.calls.length).toBeLessThanOrEqual(20);
  });

  it('L4 the answer to the first write is lost: created is still true', async () => {
    let lost = false;
    const forgetful = s.open({
      documents: {
        ...stores.documents,
        transact: async (items) => {
          await stores.documents.transact(items);
          if (lost) return;
          lost = true;
          // What the SDK does: it sends the same again, and finds its own write.
          await stores.documents.transact(items);
        },
      },
    });
    expect(await forgetful.enter({ userKey: 'ukey', localUserId: local() }, s.context)).toMatchObject({
      created: true,
      localUserId: local(),
    });
    expect(await s.history(s.id(4))).toHaveLength(1);
  });

  it('killed anywhere in enter, the next enter completes it', async () => {
    for (let at = 1; ; at++) {
      s = scene(stores);
      s.partner.users.set('ukey', { uid: s.id(4), nickname: 'n' });
      s.partner.teams.set(s.id(4), [3, 2].map(s.id));
      const documents = mortal(stores.documents, at, at % 2 ? 'before' : 'after');
      const input = { userKey: 'ukey', localUserId: local() };
      await s
        .open({ documents })
        .enter(input, s.context)
        .catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error;
        });
      const whole = { uid: s.id(4), localUserId: local(), superiors: [3, 2].map(s.id), stale: false };
      expect(await s.users.enter(input, s.context)).toMatchObject(whole);
      expect(await s.history(s.id(4))).toHaveLength(1);
      if (documents.calls() < at) break;
    }
  });

  it('reads ask the partner and are answered stale when it is down', async () => {
    const { users, context, id, partner } = s;
    await users.enter({ userKey: 'ukey' }, context);
    partner.teams.set(id(4), [9, 8].map(id));
    partner.counts.set(`${id(4)} 3`, 12);
    expect(await users.team(id(4), context)).toMatchObject({ superiors: [9, 8].map(id), stale: false });
    const down = { level: 3 as const, limit: 5 };
    expect(await users.downline(id(4), down, context)).toMatchObject({
      count: 0,
      partnerCount: 12,
      stale: false,
    });

    partner.teams.set(id(4), [7].map(id));
    for (const trouble of ['down', 'stale'] as const) {
      partner[trouble] = true;
      expect(await users.team(id(4), context)).toMatchObject({ superiors: [9, 8].map(id), stale: true });
      expect(await users.user(id(4), context)).toMatchObject({ nickname: '小明', stale: true });
      expect(await users.downline(id(4), down, context)).toMatchObject({ count: 0, stale: true });
      partner[trouble] = false;
    }
    expect(await users.user(id(4), context)).toMatchObject({ superiors: [7].map(id), stale: false });
    await expect(users.team(id(99), context)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('what the partner sent is not asked for again at once', async () => {
    const { users, context, id, partner, clock } = s;
    await users.register({ uid: id(4), superiors: [id(6)], source: 'webhook' });
    partner.down = true;
    expect(await users.team(id(4), context)).toMatchObject({ superiors: [id(6)], stale: false });
    clock.forward(600_000);
    expect(await users.team(id(4), context)).toMatchObject({ superiors: [id(6)], stale: true });
  });

  it('a user enters when the superiors cannot be asked for, or would close a cycle', async () => {
    const { context, id, partner } = s;
    const blind = s.open({
      uplineSource: () => ({
        ...partner.source,
        userTeam: () => Promise.reject(new GatewayError('CIRCUIT_OPEN', 'left alone')),
      }),
    });
    expect(await blind.enter({ userKey: 'ukey' }, context)).toMatchObject({
      superiors: [],
      created: true,
      stale: true,
    });
    partner.users.set('under', { uid: id(1), nickname: 'top' });
    partner.teams.set(id(1), [id(4)]);
    expect(await s.users.enter({ userKey: 'ukey' }, context)).toMatchObject({ stale: false });
    expect(await s.users.enter({ userKey: 'under' }, context)).toMatchObject({
      superiors: [],
      created: true,
      stale: true,
    });
    expect(s.reports).toHaveLength(2);
    await expect(s.users.enter({ userKey: 'nobody' }, context)).rejects.toMatchObject({
      code: 'PLATFORM_API_ERROR',
    });
    partner.users.set('house', { uid: 15, nickname: 'h' });
    await expect(s.users.enter({ userKey: 'house' }, context)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
    partner.down = true;
    await expect(s.users.enter({ userKey: 'ukey' }, context)).rejects.toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
    });
  });

  it('E16 our own store down is an error, not a stale answer', async () => {
    await s.users.enter({ userKey: 'ukey' }, s.context);
    const down = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'no DynamoDB'));
    const { documents } = stores;
    const broken = s.open({ documents: { ...documents, get: down, query: down, transact: down } });
    for (const asked of [
      broken.team(s.id(4), s.context),
      broken.enter({ userKey: 'ukey' }, s.context),
      broken.downline(s.id(4), { level: 1, limit: 1 }, s.context),
    ]) {
      await expect(asked).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    }
  });

  it('a record that cannot be read is refused, not built upon', async () => {
    await s.users.enter({ userKey: 'ukey' }, s.context);
    await stores.documents.update(
      stores.names.tables.users,
      { pk: `USER#${SERVICE}#${s.id(3)}`, sk: 'PERSON' },
      'SET superiors = :broken',
      { values: { ':broken': 'x' } },
    );
    const under = s.users.register({ uid: s.id(9), superiors: [s.id(3)], source: 'webhook' });
    await expect(under).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
  });

  it('sync refreshes those named, each with a result of its own', async () => {
    const { users, context, id, partner } = s;
    await users.enter({ userKey: 'ukey' }, context);
    await users.register({ uid: id(5), superiors: [], source: 'webhook' });
    partner.teams.set(id(4), [id(5)]);
    partner.teams.set(id(5), [id(4)]);
    const { items } = await users.syncUsers({ uids: [id(4), id(5), id(99)] }, context);
    expect(items[0]).toEqual({ uid: id(4), success: true, superiors: [id(5)] });
    expect(items[1]).toMatchObject({ uid: id(5), success: false, error: { code: 'VALIDATION_FAILED' } });
    expect(items[2]).toMatchObject({ uid: id(99), success: false, error: { code: 'NOT_FOUND' } });
    partner.down = true;
    const failed = await users.syncUsers({ uids: [id(4)] }, context);
    expect(failed.items).toMatchObject([{ success: false, error: { code: 'PLATFORM_UNAVAILABLE' } }]);
    const hurried = { ...context, deadline: { at: s.clock.now() } };
    const some = await users.syncUsers({ uids: [4, 4, 4, 4, 4, 4].map(id) }, hurried);
    expect(some.items.map(({ error }) => error?.code)).toEqual([
      ...Array<string>(4).fill('PLATFORM_UNAVAILABLE'),
      ...Array<string>(2).fill('DEADLINE_EXCEEDED'),
    ]);
  });

  it('sync of all users goes on where it stopped and meets each user once', async () => {
    const own = await openStores();
    try {
      const alone = scene(own);
      const wanted: number[] = [];
      for (let n = 1; n <= 40; n++) {
        wanted.push(alone.id(n));
        await alone.users.register({
          uid: alone.id(n),
          superiors: [alone.id(900 + n)],
          source: 'webhook',
        });
        alone.partner.teams.set(alone.id(n), [alone.id(800)]);
      }
      const seen: number[] = [];
      let cursor: string | undefined;
      let pages = 0;
      do {
        // Every other page runs out of time.
        const deadline = { at: alone.clock.now() + (pages++ % 2 ? 0 : 20_000) };
        const page = await alone.users.syncUsers(
          { all: true, limit: 9, cursor },
          { ...alone.context, deadline },
        );
        for (const { uid, success, superiors } of page.items) {
          seen.push(uid);
          expect([success, superiors]).toEqual([true, [alone.id(800)]]);
        }
        ({ cursor } = page);
      } while (cursor !== undefined);
      expect(seen.toSorted((a, b) => a - b)).toEqual(wanted);
      expect(pages).toBeGreaterThan(9);

      const sync = (after?: string) =>
        alone.users.syncUsers({ all: true, limit: 9, cursor: after }, alone.context);
      const first = await sync();
      const asked = alone.partner.calls.length;
      for (const wrong of altered(first.cursor!))
        await expect(sync(wrong)).rejects.toMatchObject({
          code: 'VALIDATION_FAILED',
          fields: [{ field: 'cursor' }],
        });
      expect(alone.partner.calls).toHaveLength(asked);
      expect(await alone.users.downline(alone.id(800), { level: 1, limit: 1 }, alone.context)).toMatchObject({
        count: 40,
      });
    } finally {
      await own.close();
    }
  });
});

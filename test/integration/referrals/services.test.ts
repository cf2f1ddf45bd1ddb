import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { fakePartner, scene } from './scene.ts';
import type { FakePartner, Process, Scene } from './scene.ts';

const OTHER = 'OTHER_PARTNER';

describe('users of two services', () => {
  let stores: TestStores;
  let s: Scene;
  let ours: Process;
  let theirs: Process;
  let other: FakePartner;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());
  beforeEach(() => {
    s = scene(stores);
    ours = s.users;
    other = fakePartner();
    theirs = s.open({ uplineSource: () => other.source }, OTHER);
  });

  const register = (process: Process, uid: number, ...superiors: number[]) =>
    process.register({ uid: s.id(uid), superiors: superiors.map(s.id), source: 'webhook' });

  it('with the same id are two users: superiors, downline and history of their own', async () => {
    expect(await register(ours, 4, 3, 2)).toMatchObject({ created: true });
    await expect(theirs.user(s.id(4), s.context)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(theirs.downline(s.id(3), { level: 3, limit: 10 }, s.context)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await register(theirs, 4, 9)).toMatchObject({ created: true, superiors: [s.id(9)] });
    await register(theirs, 3);

    expect(await ours.user(s.id(4), s.context)).toMatchObject({ superiors: [3, 2].map(s.id) });
    expect(await theirs.user(s.id(4), s.context)).toMatchObject({ superiors: [s.id(9)] });
    const page = { level: 3 as const, limit: 10 };
    expect((await ours.downline(s.id(3), page, s.context)).items).toMatchObject([{ uid: s.id(4) }]);
    expect((await theirs.downline(s.id(3), page, s.context)).items).toEqual([]);
    expect(await ours.user(s.id(3), s.context)).toMatchObject({ state: 'placeholder' });
    expect((await s.history(s.id(4))).map(({ after }) => after)).toEqual([s.id(3)]);
    expect((await s.history(s.id(4), OTHER)).map(({ after }) => after)).toEqual([s.id(9)]);
  });

  it('close no cycle together, and move in trees of their own', async () => {
    await register(ours, 1, 2);
    await register(theirs, 2, 1);
    await register(ours, 2, 5);
    await expect(register(theirs, 1, 2)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(await ours.user(s.id(1), s.context)).toMatchObject({ superiors: [2, 5].map(s.id) });
    expect(await theirs.user(s.id(2), s.context)).toMatchObject({ superiors: [s.id(1)] });
  });

  it('are bound to the same local user, each once', async () => {
    const localUserId = `farm-${s.id(0)}`;
    s.partner.users.set('ukey', { uid: s.id(4), nickname: 'a' });
    other.users.set('ukey', { uid: s.id(5), nickname: 'b' });
    const entered = await Promise.all(
      [ours, theirs].map((process) => process.enter({ userKey: 'ukey', localUserId }, s.context)),
    );
    expect(entered).toMatchObject([
      { uid: s.id(4), nickname: 'a', localUserId, created: true },
      { uid: s.id(5), nickname: 'b', localUserId, created: true },
    ]);
    other.users.set('another', { uid: s.id(6), nickname: 'c' });
    await expect(theirs.enter({ userKey: 'another', localUserId }, s.context)).rejects.toMatchObject({
      code: 'BINDING_CONFLICT',
    });
  });

  it('are refreshed from their own partner, in their own roster', async () => {
    await register(ours, 4);
    await register(ours, 5);
    await register(theirs, 4);
    other.teams.set(s.id(4), [s.id(8)]);
    const all = { all: true as const, limit: 100 };
    const { items } = await theirs.syncUsers(all, s.context);
    expect(items.filter(({ uid }) => uid > s.id(0))).toEqual([
      { uid: s.id(4), success: true, superiors: [s.id(8)] },
    ]);
    expect(s.partner.calls).toEqual([]);
    expect(await ours.user(s.id(4), s.context)).toMatchObject({ superiors: [] });
  });

  it('leave repairs to requests of the same service', async () => {
    await register(ours, 3, 2);
    await register(ours, 4, 3);
    await s.open({ repairLimit: 0 }).register({ uid: s.id(3), superiors: [s.id(9)], source: 'webhook' });
    await register(theirs, 3, 2);
    expect(await theirs.resumeRepairs()).toBe(true);
    expect(await ours.user(s.id(4), s.context)).toMatchObject({ superiors: [3, 2].map(s.id) });
    expect(await ours.resumeRepairs()).toBe(true);
    expect(await ours.user(s.id(4), s.context)).toMatchObject({ superiors: [3, 9].map(s.id) });
  });

  it('are kept from the house accounts of their own service only', async () => {
    const houseAccounts = (service: string) => Promise.resolve([service === OTHER ? s.id(7) : s.id(8)]);
    const process = s.open({ houseAccounts }, OTHER);
    await expect(register(process, 7)).rejects.toMatchObject({ fields: [{ field: 'uid' }] });
    await expect(register(process, 8, 6, 7)).rejects.toMatchObject({ fields: [{ field: 'superiors.1' }] });
    expect(await register(process, 8, 6)).toMatchObject({ created: true });
  });
});

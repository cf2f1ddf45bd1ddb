import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransactionCancelled } from '../../../lib/vendors/dynamodb/documents.ts';
import { altered } from '../../cursors.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { expectHistory, expectSame, Model } from './model.ts';
import { Killed, mortal, scene, T0 } from './scene.ts';
import type { Scene } from './scene.ts';

describe('relations', () => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());

  const register = ({ users, id }: Scene, uid: number, ...superiors: number[]) =>
    users.register({
      uid: id(uid),
      superiors: superiors.map((one) => one && id(one)),
      source: 'webhook',
    });

  it('register makes a user once, and placeholders of the superiors', async () => {
    const s = scene(stores);
    const { users, context, id } = s;
    expect(await register(s, 4, 3, 2, 1)).toEqual({
      uid: id(4),
      superiors: [3, 2, 1].map(id),
      created: true,
    });
    expect(await register(s, 4, 3, 2, 1)).toEqual({
      uid: id(4),
      superiors: [3, 2, 1].map(id),
      created: false,
    });
    expect(await register(s, 5, 4)).toMatchObject({ superiors: [4, 3, 2].map(id) });
    expect(await users.user(id(3), context)).toMatchObject({
      state: 'placeholder',
      superiors: [2, 1].map(id),
    });
    expect(await register(s, 3, 2, 1, 0)).toMatchObject({ created: true });
    const team = await users.downline(id(2), { level: 3, limit: 10 }, context);
    expect(team.items.map(({ uid, generation }) => [uid - id(0), generation])).toEqual([
      [3, 1],
      [4, 2],
      [5, 3],
    ]);
    expect(await s.history(id(4))).toEqual([
      {
        number: 1,
        before: null,
        after: id(3),
        at: new Date(T0).toISOString(),
        source: 'webhook',
        claimUid: id(4),
      },
    ]);
    await expect(users.user(id(99), context)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('a statement that has to wait is overtaken by a newer one that comes meanwhile', async () => {
    const s = scene(stores);
    await register(s, 4, 3);
    const stated = (scene: Pick<Scene, 'users'>, statedAt: number, ...superiors: number[]) =>
      scene.users.register({
        uid: s.id(4),
        superiors: superiors.map((one) => s.id(one)),
        source: 'webhook',
        statedAt,
      });
    await stated(s, 35, 2);
    let isFirst = true;
    const slow = s.open({
      documents: {
        ...stores.documents,
        get: async (table, key, options) => {
          // The count of moves: between two readings of the people.
          if (key['sk'] === 'TREE' && isFirst) {
            isFirst = false;
            await stated(s, 36, 2);
          }
          return stores.documents.get(table, key, options);
        },
      },
    });
    expect(await stated({ users: slow }, 35)).toMatchObject({ superiors: [s.id(2)] });
    expect(isFirst).toBe(false);
    expect(await s.users.user(s.id(4), s.context)).toMatchObject({ superiors: [s.id(2)] });
  });

  it('a duplicate register writes nothing', async () => {
    const s = scene(stores);
    await register(s, 3, 2, 1);
    let writes = 0;
    const watched = s.open({
      documents: {
        ...stores.documents,
        transact: (items) => {
          writes++;
          return stores.documents.transact(items);
        },
      },
    });
    await watched.register({ uid: s.id(3), superiors: [s.id(2), s.id(1)], source: 'webhook' });
    expect(writes).toBe(0);
  });

  it('a move takes the whole subtree along and keeps its history', async () => {
    const s = scene(stores);
    const model = new Model();
    const both = async (uid: number, ...superiors: number[]) => {
      model.register(s.id(uid), superiors.map(s.id));
      await register(s, uid, ...superiors);
    };
    await both(3, 2, 1);
    for (let child = 10; child < 30; child++) await both(child, 3);
    for (let child = 10; child < 30; child++) await both(child * 10, child);
    await both(3, 7, 8);
    await expectSame(s, model);
    await both(3);
    await expectSame(s, model);
    await expectHistory(s, model);
    expect((await s.history(s.id(3))).map(({ after }) => after)).toEqual([s.id(2), s.id(7), null]);
    expect(await s.users.resumeRepairs()).toBe(true);
  });

  it('refuses a cycle wholly, wherever in the claim it lies', async () => {
    const s = scene(stores);
    const model = new Model();
    await register(s, 3, 2, 1);
    model.register(s.id(3), [2, 1].map(s.id));
    for (const [uid, ...superiors] of [
      [1, 3],
      [2, 3],
      [1, 9, 2],
      [9, 1, 3],
      [8, 9, 2, 3],
    ] as [number, ...number[]][]) {
      await expect(register(s, uid, ...superiors)).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ field: 'superiors' }],
      });
    }
    await expectSame(s, model);
    for (const superiors of [[3], [2, 2], [2, 0, 1], [15], [1, 2, 4, 5], [-1], [1.5]]) {
      const refused = s.users.register({
        uid: s.id(3),
        superiors: superiors.map((one) => (one === 15 || one < 1 || one % 1 ? one : s.id(one))),
        source: 'webhook',
      });
      await expect(refused, String(superiors)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    }
    for (const uid of [15, 16, 0, '', '01', '1e3', 2 ** 53, '9007199254740993', null, {}]) {
      const refused = s.users.register({ uid, superiors: [], source: 'webhook' });
      await expect(refused, JSON.stringify(uid)).rejects.toMatchObject({ fields: [{ field: 'uid' }] });
    }
    expect(await s.users.register({ uid: '9007199254740991', superiors: ['0', null], source: 'x' })).toEqual({
      uid: Number.MAX_SAFE_INTEGER,
      superiors: [],
      created: true,
    });
  });

  it('equals the model after any registers and moves', async () => {
    const person = fc.integer({ min: 1, max: 9 });
    const claim = fc.tuple(person, fc.uniqueArray(person, { maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(fc.array(claim, { minLength: 1, maxLength: 25 }), async (claims) => {
        const s = scene(stores);
        const model = new Model();
        for (const [uid, named] of claims) {
          const superiors = named.filter((one) => one !== uid);
          const accepted = model.register(s.id(uid), superiors.map(s.id));
          const outcome = await register(s, uid, ...superiors).then(
            () => true,
            () => false,
          );
          expect(outcome).toBe(accepted);
        }
        await expectSame(s, model);
        await expectHistory(s, model);
      }),
      { numRuns: 25 },
    );
  });

  it('of two registers that would close a cycle one is refused', async () => {
    for (let round = 0; round < 10; round++) {
      const s = scene(stores);
      const outcomes = await Promise.allSettled([register(s, 1, 2), register(s, 2, 1)]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const long = scene(stores);
      await register(long, 4, 3, 2, 1);
      await register(long, 8, 7, 6, 5);
      const moves = await Promise.allSettled([register(long, 1, 8), register(long, 5, 4)]);
      expect(moves.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
  });

  it('many registers and moves at once leave what the edges say', async () => {
    const s = scene(stores);
    let seed = 7;
    const next = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const processes = [s.users, s.open(), s.open({ documents: contended(next) })];
    const outcomes = await Promise.allSettled(
      Array.from({ length: 120 }, async (_, index) => {
        const uid = 1 + next(15);
        const superiors = [...new Set([1 + next(15), 1 + next(15)])].filter((one) => one !== uid);
        const process = processes[index % 3]!;
        await process.register({ uid: s.id(uid), superiors: superiors.map(s.id), source: 'webhook' });
      }),
    );
    const reasons = outcomes.flatMap((one) =>
      one.status === 'rejected' ? [one.reason as { code: string }] : [],
    );
    const fine = ['VALIDATION_FAILED', 'STORE_UNAVAILABLE'];
    expect(reasons.filter(({ code }) => !fine.includes(code))).toEqual([]);
    s.clock.forward(20_000);
    while (!(await s.users.resumeRepairs()));
    await expectSame(s, await fromHistory(s));
  });

  /** What no emulator raises: transactions in each other's way. */
  function contended(next: (below: number) => number) {
    return {
      ...stores.documents,
      transact: async (...input: Parameters<typeof stores.documents.transact>) => {
        if (next(3) === 0) throw new TransactionCancelled([{ code: 'TransactionConflict', item: undefined }]);
        await stores.documents.transact(...input);
      },
    };
  }

  /** The history is complete: the tree can be built of it. */
  async function fromHistory(s: Scene): Promise<Model> {
    const model = new Model();
    for (let n = 1; n <= 15; n++) {
      const last = (await s.history(s.id(n))).at(-1);
      const known = await s.users
        .user(s.id(n), { requestId: '', caller: '', deadline: { at: 0 } })
        .catch(() => undefined);
      if (known) model.people.add(s.id(n));
      if (last?.after) model.superior.set(s.id(n), last.after);
    }
    return model;
  }

  it('a superior is moved, and all repaired, between the read and the write', async () => {
    const s = scene(stores);
    const model = new Model();
    for (const [uid, ...superiors] of [
      [3, 2, 1],
      [2, 7],
      [4, 3],
    ] as [number, ...number[]][]) {
      model.register(s.id(uid), superiors.map(s.id));
    }
    await register(s, 3, 2, 1);
    let moved = false;
    const late = s.open({
      documents: {
        ...stores.documents,
        transact: async (items) => {
          if (!moved) {
            moved = true;
            await register(s, 2, 7);
          }
          await stores.documents.transact(items);
        },
      },
    });
    await late.register({ uid: s.id(4), superiors: [s.id(3)], source: 'webhook' });
    expect(moved).toBe(true);
    await expectSame(s, model);
  });

  it('a killed process leaves nothing that the next one does not repair', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let at = 1; ; at++) {
        const s = scene(stores);
        const model = new Model();
        const known: [number, ...number[]][] = [
          [3, 2, 1],
          [4, 3],
          [5, 4],
          [6, 4],
        ];
        for (const [uid, ...superiors] of known) {
          model.register(s.id(uid), superiors.map(s.id));
          await register(s, uid, ...superiors);
        }
        const documents = mortal(stores.documents, at, when);
        const move = { uid: s.id(3), superiors: [s.id(8), s.id(9)], source: 'webhook' };
        await s
          .open({ documents })
          .register(move)
          .catch((error: unknown) => {
            if (!(error instanceof Killed)) throw error;
          });
        if (documents.calls() < at) break;
        s.clock.forward(20_000);
        // Another user registers; the partner sends again.
        await s.users.register({ ...move, uid: s.id(77), superiors: [] });
        await s.users.register(move);
        model.register(s.id(77), []);
        model.register(s.id(3), [s.id(8), s.id(9)]);
        await expectSame(s, model);
        await expectHistory(s, model);
        expect(await s.users.resumeRepairs()).toBe(true);
      }
    }
  });

  it('a big downline is repaired bit by bit, and reads of it are right in the end', async () => {
    const s = scene(stores);
    const model = new Model();
    const registerBoth = async (uid: number, ...superiors: number[]) => {
      model.register(s.id(uid), superiors.map(s.id));
      await register(s, uid, ...superiors);
    };
    await registerBoth(1, 2);
    for (let child = 10; child < 40; child++) await registerBoth(child, 1);
    for (let one = 100; one < 130; one++) await registerBoth(one, 10);
    const slow = s.open({ repairLimit: 7 });
    await slow.register({ uid: s.id(1), superiors: [s.id(3)], source: 'webhook' });
    model.register(s.id(1), [s.id(3)]);
    let rounds = 0;
    while (!(await slow.resumeRepairs())) rounds++;
    expect(rounds).toBeGreaterThan(3);
    await expectSame(s, model);
  });

  it('a repair that is under way is left to the process that works on it', async () => {
    const s = scene(stores);
    await register(s, 3, 2, 1);
    await register(s, 4, 3);
    const documents = { ...stores.documents, delete: () => Promise.reject(new Error('slow')) };
    await s.open({ documents }).register({ uid: s.id(3), superiors: [s.id(9)], source: 'webhook' });
    expect(s.reports).toEqual(['A downline is left to be repaired later.']);
    expect(await s.users.resumeRepairs()).toBe(false);
    s.clock.forward(15_000);
    expect(await s.users.resumeRepairs()).toBe(true);
  });

  it('counts and pages, each once', async () => {
    const s = scene(stores);
    for (let child = 2; child <= 26; child++) await register(s, child, 1);
    for (let child = 100; child < 110; child++) await register(s, child, 2);
    const pages = async (level: 1 | 3) => {
      const seen: number[] = [];
      let cursor: string | undefined;
      do {
        const page = await s.users.downline(s.id(1), { level, limit: 7, cursor }, s.context);
        expect(page.count).toBe(level === 1 ? 25 : 35);
        seen.push(...page.items.map(({ uid }) => uid));
        ({ cursor } = page);
      } while (cursor !== undefined);
      return seen;
    };
    expect(new Set(await pages(1)).size).toBe(25);
    expect((await pages(3)).length).toBe(35);
  });

  it('refuses an altered cursor of a downline, and that of another downline', async () => {
    const s = scene(stores);
    for (const child of [2, 3, 4]) await register(s, child, 1);
    const page = (query: { uid?: number; level?: 1 | 3; cursor?: string | undefined }, process = s.users) => {
      const { uid = s.id(1), level = 1, cursor } = query;
      return process.downline(uid, { level, limit: 1, cursor }, s.context);
    };
    const { cursor } = await page({});
    expect((await page({ cursor })).items).toHaveLength(1);
    const refusal = { code: 'VALIDATION_FAILED', fields: [{ field: 'cursor' }] };
    for (const wrong of ['eyJ9', ...altered(cursor!)])
      await expect(page({ cursor: wrong })).rejects.toMatchObject(refusal);
    await expect(page({ cursor, level: 3 })).rejects.toMatchObject(refusal);
    await expect(page({ cursor, uid: s.id(2) })).rejects.toMatchObject(refusal);
    const elsewhere = s.open({}, 'OTHER_SHOP');
    await elsewhere.register({ uid: s.id(2), superiors: [s.id(1)], source: 'webhook' });
    await expect(page({ cursor }, elsewhere)).rejects.toMatchObject(refusal);
  });
});

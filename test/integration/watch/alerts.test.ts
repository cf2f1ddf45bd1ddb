import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { alertId } from '../../../lib/watch/alerts/alerts.ts';
import type { Alert, AlertInput } from '../../../lib/watch/alerts/alerts.ts';
import { createAlerts } from '../../../lib/watch/alerts/create-alerts.ts';
import type { AlertsOptions } from '../../../lib/watch/alerts/create-alerts.ts';
import { cursors } from '../../cursors.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

const T0 = Date.parse('2026-11-21T04:00:00Z');
const DAY = 86_400_000;

describe('alerts', () => {
  let stores: TestStores;
  let now = T0;
  let told: string[] = [];
  let lines: string[] = [];

  beforeAll(async () => {
    stores = await openStores();
  });
  afterAll(() => stores.close());
  beforeEach(() => {
    now = T0;
    told = [];
    lines = [];
  });

  const open = (extra: Partial<AlertsOptions> = {}) =>
    createAlerts({
      documents: stores.documents,
      table: stores.names.tables.records,
      cursors,
      clock: { now: () => now, sleep: () => Promise.resolve() },
      log: { warn: (message) => void lines.push(message) },
      telling: ({ kind, subject, count }, transition) => {
        told.push(`${kind} ${subject} ${transition} ${count}`);
        return [];
      },
      ...extra,
    });
  const locked = (subject: string, extra: Partial<AlertInput> = {}): AlertInput => ({
    kind: 'LOGIN_LOCKED',
    subject,
    severity: 'critical',
    summary: 'Three refused logins.',
    ...extra,
  });
  async function find(subject: string): Promise<Alert | undefined> {
    const { items } = await open().alertStore.list({ limit: 1_000 });
    return items.find((alert) => alert.subject === subject);
  }

  it('fires once, counts what repeats, resolves, fires anew', async () => {
    const { alerts } = open();
    await alerts.raise(locked('A', { details: { attempts: 3, who: 'u' } }));
    now += 60_000;
    await alerts.raise(locked('A', { summary: 'Four.', details: { attempts: 4 } }));
    expect(await find('A')).toEqual({
      ...locked('A', { summary: 'Four.', details: { attempts: 4 } }),
      id: alertId('LOGIN_LOCKED', 'A'),
      told: false,
      state: 'firing',
      firstAt: '2026-11-21T04:00:00.000Z',
      lastAt: '2026-11-21T04:01:00.000Z',
      count: 2,
    });

    now += 60_000;
    await alerts.resolve('LOGIN_LOCKED', 'A');
    await alerts.resolve('LOGIN_LOCKED', 'A');
    expect(await find('A')).toMatchObject({
      state: 'resolved',
      resolvedAt: '2026-11-21T04:02:00.000Z',
      count: 2,
    });

    now += 60_000;
    await alerts.raise(locked('A'));
    expect(await find('A')).toEqual({
      ...locked('A'),
      id: alertId('LOGIN_LOCKED', 'A'),
      told: false,
      state: 'firing',
      firstAt: '2026-11-21T04:03:00.000Z',
      lastAt: '2026-11-21T04:03:00.000Z',
      count: 1,
    });
    expect(told).toEqual(['LOGIN_LOCKED A fired 1', 'LOGIN_LOCKED A resolved 2', 'LOGIN_LOCKED A fired 1']);
    expect(lines).toEqual(['Alert fired.', 'Alert resolved.', 'Alert fired.']);
  });

  it('of many who raise at once, one fires', async () => {
    const { alerts } = open();
    await Promise.all(Array.from({ length: 20 }, () => alerts.raise(locked('MANY'))));
    expect(lines).toEqual(['Alert fired.']);
    expect(await find('MANY')).toMatchObject({ state: 'firing', count: 20 });
  });

  it('does nothing to resolve what is not firing', async () => {
    await open().alerts.resolve('LOGIN_LOCKED', 'NEVER');
    expect(await find('NEVER')).toBeUndefined();
    expect([told, lines]).toEqual([[], []]);
  });

  it('keeps a resolved one for 30 days, a firing one for ever', async () => {
    const { alerts } = open();
    await alerts.raise(locked('OLD'));
    await alerts.raise(locked('STILL'));
    await alerts.resolve('LOGIN_LOCKED', 'OLD');
    now += 30 * DAY - 1;
    expect(await find('OLD')).toMatchObject({ state: 'resolved' });
    now += 1;
    expect(await find('OLD')).toBeUndefined();
    expect(await find('STILL')).toMatchObject({ state: 'firing' });
  });

  it('lists firing ones first, then the newest, page by page', async () => {
    const fresh = await openStores();
    try {
      const own = { documents: fresh.documents, table: fresh.names.tables.records };
      const { alerts, alertStore } = open(own);
      for (const subject of ['A', 'B', 'C', 'D']) {
        await alerts.raise(locked(subject));
        now += 1_000;
      }
      await alerts.resolve('LOGIN_LOCKED', 'D');
      await fresh.documents.put(own.table, { pk: 'ALERT', sk: 'broken', state: 'melted' });

      const first = await alertStore.list({ limit: 3 });
      expect(first.items.map(({ subject }) => subject)).toEqual(['C', 'B', 'A']);
      const second = await alertStore.list({ limit: 3, cursor: first.cursor! });
      expect(second.items.map(({ subject }) => subject)).toEqual(['D']);
      expect(second.cursor).toBeUndefined();
      expect((await alertStore.list({ state: 'resolved' })).items.map(({ subject }) => subject)).toEqual([
        'D',
      ]);
      await expect(alertStore.list({ cursor: 'zzz' })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    } finally {
      await fresh.close();
    }
  });

  it('logs what cannot be stored, and throws for nothing', async () => {
    const down = () => Promise.reject(new Error('down'));
    const broken = open({ documents: { ...stores.documents, get: down, transact: down, update: down } });
    await broken.alerts.raise(locked('DOWN'));
    await broken.alerts.resolve('LOGIN_LOCKED', 'DOWN');
    expect(lines).toEqual(['An alert was not stored.', 'An alert was not resolved.']);
  });

  describe('reminders', () => {
    const HALF_HOUR = 1_800_000;

    it('one each half hour of an alert that is still raised, whoever raises it at the same time', async () => {
      const { alerts } = open();
      await alerts.raise(locked('R'));
      now += HALF_HOUR - 1;
      await alerts.raise(locked('R'));
      expect(lines).toEqual(['Alert fired.']);
      now += 1;
      await Promise.all(Array.from({ length: 20 }, () => alerts.raise(locked('R'))));
      expect(lines).toEqual(['Alert fired.', 'Alert reminded.']);
      expect(await find('R')).toMatchObject({ state: 'firing', count: 22 });
      now += HALF_HOUR - 1;
      await alerts.raise(locked('R'));
      expect(lines).toHaveLength(2);
      now += 1;
      await alerts.raise(locked('R'));
      expect(lines).toEqual(['Alert fired.', 'Alert reminded.', 'Alert reminded.']);
      expect(told.at(-1)).toBe('LOGIN_LOCKED R reminded 24');
    });

    it('none of one that is not raised any more, and of one from before there were reminders', async () => {
      const { alerts } = open();
      const at = new Date(T0).toISOString();
      const since = { state: 'firing', firstAt: at, lastAt: at, count: 1 };
      const key = { pk: 'ALERT', sk: 'LOGIN_LOCKED#OLDER' };
      await stores.documents.put(stores.names.tables.records, { ...key, ...locked('OLDER'), ...since });
      now += HALF_HOUR;
      expect(lines).toEqual([]);
      await alerts.raise(locked('OLDER'));
      await alerts.raise(locked('OLDER'));
      expect(lines).toEqual(['Alert reminded.']);
    });

    it('are not sent where what tells of them cannot be written; the next raise does', async () => {
      await open().alerts.raise(locked('LATER'));
      now += HALF_HOUR;
      const transact = () => Promise.reject(new Error('killed'));
      await open({ documents: { ...stores.documents, transact } }).alerts.raise(locked('LATER'));
      expect(lines).toEqual(['Alert fired.', 'An alert was not stored.']);
      await open().alerts.raise(locked('LATER'));
      expect(lines.at(-1)).toBe('Alert reminded.');
    });
  });

  describe('an acknowledged one', () => {
    it('is counted and never told, is resolved as usual, and fires anew', async () => {
      const { alerts, alertStore } = open();
      await alerts.raise(locked('ACK'));
      const seen = await alertStore.acknowledge(alertId('LOGIN_LOCKED', 'ACK'), 'key-7');
      expect(seen).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'key-7', count: 1 });
      now += DAY;
      await alerts.raise(locked('ACK'));
      expect(await find('ACK')).toMatchObject({ state: 'acknowledged', count: 2 });
      expect(lines).toEqual(['Alert fired.']);
      await alerts.resolve('LOGIN_LOCKED', 'ACK');
      expect(await find('ACK')).toMatchObject({ state: 'resolved', acknowledgedBy: 'key-7', count: 2 });
      await alerts.raise(locked('ACK'));
      const fresh = (await find('ACK'))!;
      expect([fresh.state, fresh.count, 'acknowledgedBy' in fresh]).toEqual(['firing', 1, false]);
      expect(lines).toEqual(['Alert fired.', 'Alert resolved.', 'Alert fired.']);
    });

    it("is the first one's who says so; what is resolved or unknown is not found", async () => {
      const { alerts, alertStore } = open();
      await alerts.raise(locked('TWO'));
      const id = alertId('LOGIN_LOCKED', 'TWO');
      const both = await Promise.all(['a', 'b'].map((by) => alertStore.acknowledge(id, by)));
      expect(both[0]!.acknowledgedBy).toBe(both[1]!.acknowledgedBy);
      await alerts.resolve('LOGIN_LOCKED', 'TWO');
      for (const unknown of [id, 'alr_nobody'])
        await expect(alertStore.acknowledge(unknown, 'c')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('is listed by its state, after those that nobody sees to', async () => {
      const fresh = await openStores();
      try {
        const { alerts, alertStore } = open({
          documents: fresh.documents,
          table: fresh.names.tables.records,
        });
        for (const subject of ['A', 'B', 'C']) await alerts.raise(locked(subject));
        now += 1_000;
        await alerts.raise(locked('B'));
        await alertStore.acknowledge(alertId('LOGIN_LOCKED', 'B'), 'k');
        await alerts.resolve('LOGIN_LOCKED', 'C');
        const listed = async (filter: Parameters<typeof alertStore.list>[0]) =>
          (await alertStore.list(filter)).items.map(({ subject }) => subject);
        expect(await listed({})).toEqual(['A', 'B', 'C']);
        expect(await listed({ state: 'acknowledged' })).toEqual(['B']);
        expect(await listed({ state: 'firing' })).toEqual(['A']);
      } finally {
        await fresh.close();
      }
    });
  });

  it('is told once a channel has taken a message, of this firing and no other', async () => {
    const { alerts, alertStore } = open();
    await alerts.raise(locked('T'));
    const before = (await find('T'))!;
    now += 1;
    await alerts.resolve('LOGIN_LOCKED', 'T');
    await alerts.raise(locked('T'));
    const by = { channel: 'c1', at: before.firstAt, coolDownSeconds: 1_800 };
    await alertStore.noteTold(before, by);
    expect(await find('T')).toMatchObject({ told: false });
    await alertStore.noteTold((await find('T'))!, by);
    expect(await find('T')).toMatchObject({ told: true });
    await alerts.raise(locked('T'));
    expect(await find('T')).toMatchObject({ told: true, count: 2 });
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
      notify: ({ kind, subject, count }, transition) =>
        void told.push(`${kind} ${subject} ${transition} ${count}`),
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
      state: 'firing',
      firstAt: '2026-11-21T04:03:00.000Z',
      lastAt: '2026-11-21T04:03:00.000Z',
      count: 1,
    });
    expect(told).toEqual([
      'LOGIN_LOCKED A fired 1',
      'LOGIN_LOCKED A repeated 2',
      'LOGIN_LOCKED A resolved 2',
      'LOGIN_LOCKED A fired 1',
    ]);
    expect(lines).toEqual(['Alert fired.', 'Alert resolved.', 'Alert fired.']);
  });

  it('of many who raise at once, one fires', async () => {
    const { alerts } = open();
    await Promise.all(Array.from({ length: 20 }, () => alerts.raise(locked('MANY'))));
    expect(told.filter((line) => line.includes('fired'))).toHaveLength(1);
    expect(told.filter((line) => line.includes('repeated'))).toHaveLength(19);
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

  it('logs what cannot be stored or delivered, and throws for nothing', async () => {
    const down = () => Promise.reject(new Error('down'));
    const broken = open({ documents: { ...stores.documents, get: down, transact: down, update: down } });
    await broken.alerts.raise(locked('DOWN'));
    await broken.alerts.resolve('LOGIN_LOCKED', 'DOWN');
    await open({ notify: down }).alerts.raise(locked('DEAF'));
    expect(lines).toEqual([
      'An alert was not stored.',
      'An alert was not resolved.',
      'Alert fired.',
      'An alert was not delivered.',
    ]);
    expect(await find('DEAF')).toMatchObject({ state: 'firing' });
  });
});

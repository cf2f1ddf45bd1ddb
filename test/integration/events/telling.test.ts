import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { alertEvents } from '../../../lib/events/alert-events.ts';
import { createOutbox } from '../../../lib/events/outbox.ts';
import { createRegistrar } from '../../../lib/referrals/registrar.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import { createAlerts } from '../../../lib/watch/alerts/create-alerts.ts';
import { cursors } from '../../cursors.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { virtualClock } from './scene.ts';

let stores: TestStores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

interface Told {
  type: string;
  service?: string;
  data: Record<string, unknown>;
}
/** Events about one subject, oldest first. */
async function told(about: (event: Told) => boolean): Promise<Told[]> {
  const { items } = await stores.documents.scan({ table: stores.names.tables.events });
  return items
    .toSorted((a, b) => String(a['gsi1sk']).localeCompare(String(b['gsi1sk'])))
    .map(({ type, service, dataText }) => ({
      type: String(type),
      ...(service === undefined ? {} : { service: service as string }),
      data: JSON.parse(dataText as string) as Record<string, unknown>,
    }))
    .filter(about);
}

describe('users', () => {
  const clock = virtualClock();
  const register = (uid: number, superiors: number[], documents = stores.documents, service = 'URS') => {
    const { users, events } = stores.names.tables;
    const registrar = createRegistrar({
      documents,
      table: users,
      outbox: createOutbox({ documents, table: events }),
      clock,
      random,
      houseAccounts: async () => [15, 16],
      report: () => undefined,
    });
    return registrar.register({ service, uid, superiors, source: 'webhook' });
  };
  const of = (uid: number) => told(({ data }) => data['uid'] === uid);

  it('are told when they register, once, whoever sends it again', async () => {
    await Promise.all(Array.from({ length: 5 }, () => register(101, [102, 103])));
    await register(101, [102, 103]);
    expect(await of(101)).toEqual([
      {
        type: 'user.registered',
        service: 'URS',
        data: { service: 'URS', uid: 101, superiors: [102, 103], created: true },
      },
    ]);
    // Known by name only.
    expect(await of(102)).toEqual([]);
  });

  it('are told with what was before when their superiors change, and those below them, too', async () => {
    await register(201, [202]);
    await register(200, [201]);
    await register(201, [203]);
    await register(201, [203]);
    const changed = (uid: number, superiors: number[], before: number[]) => ({
      type: 'user.superiors_changed',
      service: 'URS',
      data: { service: 'URS', uid, superiors, before },
    });
    expect((await of(201)).slice(1)).toEqual([changed(201, [203], [202])]);
    expect((await of(200)).slice(1)).toEqual([changed(200, [201, 203], [201, 202])]);
  });

  it('are not told where the write did not hold', async () => {
    const transact = () => Promise.reject(new Error('killed'));
    await expect(register(301, [], { ...stores.documents, transact })).rejects.toThrow('killed');
    expect(await of(301)).toEqual([]);
  });
});

describe('alerts', () => {
  const clock = virtualClock();
  const lines: string[] = [];
  const open = (documents = stores.documents) => {
    const { records: table, events } = stores.names.tables;
    return createAlerts({
      documents,
      table,
      cursors,
      clock,
      log: { warn: (message) => void lines.push(message) },
      telling: alertEvents(createOutbox({ documents, table: events }), random),
    });
  };
  const raise = (kind: string, subject: string, documents = stores.documents) =>
    open(documents).alerts.raise({ kind, subject, severity: 'critical', summary: `${subject} needs care.` });
  const of = (subject: string) =>
    told(({ data }) => data['subject'] === subject || data['service'] === subject);
  beforeEach(() => void lines.splice(0));

  it('are told when they fire and when they are resolved, not when they repeat', async () => {
    await raise('KEEPALIVE_FAILED', 'ONE');
    const firing = (await open().alertStore.list({})).items.find(({ subject }) => subject === 'ONE')!;
    for (let times = 0; times < 3; times++) await raise('KEEPALIVE_FAILED', 'ONE');
    await open().alerts.resolve('KEEPALIVE_FAILED', 'ONE');
    await open().alerts.resolve('KEEPALIVE_FAILED', 'ONE');
    const resolved = (await open().alertStore.list({})).items.find(({ subject }) => subject === 'ONE')!;
    const [fired, ended, ...more] = await of('ONE');
    expect(more).toEqual([]);
    const shown = (alert: object) => ({ ...alert, told: undefined });
    expect(fired).toEqual({ type: 'alert.firing', service: 'ONE', data: shown(firing) });
    expect(ended).toEqual({ type: 'alert.resolved', service: 'ONE', data: shown(resolved) });
  });

  it('fire once among many at once, and tell once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => raise('LOGIN_LOCKED', 'MANY')));
    expect((await of('MANY')).map(({ type }) => type)).toEqual(['alert.firing']);
    expect(lines.filter((line) => line === 'Alert fired.')).toHaveLength(1);
  });

  it('and what tells of them are written together or not at all', async () => {
    const halfway = { ...stores.documents, transact: () => Promise.reject(new Error('killed')) };
    await raise('LOGIN_LOCKED', 'HALF', halfway);
    expect(await of('HALF')).toEqual([]);
    expect((await open().alertStore.list({})).items.map(({ subject }) => subject)).not.toContain('HALF');
    await raise('LOGIN_LOCKED', 'HALF', stores.documents);
    expect(await of('HALF')).toHaveLength(1);
  });

  it('tell of a session that waits for a person', async () => {
    await raise('SESSION_NEEDS_PERSON', 'PLATFORM/north');
    const events = await told(({ type, service }) => type.startsWith('session.') && service === 'PLATFORM');
    expect(events).toMatchObject([
      { type: 'session.needs_person', data: { service: 'PLATFORM', account: 'north' } },
    ]);
  });
});

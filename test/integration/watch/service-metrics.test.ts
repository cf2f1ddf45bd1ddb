import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serviceMetrics } from '../../../functions/monitor/service-metrics.ts';
import type { ServiceMetricsDeps, WatchedService } from '../../../functions/monitor/service-metrics.ts';
import { pastUse, whatIf } from '../../../lib/calls/guard/past-use.ts';
import { createQuotaWindows } from '../../../lib/calls/guard/quota-window.ts';
import { QUOTA_TYPES } from '../../../lib/calls/definition.ts';
import { toItem } from '../../../lib/calls/log/call-item.ts';
import type { CallRecord } from '../../../lib/calls/log/call-log.ts';
import { createOutbox } from '../../../lib/events/outbox.ts';
import { createLoginRecorder } from '../../../lib/platforms/login/recorder.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { systemRandom as random } from '../../../lib/runtime/random.ts';
import { createAlerts } from '../../../lib/watch/alerts/create-alerts.ts';
import { emptyMinute, MINUTE_MS, viewOf } from '../../../lib/watch/metrics/minute.ts';
import { createMetricsStore } from '../../../lib/watch/metrics/store.ts';
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { cursors } from '../../cursors.ts';
import { startDynamoDbWire } from '../../faults/dynamodb-wire.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

const T0 = Date.parse('2026-11-22T04:00:00Z');
const LIMITS = { responseTimeMs: 5_000, errorRate: 0.05, availability: 0.99, intervalSeconds: 60 };
const iso = (at: number) => new Date(at).toISOString();

let stores: TestStores;
beforeAll(async () => {
  stores = await openStores();
  // What was before is no outage.
  await storeOver(stores.documents).keepProgress({ head: T0 - 5 * MINUTE_MS });
});
afterAll(() => stores.close());

const tableOf = () => stores.names.tables.records;
const storeOver = (documents: Documents) => createMetricsStore({ documents, table: tableOf() });

/** A monitor of these services, at a time that the test sets. */
function monitorOf(services: WatchedService[], documents: Documents = stores.documents) {
  const clock = { at: T0, now: () => clock.at, sleep: () => Promise.resolve() };
  const watch = createAlerts({
    documents: stores.documents,
    table: tableOf(),
    cursors,
    clock,
    log: { warn: () => undefined },
  });
  const deps: ServiceMetricsDeps = {
    ...watch,
    documents,
    table: tableOf(),
    eventsTable: stores.names.tables.events,
    metrics: storeOver(documents),
    services: () => Promise.resolve(services),
    clock,
  };
  const task = serviceMetrics(deps);
  return {
    deps,
    run: (at: number) => {
      clock.at = at;
      return task.run({ requestId: 'r', deadline: { at: at + 50_000 } });
    },
    firing: async () => {
      const { items } = await watch.alertStore.list({ state: 'firing', limit: 1_000 });
      return items.map(({ kind, subject }) => `${kind} ${subject}`).sort();
    },
  };
}

let written = 0;
async function call(service: string, at: number, extra: Partial<CallRecord> = {}): Promise<void> {
  written += 1;
  const id = random.id(at);
  await stores.documents.put(
    tableOf(),
    toItem({
      id,
      at: iso(at),
      service,
      method: 'GET',
      path: '/',
      status: 200,
      durationMs: 10,
      attempts: 1,
      requestId: `r-${written}`,
      caller: 'key',
      cached: false,
      stale: false,
      ...extra,
    }),
  );
}
const calls = (service: string, at: number, times: number, extra: Partial<CallRecord> = {}) =>
  Promise.all(Array.from({ length: times }, (_, index) => call(service, at + index, extra)));

async function minutesOf(service: string, from = T0, to = T0 + 60 * MINUTE_MS) {
  const found = [];
  for await (const minute of storeOver(stores.documents).minutes(service, { from, to }))
    found.push(viewOf(minute));
  return found;
}
const service = (code: string, monitor?: typeof LIMITS): WatchedService => ({
  definition: { code, monitor },
});

describe('the roll-up of a minute', () => {
  it('counts calls, failures, logins, captchas, transfers and events of the minute, and of no other', async () => {
    const at = T0 + 5 * MINUTE_MS;
    await calls('FULL', at - 1, 1);
    await calls('FULL', at + MINUTE_MS, 1);
    await Promise.all([
      ...Array.from({ length: 20 }, (_, index) =>
        call('FULL', at + index, { durationMs: (index + 1) * 100 }),
      ),
      call('FULL', at + 59_999, { status: 503, code: 'PLATFORM_UNAVAILABLE', durationMs: 0 }),
      call('FULL', at, { status: 429, code: 'QUOTA_EXCEEDED', attempts: 0, durationMs: 0 }),
      call('FULL', at, { status: 502, durationMs: 0 }),
    ]);
    const recorder = createLoginRecorder({
      documents: stores.documents,
      table: tableOf(),
      cursors,
      clock: { now: () => at, sleep: () => Promise.resolve() },
    });
    const attempt = (number: number, trigger: string, captcha?: { right: boolean; solver: string }) =>
      recorder.record({
        id: random.id(at + number),
        loginId: 'login',
        attempt: number,
        service: 'FULL',
        at: iso(at + number),
        trigger,
        verdict: 'SUCCESS',
        durationMs: 1,
        durations: {},
        credentialVersionId: 'v1',
        ...(captcha ? { captcha: { ...captcha, text: 'abcd', codetype: 1_007, hasImage: false } } : {}),
      });
    await attempt(1, 'call', { right: false, solver: 'CHAOJIYING' });
    await attempt(2, 'call', { right: true, solver: 'CHAOJIYING' });
    await attempt(3, 'call', { right: true, solver: 'MANUAL' });
    await attempt(1, 'import');
    const outbox = createOutbox({ documents: stores.documents, table: stores.names.tables.events });
    for (const [id, type, of] of [
      ['e1', 'transfer.settled', 'FULL'],
      ['e2', 'transfer.settled', 'FULL'],
      ['e3', 'transfer.settled', 'OTHER'],
      ['e4', 'transfer.dead', 'FULL'],
    ] as const)
      await outbox.record({ id, type, at: iso(at + 30_000), service: of, dataText: '{}' });

    await monitorOf([service('FULL')]).run(at + MINUTE_MS + 1);
    // That of the call at the end has not ended yet.
    expect((await minutesOf('FULL')).map(({ minute }) => minute)).toEqual([iso(at - MINUTE_MS), iso(at)]);
    expect(await minutesOf('FULL', at, at + MINUTE_MS)).toEqual([
      {
        service: 'FULL',
        minute: iso(at),
        calls: 23,
        errors: { PLATFORM_UNAVAILABLE: 1, QUOTA_EXCEEDED: 1, PASSED_THROUGH: 1 },
        p50: 900,
        p95: 1_900,
        p99: 2_000,
        availability: 22 / 23,
        logins: 1,
        captchas: 3,
        captchaHits: 2,
        captchaPoints: 35,
        transfers: 2,
        events: 3,
      },
    ]);
  });

  it('done twice, and by two monitors at once over pages of three items, it is the same', async () => {
    const at = T0 + 8 * MINUTE_MS;
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => call('TWICE', at + index * 1_000, { durationMs: index })),
    );
    const wire = await startDynamoDbWire({
      upstream: stores.config.endpoints.dynamodb!,
      stage: stores.stage,
      pageSize: 3,
    });
    const paged = connectDocuments({ region: 'us-east-1', endpoint: wire.endpoint });
    const monitors = [monitorOf([service('TWICE')], paged), monitorOf([service('TWICE')], paged)];
    await Promise.all(monitors.map(({ run }) => run(at + MINUTE_MS + 100)));
    const once = await minutesOf('TWICE');
    expect(once).toMatchObject([{ calls: 60, p50: 29, p95: 56 }]);
    await monitors[0]!.run(at + 2 * MINUTE_MS + 100);
    expect(await minutesOf('TWICE')).toEqual(once);
    await wire.stop();
  });

  it('a call that was recorded late is in it, whether the run after it or six minutes later', async () => {
    const at = T0 + 12 * MINUTE_MS;
    const { run } = monitorOf([service('LATE')]);
    await calls('LATE', at, 1);
    await run(at + MINUTE_MS + 1);
    await call('LATE', at + 30_000, { durationMs: 31_000 });
    await run(at + 2 * MINUTE_MS + 1);
    expect(await minutesOf('LATE')).toMatchObject([{ calls: 2 }]);
    await call('LATE', at + 59_000, { durationMs: 300_000 });
    await run(at + 3 * MINUTE_MS + 1);
    expect(await minutesOf('LATE')).toMatchObject([{ calls: 2 }]);
    await run(at + 6 * MINUTE_MS + 10_000);
    expect(await minutesOf('LATE')).toMatchObject([{ calls: 3, p99: 300_000 }]);
    const [hour] = await pastUse({ code: 'LATE', timezone: 'UTC' }, 'hour', { from: T0, to: T0 + 1 }, past());
    expect(hour).toEqual({ from: T0, calls: 3, refused: 0 });
  });

  it('a monitor that read early and writes late does not take anything back', async () => {
    const store = storeOver(stores.documents);
    const minute = (calls: number) => ({
      ...emptyMinute('SLOW', T0),
      calls,
      counted: calls,
      durations: `10:${calls}`,
    });
    await store.put(minute(5));
    await store.put(minute(4));
    expect(await minutesOf('SLOW')).toMatchObject([{ calls: 5 }]);
    const [hour] = await pastUse({ code: 'SLOW', timezone: 'UTC' }, 'hour', { from: T0, to: T0 + 1 }, past());
    expect(hour).toMatchObject({ calls: 5 });
  });

  it('what a monitor that died between a minute and its hour has left is completed by the next run', async () => {
    const at = T0 + 22 * MINUTE_MS;
    await calls('DYING', at, 3);
    const dying: Documents = {
      ...stores.documents,
      update: (table, key, ...rest) =>
        key['pk'] === 'USAGE#DYING'
          ? Promise.reject(new Error('killed'))
          : stores.documents.update(table, key, ...rest),
    };
    await expect(monitorOf([service('DYING')], dying).run(at + MINUTE_MS + 1)).rejects.toThrow('killed');
    await monitorOf([service('DYING')]).run(at + 2 * MINUTE_MS + 1);
    expect(await minutesOf('DYING')).toMatchObject([{ calls: 3 }]);
    const [hour] = await pastUse(
      { code: 'DYING', timezone: 'UTC' },
      'hour',
      { from: T0, to: T0 + 1 },
      past(),
    );
    expect(hour).toMatchObject({ calls: 3 });
  });

  it('minutes of an outage are made up for', async () => {
    const at = T0 + 30 * MINUTE_MS;
    const { run } = monitorOf([service('GAP')]);
    for (let minute = 0; minute < 25; minute += 1) await calls('GAP', at + minute * MINUTE_MS, 2);
    await run(at + 40 * MINUTE_MS);
    expect(await minutesOf('GAP', at, at + 40 * MINUTE_MS)).toHaveLength(25);
  });
});

const past = () => ({
  documents: stores.documents,
  table: tableOf(),
  metrics: storeOver(stores.documents),
});

describe('thresholds', () => {
  const DAY_LATER = T0 + 24 * 3_600_000;

  it('a bad minute raises, too few calls say nothing, a good one resolves', async () => {
    const { run, firing } = monitorOf([service('SHOP', LIMITS), service('FREE')]);
    const after = (minute: number) => run(DAY_LATER + (minute + 1) * MINUTE_MS + 30_000);
    await calls('SHOP', DAY_LATER, 9, { durationMs: 6_000 });
    await calls('SHOP', DAY_LATER + 1_000, 1, {
      status: 503,
      code: 'PLATFORM_UNAVAILABLE',
      durationMs: 6_000,
    });
    await calls('FREE', DAY_LATER, 20, { status: 503, code: 'PLATFORM_UNAVAILABLE' });
    await after(0);
    const all = ['AVAILABILITY SHOP', 'ERROR_RATE SHOP', 'RESPONSE_TIME SHOP'];
    expect(await firing()).toEqual(all);
    await calls('SHOP', DAY_LATER + MINUTE_MS, 9);
    await after(1);
    expect(await firing()).toEqual(all);
    await calls('SHOP', DAY_LATER + 2 * MINUTE_MS, 10);
    await after(2);
    expect(await firing()).toEqual([]);
  });

  it('are judged once, by whichever monitor comes first, and never an older minute after a newer one', async () => {
    const [first, second] = [monitorOf([service('ONCE', LIMITS)]), monitorOf([service('ONCE', LIMITS)])];
    const at = DAY_LATER + 10 * MINUTE_MS;
    await calls('ONCE', at, 10, { status: 500, code: 'INTERNAL' });
    await calls('ONCE', at + MINUTE_MS, 10);
    await Promise.all([first.run(at + MINUTE_MS + 30_000), second.run(at + MINUTE_MS + 30_000)]);
    const { items } = await first.deps.alertStore.list({ state: 'firing' });
    expect(items).toMatchObject([{ kind: 'ERROR_RATE', subject: 'ONCE', count: 1 }]);
    await first.run(at + 2 * MINUTE_MS + 30_000);
    await second.run(at + MINUTE_MS + 40_000);
    expect(await first.firing()).toEqual([]);
  });

  it('that a definition has no more end their alerts', async () => {
    const at = DAY_LATER + 20 * MINUTE_MS;
    await calls('GONE', at, 10, { status: 500, code: 'INTERNAL' });
    await monitorOf([service('GONE', LIMITS)]).run(at + MINUTE_MS + 30_000);
    const without = monitorOf([service('GONE')]);
    expect(await without.firing()).toEqual(['ERROR_RATE GONE']);
    await without.run(at + 2 * MINUTE_MS + 30_000);
    expect(await without.firing()).toEqual([]);
  });
});

describe('what a limit would have done', () => {
  const START = T0 + 3 * 24 * 3_600_000;
  const SPAN = 3 * 3_600_000;
  const all: CallRecord[] = [];
  /** Zones that are a half and three quarters of an hour off. */
  const ZONES = ['UTC', 'Asia/Shanghai', 'Asia/Kolkata', 'Asia/Kathmandu'];
  const range = { from: START, to: START + SPAN };

  beforeAll(async () => {
    const { run } = monitorOf([service('PAST')]);
    let state = 11;
    const draw = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return Math.floor((state / 0x80000000) * below);
    };
    const kinds: Partial<CallRecord>[] = [
      {},
      {},
      { cached: true, attempts: 0 },
      { status: 429, code: 'QUOTA_EXCEEDED', attempts: 0 },
      { status: 503, code: 'CIRCUIT_OPEN', attempts: 0 },
      { cached: true, stale: true, attempts: 0 },
    ];
    for (let burst = 0; burst < 40; burst += 1) {
      const at = START + draw(SPAN - 2_000);
      for (let index = draw(12); index >= 0; index -= 1) {
        const record = { at: iso(at + draw(2_000)), ...kinds[draw(kinds.length)] } as CallRecord;
        all.push(record);
        await call('PAST', Date.parse(record.at), record);
      }
    }
    await storeOver(stores.documents).keepProgress({ head: START - 5 * MINUTE_MS });
    for (let tick = 0; tick < 4; tick += 1) await run(START + SPAN + (10 + tick) * MINUTE_MS);
  });

  /** Those that the guard counts, or a quota refuses: not what the breaker refused. */
  const counted = () => all.filter(({ code, stale }) => code !== 'CIRCUIT_OPEN' && !stale);

  it.each(QUOTA_TYPES.flatMap((type) => ZONES.map((zone) => [type, zone] as const)))(
    '%s in %s: as call by call',
    async (type, timezone) => {
      for (const limit of [0, 1, 3, 1_000]) {
        const windowOf = createQuotaWindows();
        const used = new Map<number, number>();
        let refused = 0;
        for (const { at } of counted()) {
          const { start } = windowOf(type, timezone, Date.parse(at));
          const use = used.get(start) ?? 0;
          if (use < limit) used.set(start, use + 1);
          else refused += 1;
        }
        const { length } = counted();
        expect(await whatIf({ code: 'PAST', timezone }, { type, limit }, range, past())).toEqual({
          calls: length,
          allowed: length - refused,
          refused,
        });
      }
    },
  );

  it('usage by hour and day has every hour and day, those without a call too', async () => {
    for (const timezone of ZONES) {
      const hours = await pastUse({ code: 'PAST', timezone }, 'hour', range, past());
      expect(hours.length).toBeGreaterThanOrEqual(3);
      for (const { from, calls: known, refused } of hours) {
        const own = counted().filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < from + 3_600_000);
        const over = own.filter(({ code }) => code === 'QUOTA_EXCEEDED').length;
        expect([known, refused]).toEqual([own.length, over]);
      }
    }
    const days = await pastUse({ code: 'PAST', timezone: 'Asia/Shanghai' }, 'day', range, past());
    expect(days.map(({ from }) => iso(from))).toEqual(['2026-11-24T16:00:00.000Z']);
    const none = await pastUse(
      { code: 'NONE', timezone: 'UTC' },
      'day',
      { from: T0, to: T0 + 49 * 3_600_000 },
      past(),
    );
    expect(none).toHaveLength(3);
  });

  it('by the second, of more than 20,000 calls nothing is read: the range is refused', async () => {
    const minute = { ...emptyMinute('MANY', START), calls: 20_001, counted: 20_001 };
    await storeOver(stores.documents).put(minute);
    const asked = whatIf({ code: 'MANY', timezone: 'UTC' }, { type: 'PER_SECOND', limit: 1 }, range, past());
    await expect(asked).rejects.toThrow(GatewayError);
    await expect(asked).rejects.toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ field: 'from' }] });
  });

  it('more than a thousand hours are refused', async () => {
    const long = { from: START - 1_001 * 3_600_000, to: START };
    await expect(pastUse({ code: 'PAST', timezone: 'UTC' }, 'hour', long, past())).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  });
});

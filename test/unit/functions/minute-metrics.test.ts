/** What `monitor` makes of stores and alerts every minute, and which of the template's alarms ring for it (SPEC 12). */
import './environment.ts';
import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openAlerts } from '../../../functions/monitor/open-alerts.ts';
import { storeWatch } from '../../../functions/monitor/store-watch.ts';
import { handler } from '../../../functions/monitor/handler.ts';
import { emfLine } from '../../../lib/vendors/log/emf.ts';
import type { EmfLine } from '../../../lib/vendors/log/emf.ts';
import type { Alert } from '../../../lib/watch/alerts/alerts.ts';
import { ringing } from '../../alarms.ts';
import { recordOutput } from './written.ts';

const STAGE = 'unit';
const clock = { now: () => 1_763_800_000_000, sleep: async () => undefined };
const context = { requestId: 'r', deadline: { at: clock.now() + 50_000 } };

function collect() {
  const lines: Record<string, unknown>[] = [];
  const errors: Record<string, unknown>[] = [];
  return {
    lines,
    errors,
    emit: (line: EmfLine) => void lines.push(JSON.parse(emfLine(line)) as Record<string, unknown>),
    log: { error: (_: string, fields: Record<string, unknown>) => void errors.push(fields) },
  };
}

describe('a store that is away (W1)', () => {
  const ALARMS = { redis: 'redis-away', dynamodb: 'dynamodb-away', secretsManager: 'secrets-away' };
  const here = async () => undefined;
  const away = () => Promise.reject(new Error('nobody answers'));

  it.each(Object.entries(ALARMS))('%s is one ERROR line, and rings %s', async (store, alarm) => {
    const { lines, errors, emit, log } = collect();
    const probes = { redis: here, dynamodb: here, secretsManager: here, [store]: away };
    await storeWatch({ probes, clock, emit, log }).run(context);
    expect(errors).toEqual([{ store, error: expect.any(Error) as Error }]);
    expect(ringing(STAGE, lines)).toEqual([alarm]);
  });

  it('nothing rings while all answer', async () => {
    const { lines, errors, emit, log } = collect();
    await storeWatch({ probes: { redis: here, dynamodb: here, secretsManager: here }, clock, emit, log }).run(
      context,
    );
    expect([lines.length, errors, ringing(STAGE, lines)]).toEqual([3, [], []]);
  });
});

describe('alerts', () => {
  const alert = (parts: Partial<Alert>) =>
    ({
      id: 'a',
      kind: 'LOGIN_LOCKED',
      subject: 'X',
      severity: 'critical',
      state: 'firing',
      ...parts,
    }) as Alert;
  it.each<[string, Alert[], string[]]>([
    ['none', [], []],
    ['a critical one rings', [alert({})], ['critical-alerts']],
    ['a warning does not', [alert({ severity: 'warning' })], []],
    ['nor one that somebody has acknowledged', [alert({ state: 'acknowledged' })], []],
    ['drift rings twice', [alert({ kind: 'LEDGER_UNBALANCED' })], ['critical-alerts', 'ledger-drift']],
    [
      'and goes on when it is acknowledged',
      [alert({ kind: 'LEDGER_TAMPERED', state: 'acknowledged' })],
      ['ledger-drift'],
    ],
    ['until it is resolved', [alert({ kind: 'AUDIT_TAMPERED', state: 'resolved' })], []],
  ])('%s', async (_name, items, rung) => {
    const { lines, emit } = collect();
    await openAlerts({ alertStore: { list: async () => ({ items }) }, clock, emit }).run(context);
    expect(ringing(STAGE, lines).toSorted()).toEqual(rung);
  });
});

describe('the whole run, with no store at all', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval'] }));
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('rings for each store, and counts as an error of the function (W1)', async () => {
    const output = recordOutput();
    const remaining = { getRemainingTimeInMillis: () => 55_000 };
    const run = handler({ source: 'aws.events' }, {
      awsRequestId: 'lambda-1',
      functionName: 'gatehouse-unit-monitor',
      ...remaining,
    } as Context);
    await expect(run).rejects.toThrow('Failed: ');
    const away = output.errors().filter((line) => 'store' in line);
    expect(away.map(({ store }) => String(store)).toSorted()).toEqual([
      'dynamodb',
      'redis',
      'secretsManager',
    ]);
    const rung = ringing(STAGE, output.metrics());
    expect(rung).toEqual(expect.arrayContaining(['redis-away', 'dynamodb-away', 'secrets-away']));
  }, 60_000);
});

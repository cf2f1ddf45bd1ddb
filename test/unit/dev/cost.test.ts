/** `npm run cost`: sums by hand, options that do not hold, figures that are still the code's. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as fact from '../../../dev/cost/facts.ts';
import { parseRequest } from '../../../dev/cost/load.ts';
import { priceOf, readPrices } from '../../../dev/cost/prices.ts';
import { growthOf, reportOf } from '../../../dev/cost/report.ts';
import { templateFacts } from '../../../dev/cost/template-facts.ts';
import { usageOf } from '../../../dev/cost/usage.ts';
import { SCALE_PAGE, withOutputs } from '../../../dev/scale-page.ts';
import { readServerlessFile } from '../../../dev/serverless-file.ts';
import { metricLine } from '../../../lib/calls/log/metric-line.ts';
import { emfLine } from '../../../lib/vendors/log/emf.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const MONTH = 2_628_000;
const TEMPLATE = { functions: 8, routes: 10, schedules: 2, alarmMetrics: 20, dashboards: 1, secrets: 2 };

const loadOf = (options: string) => parseRequest(options.split(' ')).load;

/** Units of a month by price, as a load uses them. */
function used(options: string): Record<string, number> {
  const units: Record<string, number> = {};
  for (const { price, units: some } of usageOf(loadOf(options), TEMPLATE)) {
    units[price] = (units[price] ?? 0) + some;
  }
  return units;
}

/** The figures of `byHand`, a thousandth of a unit off at most. */
const closeTo = (byHand: Record<string, number>) =>
  expect.objectContaining(
    Object.fromEntries(Object.entries(byHand).map(([price, units]) => [price, expect.closeTo(units, 3)])),
  ) as unknown;

describe('what a load uses, by hand', () => {
  it('one call a second', () => {
    const units = used(
      '--calls-per-second 1 --webhooks-per-second 0 --services 1 --sessions 0 --subscriptions 0',
    );
    expect(units).toEqual(
      closeTo({
        // authorizer, proxy; keepalive and monitor once a minute
        lambdaRequest: (2 + 2 / 60) * MONTH,
        // 5 ms of half a GB, 300 ms of one; a minute's 1 s and 3 s
        lambdaGbSecond: (0.0025 + 0.3 + 4 / 60) * MONTH,
        httpApiRequest: MONTH,
        // 400 + 600 bytes are one unit; one service's minutes
        dynamodbWrite: (1 + (1.5 * 3) / 60) * MONTH,
        // 1,000 bytes read three times at 8 KB a unit; looks where there is nothing; keys and definitions of 0.3 processes
        dynamodbRead: ((3 * 1_000) / 8_192 + 10 / 60 + 0.06 + 0.01) * MONTH,
        redisCommand: MONTH,
        secret: 4,
        metric: 6 + 4 + (8 + 30) * 3 + 10 * 6,
        alarm: 20,
        dashboard: 1,
        dataOut: ((1_000 + 2_000 + 700) * MONTH) / 1e9,
        // a run's line, Lambda's three, each with 26 bytes; the call's, the access line's, keepalive's once a minute
        logIngested: (((2 + 2 / 60) * (506 + 450 + 78) + 526 + 356 + 376 / 60) * MONTH) / 1e9,
        dynamodbStorage: (1_100 * 30 * 86_400) / 1e9,
        dynamodbRecovery: 0,
        natHour: 0,
        natGb: 0,
      }),
    );
  });

  it('one deposit a second, told to two', () => {
    const units = used(
      '--calls-per-second 0 --webhooks-per-second 1 --services 1 --sessions 0 --subscriptions 2 --ledger-months 1 --nat-zones 2',
    );
    const runs = 2 * Math.exp(-1.1);
    expect(units).toEqual(
      closeTo({
        // webhook; three batches of the ledger's stream, one of the events'; runs that deliver; the minute's two
        lambdaRequest: (1 + 3 + 1 + runs + 2 / 60) * MONTH,
        // 40 ms; four batches of 100 ms; two runs that never end; the minute's
        lambdaGbSecond: (0.04 + 0.4 + 2 + 4 / 60) * MONTH,
        httpApiRequest: MONTH,
        // the money, its record, the event; two deliveries; runs; a page of one; one service's minutes
        dynamodbWrite: (8 + 2 + 2 + 2 * 4 + runs * 3 + 5 + 0.075) * MONTH,
        redisCommand: MONTH,
        dynamodbRecovery: ((2_300 + 2 * 1_100) * 30 * 86_400 + 2_200 * MONTH) / 1e9,
        dynamodbStorage: (2_300 * 30 * 86_400 + (2_300 + 2 * 1_100) * 30 * 86_400 + 2_200 * MONTH) / 1e9,
        natHour: 2 * 730,
        natGb: ((1_400 + 2 * 3_000) * MONTH) / 1e9,
      }),
    );
  });

  it('takes 9 units for a full record, and 11 in place of 8 for a queued deposit', () => {
    const base = '--services 0 --sessions 0 --subscriptions 0';
    const calls = `${base} --calls-per-second 1 --webhooks-per-second 0`;
    expect(used(`${calls} --record-bytes 8192`)['dynamodbWrite']).toBeCloseTo(9 * MONTH, 3);
    const deposits = `${base} --calls-per-second 0 --webhooks-per-second 1`;
    const [sync, queued] = [used(deposits), used(`${deposits} --queued-share 1`)];
    expect(queued['dynamodbWrite']! - sync['dynamodbWrite']!).toBeCloseTo(3 * MONTH, 3);
    expect(queued['lambdaRequest']! - sync['lambdaRequest']!).toBeCloseTo(MONTH, 3);
  });
});

describe('prices', () => {
  const table = readPrices();

  it('are taken per unit, and by the region, but for Redis', () => {
    expect(priceOf(table, 'us-east-1', 'httpApiRequest', 2_500_000)).toBeCloseTo(2.5, 9);
    expect(priceOf(table, 'ap-east-1', 'httpApiRequest', 2_500_000)).toBeCloseTo(3.5, 9);
    expect(priceOf(table, 'ap-east-1', 'redisCommand', 1_000_000)).toBeCloseTo(2, 9);
  });

  it('add up to the total', () => {
    const { lines, total, perMillion } = reportOf(loadOf('--region us-east-1'), table, TEMPLATE);
    expect(total).toBeCloseTo(
      lines.reduce((sum, { usd }) => sum + usd, 0),
      9,
    );
    expect(perMillion! * 150 * MONTH).toBeCloseTo(total * 1e6, 3);
  });

  it('may be a table of your own; one that lacks a price is refused, naming it', () => {
    const own = join(tmpdir(), `prices-${process.pid}.json`);
    const { natGb: _, ...prices } = table.prices;
    writeFileSync(own, JSON.stringify({ ...table, prices }));
    expect(() => readPrices(own)).toThrow(/--prices: .*prices\.natGb/);
    expect(() => readPrices('/nowhere.json')).toThrow('--prices: /nowhere.json');
  });
});

describe('an option that does not hold is named', () => {
  it.each([
    ['--calls-per-second -1', '--calls-per-second'],
    ['--calls-per-second many', '--calls-per-second'],
    ['--webhooks-per-second 1e9', '--webhooks-per-second'],
    ['--memory 64', '--memory'],
    ['--memory 512.5', '--memory'],
    ['--queued-share 1.5', '--queued-share'],
    ['--house-shards 33', '--house-shards'],
    ['--log-level LOUD', '--log-level'],
    ['--region cn-north-1', '--region'],
    ['--call-per-second 5', '--call-per-second'],
    ['--memory', '--memory'],
  ])('%s', (options, name) => {
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      [join(ROOT, 'dev/cost/main.ts'), ...options.split(' ')],
      { encoding: 'utf8' },
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(name);
    expect(stderr).not.toContain('    at ');
  });
});

it('--json says the same as the report', () => {
  const args = [join(ROOT, 'dev/cost/main.ts'), '--json', '--calls-per-second', '7'];
  const printed: unknown = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  const report = reportOf(loadOf('--calls-per-second 7'), readPrices(), templateFacts());
  expect(printed).toEqual(JSON.parse(JSON.stringify(report)));
});

it('growth multiplies calls and webhooks, and ceilings are passed one after the other', () => {
  const reports = growthOf(loadOf('--calls-per-second 100'), readPrices(), TEMPLATE);
  expect(reports.map(({ load }) => [load.callsPerSecond, load.webhooksPerSecond])).toEqual([
    [100, 50],
    [1_000, 500],
    [10_000, 5_000],
    [100_000, 50_000],
  ]);
  const passed = reports.map(
    ({ ceilings }) => ceilings.filter(({ used: some, limit }) => some > limit).length,
  );
  expect(passed[0]).toBe(0);
  expect(passed.toSorted((a, b) => a - b)).toEqual(passed);
});

describe('figures are still the code’s', () => {
  it('lines of metrics are as long as is counted, within a tenth', () => {
    const requestId = '019ab0c6d3f4-JKJaXmPLvHcES06=';
    const call = metricLine({
      id: requestId,
      at: '2026-11-22T04:05:06.007Z',
      service: 'CITY_CENTER_WORK_ORDER',
      operation: 'getUserInfo',
      method: 'GET',
      path: '/api/user',
      status: 200,
      upstreamStatus: 200,
      requestId,
      caller: 'k1',
      durationMs: 312,
      attempts: 1,
      cached: false,
      stale: false,
    });
    expect(Math.abs(emfLine(call).length / fact.CALL_LINE_BYTES - 1)).toBeLessThan(0.1);
    const run = emfLine({
      at: 1_763_800_000_000,
      dimensions: [['function'], ['function', 'routeGroup']],
      metrics: {
        requests: { unit: 'Count', value: 1 },
        errors5xx: { unit: 'Count', value: 0 },
        duration: { unit: 'Milliseconds', value: 312 },
      },
      fields: {
        function: 'gatehouse-prod-proxy',
        routeGroup: 'operations',
        status: 200,
        requestId,
        awsRequestId: '8f5d3a1e-7c2b-4c7e-9a55-0f4f2f1f3c11',
      },
    });
    expect(Math.abs(run.length / fact.RUN_LINE_BYTES - 1)).toBeLessThan(0.1);
  });

  it.each([
    ['docs/builders/ledger.md', /settle \(`post`\) .*\*\*(\d+)\*\*: 3 items/, fact.SETTLE_UNITS],
    ['docs/builders/settlement.md', /\| accept +\|[^|]*\| (\d+):/, fact.ACCEPT_UNITS],
    ['docs/builders/settlement.md', /\| settle one +\|[^|]*\| (\d+):/, fact.SETTLE_QUEUED_UNITS],
    ['docs/builders/events.md', /\| tell of a transfer +\|[^|]*\| (\d+):/, fact.TELL_UNITS],
    ['docs/builders/call-log-and-alerts.md', /An item is some (\d+) bytes/, fact.CALL_ITEM_BYTES],
    ['lib/events/runner.ts', /^const AT_ONCE = (\d+);/m, fact.DELIVERIES_AT_ONCE],
    ['dev/cost/facts.ts', /CREDENTIALS_S = (\d+)/, 60],
    ['docs/builders/pipeline.md', /find definition<br\/>in process, ≤ (\d+) s old/, fact.DEFINITION_S],
  ])('%s %s', (file, pattern, figure) => {
    expect(Number(pattern.exec(read(file))?.[1])).toBe(figure);
  });

  it('what the template decides is counted there', () => {
    const { functions } = readServerlessFile({ stage: 'prod', env: {} });
    const stream = JSON.stringify(functions['publish']);
    expect(stream).toContain(`"batchSize":${fact.BATCH_SIZE}`);
    expect(functions['authorizer']?.memorySize).toBe(1_024 * fact.AUTHORIZER_SHARE);
    const { functions: count, routes, alarmMetrics } = templateFacts();
    expect(count).toBe(Object.keys(functions).length);
    expect(routes).toBeGreaterThan(20);
    expect(alarmMetrics).toBeGreaterThan(20);
  });
});

it('docs/scale.md shows what its commands print: npm run build:scale', () => {
  const page = readFileSync(SCALE_PAGE, 'utf8');
  expect(page.match(/^\$ npm run /gm)).toHaveLength(3);
  expect(withOutputs(page)).toBe(page);
}, 120_000);

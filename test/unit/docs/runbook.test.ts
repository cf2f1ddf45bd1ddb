/** Every alarm has a row in the runbook, in both languages, and every row an alarm (SPEC 12). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DRIFT } from '../../../functions/monitor/open-alerts.ts';
import { readServerlessFile } from '../../../dev/serverless-file.ts';
import { readAlarms } from '../../alarms.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const STAGE = 'prod';
const read = (file: string) => readFileSync(join(ROOT, 'docs/users', file), 'utf8');
const alarms = readAlarms(STAGE);
const functions = Object.keys(readServerlessFile({ stage: STAGE, env: {} }).functions);

const ROW = /^\| `(?<alarm>[\w*-]+)` +\|(?<cells>.*)\|$/gm;
const rowsOf = (page: string) =>
  [...page.matchAll(ROW)].map(({ groups }) => ({
    alarm: groups!['alarm']!,
    cells: groups!['cells']!.split('|').map((cell) => cell.trim()),
  }));

/** `*-errors` is one for each function. */
const namesOf = (alarm: string) =>
  alarm.startsWith('*') ? functions.map((name) => name + alarm.slice(1)) : [alarm];

describe.each(['runbook.md', 'zh-CN/runbook.md'])('%s', (file) => {
  const rows = rowsOf(read(file));

  it('has one row for each alarm, and no other', () => {
    expect(rows.flatMap(({ alarm }) => namesOf(alarm)).toSorted()).toEqual(
      alarms.map(({ name }) => name).toSorted(),
    );
  });

  it.each(rows.map(({ alarm, cells }) => [alarm, cells] as const))(
    '%s: meaning, first look, mend',
    (_, cells) => {
      expect(cells).toHaveLength(3);
      for (const cell of cells) expect(cell.length).toBeGreaterThan(5);
    },
  );
});

describe('what rings (SPEC 12)', () => {
  const PARTS: [what: string, alarm: RegExp][] = [
    ['errors by function', /-errors$/],
    ['5xx by function', /^(?:webhook|admin|authorizer)-5xx$/],
    ['5xx by route group', /-routes-5xx$/],
    ['p99 near the time limit', /-slow$/],
    ['throttles', /^\w+-throttles$/],
    ['account concurrency', /^account-concurrency$/],
    ['DynamoDB throttling', /^dynamodb-(?:read|write)-throttles$/],
    ['DynamoDB system errors', /^dynamodb-system-errors$/],
    ['Redis away', /^redis-away$/],
    ['dead letters', /^dead-letters$/],
    ['failed and dropped asynchronous events', /^async-dropped$/],
    ['silent schedules', /-silent$/],
    ['age of the oldest pending transfer', /^oldest-pending$/],
    ['ledger drift', /^ledger-drift$/],
    ['firing product alerts', /^critical-alerts$/],
  ];
  it.each(PARTS)('%s', (_, pattern) => {
    expect(alarms.filter(({ name }) => pattern.test(name))).not.toEqual([]);
  });

  it.each(alarms.map(({ name, properties }) => [name, properties] as const))(
    '%s tells people, also when it is over',
    (_, alarm) => {
      const topic = [{ Ref: 'AlarmTopic' }];
      expect([alarm['AlarmActions'], alarm['OKActions']]).toEqual([topic, topic]);
    },
  );

  it('an alarm has either one metric or an expression over ten at most', () => {
    for (const { name, properties } of alarms) {
      const metrics = (properties['Metrics'] ?? []) as {
        Id: string;
        Expression?: string;
        MetricStat?: unknown;
      }[];
      expect([name, 'MetricName' in properties]).toEqual([name, metrics.length === 0]);
      expect(['Statistic' in properties, 'ExtendedStatistic' in properties].filter(Boolean).length).toBe(
        metrics.length === 0 ? 1 : 0,
      );
      const stats = metrics.filter(({ MetricStat }) => MetricStat);
      expect(stats.length).toBeLessThanOrEqual(10);
      const [expression] = metrics.filter(({ Expression }) => Expression !== undefined);
      for (const { Id } of stats)
        expect([name, expression?.Expression]).toEqual([name, expect.stringContaining(Id)]);
    }
  });
});

it('the alerts that mean drift are ones that the product raises', () => {
  const watching = read('watching.md');
  for (const kind of DRIFT) expect(watching).toContain(`| \`${kind}\``);
});

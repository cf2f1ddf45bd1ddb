import { expect, it } from 'vitest';
import type { CallRecord } from '../../../lib/calls/log/call-log.ts';
import { metricLine as metricsOf } from '../../../lib/calls/log/metric-line.ts';
import { emfLine } from '../../../lib/vendors/log/emf.ts';

const metricLine = (call: CallRecord) => emfLine(metricsOf(call));

const call: CallRecord = {
  id: 'c1',
  at: '2026-11-21T04:00:00.000Z',
  service: 'ORDERS',
  operation: 'getOrder',
  method: 'GET',
  path: '/api/order/1',
  status: 200,
  durationMs: 123,
  attempts: 2,
  requestId: 'r1',
  caller: 'key_a',
  cached: false,
  stale: false,
  request: 'line one\nline two',
};

it('is one line that CloudWatch reads as metrics', () => {
  const line = metricLine(call);
  expect(line).not.toContain('\n');
  const { ['_aws']: directives, ...metric } = JSON.parse(line) as Record<string, unknown>;
  const { Timestamp: timestamp, CloudWatchMetrics: metrics } = directives as {
    Timestamp: number;
    CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  const [directive] = metrics;
  expect(timestamp).toBe(Date.parse(call.at));
  // Every metric and dimension it declares is a member of the line.
  for (const { Name: name } of directive!.Metrics) expect(typeof metric[name]).toBe('number');
  for (const name of directive!.Dimensions.flat()) expect(typeof metric[name]).toBe('string');
  expect(metric).toMatchObject({ service: 'ORDERS', calls: 1, errors: 0, duration: 123, attempts: 2 });
});

it.each([
  [{ status: 404 }, 0],
  [{ status: 503 }, 1],
  [{ status: 429, code: 'QUOTA_EXCEEDED' }, 1],
])('of %j counts %d errors', (extra, errors) => {
  expect(JSON.parse(metricLine({ ...call, ...extra }))).toMatchObject({ errors });
});

it('shows neither request nor response', () => {
  expect(metricLine({ ...call, response: 'secret' })).not.toMatch(/line one|secret/);
});

/** Metrics, thresholds and the past of quotas through the whole stack. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runGatehouse } from '../command-line.ts';
import type { Gatehouse } from '../gatehouse.ts';
import type { Peer } from '../peer.ts';
import { sendJson } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

interface Call {
  at: string;
  durationMs: number;
  code?: string;
}
interface MetricsMinute {
  service: string;
  minute: string;
  calls: number;
  errors: Record<string, number>;
  p50: number;
  p95: number;
  p99: number;
}

const MINUTE_MS = 60_000;
const realNow = Date.now.bind(Date);

describe('metrics', () => {
  let gatehouse: Gatehouse;
  let peer: Peer;
  withPeer((both) => ({ gatehouse, peer } = both));

  /** The clock of the stack goes on, from where the test has set it. */
  let ahead = 0;
  beforeEach(() => void vi.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead));
  afterEach(() => void vi.restoreAllMocks());
  const setClock = (at: number) => {
    ahead = at - realNow();
  };
  /** Each test in minutes of its own, behind those of the one before. */
  const nextMinute = () => {
    const minute = (Math.floor(Date.now() / MINUTE_MS) + 3) * MINUTE_MS;
    setClock(minute + 1_000);
    return minute;
  };
  const runMonitor = (at: number) => {
    setClock(at);
    return gatehouse.stack.host.functions.invoke('monitor', {});
  };

  const register = (code: string, extra: object = {}) =>
    gatehouse.register({
      code,
      name: code,
      baseUrl: peer.url,
      auth: { type: 'NONE' },
      retry: { serverError: { attempts: 0 } },
      operations: { ping: { method: 'GET', path: '/ping', success: { status: 200 } } },
      ...extra,
    });
  const callOften = (code: string, times: number) =>
    Promise.all(Array.from({ length: times }, () => gatehouse.call(code, 'ping')));
  const iso = (at: number) => new Date(at).toISOString();
  const metricsOf = async (code: string, from: number) => {
    const range = `from=${iso(from)}&to=${iso(from + 10 * MINUTE_MS)}`;
    const answer = await gatehouse.ask('GET', `/v1/admin/metrics?service=${code}&${range}`);
    return answer.at<MetricsMinute[]>('items');
  };
  async function callLog(code: string): Promise<Call[]> {
    const calls: Call[] = [];
    for (let cursor = ''; ;) {
      const page = await gatehouse.ask('GET', `/v1/admin/calls?service=${code}&limit=200${cursor}`);
      calls.push(...page.at<Call[]>('items'));
      const next = page.at<string | undefined>('cursor');
      if (next === undefined) return calls;
      cursor = `&cursor=${encodeURIComponent(next)}`;
    }
  }
  const firing = async (code: string) => {
    const { items } = (await gatehouse.ask('GET', '/v1/admin/alerts?state=firing')).json as {
      items: { kind: string; subject: string }[];
    };
    return items.flatMap(({ kind, subject }) => (subject === code ? kind : []));
  };

  it('the percentiles of 200 calls are those of the call log', async () => {
    await register('TIMED');
    const minute = nextMinute();
    let number = 0;
    peer.answer((_request, response) => {
      number += 1;
      setTimeout(() => sendJson(response, { ok: true }), (number * 7) % 50);
    });
    for (let round = 0; round < 10; round += 1) await callOften('TIMED', 20);
    const calls = await callLog('TIMED');
    expect(calls).toHaveLength(200);
    await runMonitor(minute + MINUTE_MS + 100);
    const durations = calls.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
    expect(await metricsOf('TIMED', minute)).toEqual([
      {
        service: 'TIMED',
        minute: iso(minute),
        calls: 200,
        errors: {},
        p50: durations[99],
        p95: durations[189],
        p99: durations[197],
        availability: 1,
        logins: 0,
        captchas: 0,
        captchaHits: 0,
        captchaPoints: 0,
        transfers: 0,
        events: 0,
      },
    ]);
    const all = await gatehouse.ask('GET', `/v1/admin/metrics?from=${iso(minute)}`);
    expect(all.at<MetricsMinute[]>('items').map(({ service }) => service)).toEqual(['TIMED']);
  });

  it('failures beyond the threshold raise an alert, and a good minute resolves it', async () => {
    await register('FAILING', { monitor: { errorRate: 0.1 } });
    const bad = nextMinute();
    peer.answer((_request, response) => sendJson(response, {}, 500));
    await callOften('FAILING', 2);
    peer.answer((_request, response) => sendJson(response, { ok: true }));
    await callOften('FAILING', 10);
    await runMonitor(bad + MINUTE_MS + 31_000);
    expect(await firing('FAILING')).toContain('ERROR_RATE');
    const [minute] = await metricsOf('FAILING', bad);
    expect(minute).toMatchObject({ calls: 12 });
    expect(Object.values(minute!.errors)).toEqual([2]);

    setClock(bad + 2 * MINUTE_MS + 1_000);
    await callOften('FAILING', 10);
    await runMonitor(bad + 3 * MINUTE_MS + 31_000);
    expect(await firing('FAILING')).toEqual([]);
  });

  it('the past of quotas, and what another limit would have done, by API and command line', async () => {
    await register('BUSY', { timezone: 'UTC', quotas: [{ type: 'PER_MINUTE', limit: 6 }] });
    const minute = nextMinute();
    for (let call = 0; call < 8; call += 1) await gatehouse.call('BUSY', 'ping');
    await runMonitor(minute + MINUTE_MS + 100);
    const at = '/v1/admin/services/BUSY/quotas';
    const range = `from=${iso(minute)}&to=${iso(minute + MINUTE_MS)}`;
    const hour = Math.floor(minute / 3_600_000) * 3_600_000;
    expect((await gatehouse.ask('GET', `${at}/history?by=hour&${range}`)).json).toEqual({
      items: [{ from: iso(hour), calls: 8, refused: 2 }],
    });
    for (const type of ['PER_MINUTE', 'PER_MONTH']) {
      const found = await gatehouse.ask('GET', `${at}/what-if?type=${type}&limit=5&${range}`);
      expect(found.json).toEqual({ calls: 8, allowed: 5, refused: 3 });
    }
    const seconds = await gatehouse.ask('GET', `${at}/what-if?type=PER_SECOND&limit=1000&${range}`);
    expect(seconds.json).toEqual({ calls: 8, allowed: 8, refused: 0 });

    const env = { GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey };
    const times = ['--from', iso(minute), '--to', iso(minute + MINUTE_MS)];
    const cli = async (...args: string[]) => (await runGatehouse([...args, ...times], env)).out;
    expect(await cli('quota', 'what-if', 'BUSY', 'PER_DAY=3')).toBe(
      'Of 8 calls 3 would have been let through, 5 refused.\n',
    );
    expect(await cli('quota', 'history', 'BUSY', '--by', 'day')).toMatch(/T00:00:00.000Z +8 +2/);
    const table = await cli('metrics', '--service', 'BUSY');
    expect(table).toMatch(/^service +minute +calls +p50 +p95 +p99 +availability/);
    expect(table).toContain('QUOTA_EXCEEDED=2');
  });

  it.each([
    ['/v1/admin/metrics?service=NONE', 404, undefined],
    ['/v1/admin/metrics?from=yesterday', 422, 'from'],
    ['/v1/admin/metrics?from=2126-01-01T00:00:00Z', 422, 'from'],
    ['/v1/admin/services/REFUSED/quotas/history?by=minute', 422, 'by'],
    ['/v1/admin/services/REFUSED/quotas/history?from=2020-01-01T00:00:00Z', 422, 'from'],
    ['/v1/admin/services/REFUSED/quotas/what-if?type=PER_DAY', 422, 'limit'],
    ['/v1/admin/services/REFUSED/quotas/what-if?type=PER_DAY&limit=-1', 422, 'limit'],
    ['/v1/admin/services/NONE/quotas/what-if?type=PER_DAY&limit=1', 404, undefined],
  ])('%s is refused', async (path, status, field) => {
    await register('REFUSED');
    const answer = await gatehouse.ask('GET', path);
    expect([answer.status, answer.at('errors.0.field')]).toEqual([status, field]);
  });
});

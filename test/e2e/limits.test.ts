import pMap from 'p-map';
import { describe, expect, it } from 'vitest';
import { runGatehouse } from '../command-line.ts';
import type { Gatehouse } from '../gatehouse.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

/** Longer than a change may take to be in force. */
const IN_FORCE_MS = 1_100;

describe('limits', () => {
  let gatehouse: Gatehouse;
  let peer: Peer;
  withPeer((both) => ({ gatehouse, peer } = both));

  const register = (code: string, extra: object = {}) =>
    gatehouse.register({
      code,
      name: code,
      baseUrl: peer.url,
      auth: { type: 'NONE' },
      operations: { ping: { method: 'GET', path: '/ping', success: { status: 200 } } },
      ...extra,
    });
  const call = async (code: string) => (await gatehouse.call(code, 'ping')).status;
  const at = (code: string, rest: string) => `/v1/admin/services/${code}${rest}`;
  const env = () => ({ GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey });
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  it('exactly 100 of 1,000 calls at once pass a limit of 100 (Q1)', async () => {
    await register('MANY', { quotas: [{ type: 'PER_DAY', limit: 100 }] });
    // As many connections as a machine takes at once without refusing some.
    const calls = Array.from({ length: 1_000 }, () => 'MANY');
    const statuses = await pMap(calls, call, { concurrency: 200 });
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(statuses.filter((status) => status === 429)).toHaveLength(900);
    expect(peer.seen).toHaveLength(100);
    const { items } = (await gatehouse.ask('GET', at('MANY', '/quotas'))).json as { items: unknown[] };
    expect(items).toMatchObject([{ type: 'PER_DAY', limit: 100, used: 100, remaining: 0 }]);
  });

  it('set where there was none, they are in force within a second, as a new revision', async () => {
    await register('NONE_YET');
    expect(await call('NONE_YET')).toBe(200);
    const quotas = [{ type: 'PER_DAY', limit: 1 }];
    const set = await gatehouse.ask('PUT', at('NONE_YET', '/quotas'), { body: { quotas } });
    expect([set.status, set.at('items')]).toMatchObject([200, [{ ...quotas[0], used: 0, remaining: 1 }]]);
    await pause(IN_FORCE_MS);
    expect([await call('NONE_YET'), await call('NONE_YET')]).toEqual([200, 429]);
    const service = await gatehouse.ask('GET', at('NONE_YET', ''));
    expect(service.json).toMatchObject({ revision: 2, quotas, operations: { ping: { path: '/ping' } } });
  });

  it('the definition stays as it was written: defaults are not frozen into it', async () => {
    await register('AS_WRITTEN');
    await gatehouse.ask('PUT', at('AS_WRITTEN', '/quotas'), { body: { quotas: [] } });
    await gatehouse.ask('PUT', at('AS_WRITTEN', '/quotas'), {
      body: { quotas: [{ type: 'PER_DAY', limit: 1 }] },
    });
    const diff = await gatehouse.ask('GET', at('AS_WRITTEN', '/revisions/2/diff'));
    expect(diff.at('items')).toEqual([
      { path: 'quotas', before: [], after: [{ type: 'PER_DAY', limit: 1 }] },
    ]);
  });

  it.each([
    [{ quotas: [{ type: 'PER_YEAR', limit: 1 }] }, 'quotas.0.type'],
    [{ quotas: [{ type: 'PER_DAY', limit: -1 }] }, 'quotas.0.limit'],
    [{}, 'quotas'],
  ])('refuses %j, naming the field', async (body, field) => {
    await register('REFUSING');
    const answer = await gatehouse.ask('PUT', at('REFUSING', '/quotas'), { body });
    expect([answer.status, answer.at('errors.0.field')]).toEqual([422, field]);
  });

  it('are raised and reset while calls are refused: the next one passes', async () => {
    await register('TIGHT', { quotas: [{ type: 'PER_DAY', limit: 1 }] });
    expect([await call('TIGHT'), await call('TIGHT')]).toEqual([200, 429]);
    expect((await gatehouse.ask('POST', at('TIGHT', '/quotas/reset'))).status).toBe(204);
    expect([await call('TIGHT'), await call('TIGHT')]).toEqual([200, 429]);
    await gatehouse.ask('PUT', at('TIGHT', '/quotas'), { body: { quotas: [{ type: 'PER_DAY', limit: 3 }] } });
    expect([await call('TIGHT'), await call('TIGHT'), await call('TIGHT')]).toEqual([200, 200, 429]);
  });

  it('a breaker is held open, and given back', async () => {
    await register('BROKEN', { breaker: { failures: 5, openSeconds: 30 } });
    expect(await call('BROKEN')).toBe(200);
    const forced = await gatehouse.ask('PUT', at('BROKEN', '/breaker'), { body: { forced: 'open' } });
    expect(forced.json).toEqual({ state: 'open', failures: 0, until: null, forced: 'open' });
    const refused = await gatehouse.call('BROKEN', 'ping');
    expect([refused.status, refused.at('code')]).toEqual([503, 'CIRCUIT_OPEN']);
    expect(refused.at('detail')).toContain('an operator holds its breaker open');
    await gatehouse.ask('PUT', at('BROKEN', '/breaker'), { body: { forced: 'auto' } });
    expect(await call('BROKEN')).toBe(200);
    await register('WITHOUT');
    const none = await gatehouse.ask('PUT', at('WITHOUT', '/breaker'), { body: { forced: 'open' } });
    expect([none.status, none.at('errors.0.field')]).toEqual([422, 'forced']);
  });

  it('are seen and changed by the command line', async () => {
    await register('BY_HAND', { breaker: { failures: 5, openSeconds: 30 } });
    const cli = async (...args: string[]) => (await runGatehouse(args, env())).out;
    expect(await cli('quota', 'show', 'BY_HAND')).toBe('There are no limits.\n');
    expect(await cli('quota', 'set', 'BY_HAND', 'PER_DAY=7', 'per_minute=3')).toMatch(/PER_DAY\s+7\s+0\s+7/);
    expect(await call('BY_HAND')).toBe(200);
    expect(await cli('quota', 'show', 'BY_HAND')).toMatch(/PER_MINUTE\s+3\s+1\s+2/);
    expect(await cli('quota', 'reset', 'BY_HAND')).toBe('BY_HAND: the windows of now begin anew.\n');
    expect(await cli('breaker', 'show', 'BY_HAND')).toBe('BY_HAND: closed, 0 failures in a row.\n');
    expect(await cli('breaker', 'force', 'BY_HAND', 'open')).toMatch(/^BY_HAND: held open/);
    const wrong = await runGatehouse(['quota', 'set', 'BY_HAND', 'PER_DAY:7'], env());
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('PER_MINUTE=200')]);
  });
});

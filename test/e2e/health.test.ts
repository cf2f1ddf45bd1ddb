/** Health checks through the functions, each under its role: a peer that goes down and returns, and who is told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSample } from '../../dev/invoke/sample.ts';
import { runGatehouse } from '../command-line.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { startSubscriber } from '../integration/events/subscriber.ts';
import type { Subscriber } from '../integration/events/subscriber.ts';
import type { Peer } from '../peer.ts';
import { withPeer } from '../with-peer.ts';

const WAIT = { timeout: 15_000, interval: 50 };

describe('health checks', () => {
  let gatehouse: Gatehouse;
  let peer: Peer;
  let subscriber: Subscriber;
  withPeer((both) => ({ gatehouse, peer } = both));
  beforeAll(async () => {
    subscriber = await startSubscriber();
    const made = await gatehouse.ask('POST', '/v1/admin/subscriptions', {
      body: { url: subscriber.url, events: ['service.*'] },
    });
    subscriber.knows(made.at('secret'));
  });
  afterAll(() => subscriber.stop());

  const at = (code: string, rest = '') => `/v1/admin/services/${code}${rest}`;
  const register = (code: string, healthCheck?: object, extra: object = {}) =>
    gatehouse.register({
      code,
      name: code,
      baseUrl: peer.url,
      auth: { type: 'NONE' },
      ...(healthCheck ? { healthCheck } : {}),
      ...extra,
    });
  const monitor = () =>
    gatehouse.stack.host.functions.invoke('monitor', readSample('monitor-schedule')) as Promise<{
      ran: string[];
    }>;
  const down = () => peer.answer((_, response) => void response.writeHead(503).end());
  const alert = async (subject: string) =>
    (await gatehouse.ask('GET', '/v1/admin/alerts'))
      .at<{ kind: string; subject: string; state: string; severity: string }[]>('items')
      .find((one) => one.subject === subject);
  const CHECKS = {
    intervalSeconds: 3_600,
    retryTimes: 1,
    alertThreshold: 2,
    endpoints: { health: '/health' },
  };

  it('a peer that goes down has an alert and is told; when it returns, that is over and told', async () => {
    await register('SHOP', CHECKS);
    const unknown = { endpoints: { health: { state: 'unknown', failures: 0, at: null } } };
    expect((await gatehouse.ask('GET', at('SHOP', '/health'))).json).toEqual(unknown);

    down();
    expect((await monitor()).ran).toContain('health-checks');
    expect(peer.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /health', 'GET /health']);
    expect((await gatehouse.ask('GET', at('SHOP', '/health'))).json).toMatchObject({
      endpoints: { health: { state: 'down', failures: 1, error: 'It answered 503.' } },
    });
    expect(await alert('SHOP/health')).toBeUndefined();

    const checked = await gatehouse.ask('POST', at('SHOP', '/health'));
    expect(checked.json).toMatchObject({ endpoints: { health: { state: 'down', failures: 2 } } });
    expect(checked.json).toEqual((await gatehouse.ask('GET', at('SHOP', '/health'))).json);
    expect(await alert('SHOP/health')).toMatchObject({
      kind: 'HEALTH_CHECK',
      state: 'firing',
      severity: 'critical',
    });
    await expect
      .poll(() => subscriber.all, WAIT)
      .toMatchObject([
        {
          type: 'service.down',
          data: {
            service: 'SHOP',
            endpoint: 'health',
            state: 'down',
            failures: 2,
            error: 'It answered 503.',
          },
        },
      ]);

    peer.answer((_, response) => void response.end());
    const back = await gatehouse.ask('POST', at('SHOP', '/health'));
    expect(back.at('endpoints.health')).toEqual({
      state: 'up',
      failures: 0,
      at: expect.any(String) as string,
    });
    expect(await alert('SHOP/health')).toMatchObject({ state: 'resolved' });
    await expect
      .poll(() => subscriber.all.slice(1), WAIT)
      .toMatchObject([
        { type: 'service.up', data: { service: 'SHOP', endpoint: 'health', state: 'up', failures: 0 } },
      ]);
  });

  it('nothing is checked of a service that describes nothing, or has switched it off', async () => {
    await register('PLAIN');
    await register('OFF', { ...CHECKS, enabled: false });
    for (const code of ['PLAIN', 'OFF'])
      for (const method of ['GET', 'POST'])
        expect((await gatehouse.ask(method, at(code, '/health'))).json).toEqual({ endpoints: {} });
    expect(peer.seen).toEqual([]);
    expect((await gatehouse.ask('POST', at('NOBODY', '/health'))).status).toBe(404);
  });

  it('a service that is deleted is forgotten, and its alert is over', async () => {
    await register('SHORT', { ...CHECKS, alertThreshold: 1 });
    down();
    await gatehouse.ask('POST', at('SHORT', '/health'));
    expect(await alert('SHORT/health')).toMatchObject({ state: 'firing' });
    await gatehouse.ask('DELETE', at('SHORT'));
    await monitor();
    expect(await alert('SHORT/health')).toMatchObject({ state: 'resolved' });
    await monitor();
    await register('SHORT', { ...CHECKS, alertThreshold: 1 });
    const again = await gatehouse.ask('GET', at('SHORT', '/health'));
    expect(again.at('endpoints.health.state')).toBe('unknown');
  });

  it('a path of an endpoint is sent as it is: a template is refused', async () => {
    const put = await gatehouse.ask('PUT', at('FILLED'), {
      body: {
        code: 'FILLED',
        name: 'Filled',
        baseUrl: peer.url,
        auth: { type: 'NONE' },
        healthCheck: { endpoints: { health: '/{{settings.tenant}}' } },
        settings: { tenant: 'a' },
      },
    });
    expect([put.status, put.at('errors.0.field')]).toEqual([422, 'healthCheck.endpoints.health']);
  });

  it('the command line shows and checks, and exits with 1 when one is down', async () => {
    const env = { GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey };
    await register('BY_HAND', { ...CHECKS, endpoints: { health: '/health', status: '/status' } });
    const shown = await runGatehouse(['health', 'show', 'BY_HAND'], env);
    expect([shown.code, shown.out]).toEqual([0, expect.stringMatching(/^health\s+unknown\s+0$/m) as string]);
    const good = await runGatehouse(['health', 'check', 'BY_HAND'], env);
    expect([good.code, good.out]).toEqual([0, expect.stringMatching(/^status\s+up\s+0\s+20/m) as string]);
    peer.answer(({ url }, response) => void response.writeHead(url === '/status' ? 500 : 200).end());
    const bad = await runGatehouse(['health', 'check', 'BY_HAND', '--json'], env);
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({
      endpoints: { health: { state: 'up' }, status: { state: 'down' } },
    });
    expect(bad.err).toContain('BY_HAND: status down.');
  });
});

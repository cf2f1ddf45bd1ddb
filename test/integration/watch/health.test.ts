import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectDocuments } from '../../../lib/vendors/dynamodb/documents.ts';
import { startDynamoDbWire } from '../../faults/dynamodb-wire.ts';
import { startPeer } from '../../peer.ts';
import type { Peer } from '../../peer.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';
import { openScene } from './health-scene.ts';
import type { Scene } from './health-scene.ts';

const EACH_MINUTE = { intervalSeconds: 60, retryTimes: 0, alertThreshold: 3 };

let stores: TestStores;
let peer: Peer;
let scene: Scene;
/** Status by path; 0: it does not answer at all. */
let statuses: Record<string, number>;

beforeEach(async () => {
  statuses = {};
  stores = await openStores();
  peer = await startPeer(({ url }, response) => {
    const status = statuses[url] ?? 200;
    if (status === 0) return;
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('{}');
  });
  scene = openScene(stores, peer.url);
});
afterEach(async () => {
  await peer.stop();
  await stores.close();
});

const asked = (path: string) => peer.seen.filter(({ url }) => url === path).length;

describe('the monitor', () => {
  it('an endpoint that is down for three rounds has an alert, and is told once; up again, it is over', async () => {
    scene.put('FARM', { ...EACH_MINUTE, endpoints: { health: '/health', status: '/status' } });
    await scene.minutes(1);
    expect(await scene.show('FARM')).toEqual({
      endpoints: {
        health: { state: 'up', failures: 0, at: expect.any(String) as string },
        status: { state: 'up', failures: 0, at: expect.any(String) as string },
      },
    });

    statuses['/health'] = 503;
    await scene.minutes(2);
    expect(await scene.alert('FARM/health')).toBeUndefined();
    await scene.minutes(1);
    expect(await scene.alert('FARM/health')).toBe('firing 1');
    await scene.minutes(1);
    expect(await scene.alert('FARM/health')).toBe('firing 2');
    expect((await scene.show('FARM')).endpoints).toMatchObject({
      health: { state: 'down', failures: 4, error: 'It answered 503.' },
      status: { state: 'up', failures: 0 },
    });
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string;
    const down = {
      service: 'FARM',
      endpoint: 'health',
      state: 'down',
      failures: 3,
      at,
      error: 'It answered 503.',
    };
    expect(await scene.told()).toEqual([{ type: 'service.down', data: down }]);

    delete statuses['/health'];
    await scene.minutes(1);
    expect(await scene.alert('FARM/health')).toBe('resolved 2');
    await scene.minutes(1);
    const up = { service: 'FARM', endpoint: 'health', state: 'up', failures: 0, at };
    expect((await scene.told()).filter(({ type }) => type === 'service.up')).toEqual([
      { type: 'service.up', data: up },
    ]);
    expect([asked('/health'), asked('/status')]).toEqual([7, 7]);
  });

  it('a round ends with its first good request', async () => {
    scene.put('FARM', { ...EACH_MINUTE, retryTimes: 2, alertThreshold: 1, endpoints: { health: '/health' } });
    peer.answer((_, response) => void response.writeHead(peer.seen.length < 3 ? 500 : 200).end());
    await scene.run();
    expect(peer.seen).toHaveLength(3);
    expect((await scene.show('FARM')).endpoints).toMatchObject({ health: { state: 'up', failures: 0 } });

    peer.answer((_, response) => void response.writeHead(500).end());
    await scene.minutes(1);
    expect(peer.seen).toHaveLength(6);
    expect((await scene.show('FARM')).endpoints).toMatchObject({ health: { state: 'down', failures: 1 } });
    expect(await scene.alert('FARM/health')).toBe('firing 1');
  });

  it('one that is up now and then has no alert', async () => {
    scene.put('FARM', { ...EACH_MINUTE, endpoints: { health: '/health' } });
    for (const status of [500, 500, 200, 500, 500, 200, 500]) {
      statuses['/health'] = status;
      await scene.minutes(1);
    }
    expect(await scene.alert('FARM/health')).toBeUndefined();
    expect(await scene.told()).toEqual([]);
  });

  it('one that does not answer in time is down, and delays no other', async () => {
    scene.put('FARM', { ...EACH_MINUTE, timeoutSeconds: 0.2, endpoints: { slow: '/slow', other: '/other' } });
    scene.put('MILL', { ...EACH_MINUTE, endpoints: { health: '/mill' } });
    statuses['/slow'] = 0;
    await scene.run();
    expect((await scene.show('FARM')).endpoints).toMatchObject({
      slow: { state: 'down', error: 'The platform did not answer in time.' },
      other: { state: 'up' },
    });
    expect((await scene.show('MILL')).endpoints).toMatchObject({ health: { state: 'up' } });
  });

  it('2xx and 3xx are up, and nothing is followed; everything else is down', async () => {
    const codes = [200, 204, 302, 400, 401, 404, 429, 500];
    for (const code of codes) statuses[`/${code}`] = code;
    const endpoints = Object.fromEntries(codes.map((code) => [`is ${code}`, `/${code}`]));
    scene.put('FARM', { ...EACH_MINUTE, endpoints });
    await scene.run();
    const shown = Object.entries((await scene.show('FARM')).endpoints);
    expect(shown.filter(([, { state }]) => state === 'up').map(([name]) => name)).toEqual([
      'is 200',
      'is 204',
      'is 302',
    ]);
    expect(asked('/elsewhere')).toBe(0);
  });

  it('sends a plain GET; what an endpoint says is not waited for to its end', async () => {
    scene.put('FARM', { ...EACH_MINUTE, endpoints: { health: '/health' } });
    peer.answer((_, response) => void response.end('x'.repeat(1_000_000)));
    await scene.run();
    expect((await scene.show('FARM')).endpoints).toMatchObject({ health: { state: 'up' } });
    const [{ method, headers }] = peer.seen as [Peer['seen'][number]];
    expect([method, headers['user-agent'], headers.authorization, headers.cookie]).toEqual([
      'GET',
      'Gatehouse',
      undefined,
      undefined,
    ]);
  });

  it('nobody listens, or nobody may be asked: down, without an address', async () => {
    scene.put('GONE', { ...EACH_MINUTE, endpoints: { a: '/a' } }, { baseUrl: 'http://127.0.0.1:9' });
    scene.put('INSIDE', { ...EACH_MINUTE, endpoints: { a: '/a' } }, { baseUrl: 'https://10.0.0.7' });
    await scene.run();
    expect((await scene.show('GONE')).endpoints['a']).toMatchObject({
      state: 'down',
      error: 'The platform refused the connection.',
    });
    const inside = (await scene.show('INSIDE')).endpoints['a']!;
    expect(inside.state).toBe('down');
    expect(inside.error).not.toContain('10.0.0.7');
  });

  it('each is asked at its interval; a schedule that comes a second early counts', async () => {
    scene.put('FARM', { ...EACH_MINUTE, intervalSeconds: 120, endpoints: { a: '/a' } });
    await scene.run();
    scene.clock.forward(60_000);
    await scene.run();
    expect(asked('/a')).toBe(1);
    scene.clock.forward(59_100);
    await scene.run();
    expect(asked('/a')).toBe(2);
    scene.put('FARM', { ...EACH_MINUTE, intervalSeconds: 120, endpoints: { a: '/a', b: '/b' } });
    await scene.minutes(1);
    expect([asked('/a'), asked('/b')]).toEqual([2, 1]);
  });

  it('of two at once one asks', async () => {
    const codes = Array.from({ length: 8 }, (_, index) => `S${index}`);
    for (const code of codes) scene.put(code, { ...EACH_MINUTE, endpoints: { a: `/${code}` } });
    for (let minute = 1; minute <= 3; minute++) {
      scene.clock.forward(60_000);
      await Promise.all([scene.run(), scene.run(), scene.run()]);
      expect(codes.map((code) => asked(`/${code}`))).toEqual(codes.map(() => minute));
    }
  });

  it('what one has taken and not ended is asked again when it must be dead', async () => {
    scene.put('FARM', { ...EACH_MINUTE, intervalSeconds: 3_600, endpoints: { a: '/a' } });
    const dead = new Promise<void>((resolve) => {
      void scene.run({ transport: { send: () => (resolve(), new Promise(() => undefined)) } });
    });
    await dead;
    scene.clock.forward(10_000);
    await scene.run();
    expect(asked('/a')).toBe(0);
    scene.clock.forward(50_000);
    await scene.run();
    expect(asked('/a')).toBe(1);
    expect((await scene.deps.health.read('FARM')).lease).toBeUndefined();
  });

  it('what does not fit waits for the next minute, and is asked first', async () => {
    const codes = Array.from({ length: 13 }, (_, index) => `S${String(index).padStart(2, '0')}`);
    for (const code of codes) scene.put(code, { ...EACH_MINUTE, endpoints: { a: `/${code}` } });
    // Whoever is asked takes 30 s; each ten at a time.
    let first: string[] = [];
    const slow = () => {
      // Nobody is answered before ten are under way, however slow this machine is.
      const allAsked = Promise.withResolvers<void>();
      const send = async (request: Parameters<typeof scene.deps.transport.send>[0]) => {
        if (first.push(request.url.slice(-3)) === 10) {
          scene.clock.forward(49_000);
          allAsked.resolve();
        }
        await allAsked.promise;
        return { status: 200, headers: {}, setCookies: [], body: Buffer.from('') };
      };
      return { transport: { send } };
    };
    await scene.run(slow());
    expect([...first].sort()).toEqual(codes.slice(0, 10));
    first = [];
    scene.clock.forward(60_000);
    await scene.run(slow());
    expect(first.slice(0, 10).sort()).toEqual([...codes.slice(0, 7), ...codes.slice(10)]);
  });

  it('who had to wait for others is due again with the same run', async () => {
    const codes = Array.from({ length: 12 }, (_, index) => `S${index}`);
    for (const code of codes) scene.put(code, { ...EACH_MINUTE, endpoints: { a: `/${code}` } });
    peer.answer((_, response) => {
      if (peer.seen.length === 1) scene.clock.forward(20_000);
      response.end();
    });
    await scene.run();
    scene.clock.forward(40_000);
    await scene.run();
    expect(codes.map((code) => asked(`/${code}`))).toEqual(codes.map(() => 2));
  });

  it('a slow one that its time cuts off is neither up nor down, and goes first the next minute', async () => {
    scene.put('FARM', { ...EACH_MINUTE, timeoutSeconds: 10, endpoints: { slow: '/slow' } });
    statuses['/slow'] = 0;
    const { deps } = scene;
    await scene.run({
      // It has begun late.
      transport: {
        send: (request) => deps.transport.send({ ...request, deadline: { at: deps.clock.now() + 100 } }),
      },
    });
    expect((await scene.show('FARM')).endpoints).toEqual({
      slow: { state: 'unknown', failures: 0, at: null },
    });
    statuses['/slow'] = 200;
    await scene.minutes(1);
    expect((await scene.show('FARM')).endpoints).toMatchObject({ slow: { state: 'up' } });
  });

  it('a round whose answer from the store is lost counts once', async () => {
    const upstream = stores.config.endpoints.dynamodb!;
    const wire = await startDynamoDbWire({ upstream, stage: stores.stage, seed: 1, rates: {} });
    try {
      const documents = connectDocuments({ region: 'us-east-1', endpoint: wire.endpoint, maxAttempts: 3 });
      scene = openScene(stores, peer.url, documents);
      scene.put('FARM', { ...EACH_MINUTE, endpoints: { a: '/a' } });
      statuses['/a'] = 500;
      // All that is stored is read; then the service is taken, then its round is written down.
      wire.meet('none', 'lost-reply', 'none', 'lost-reply');
      await scene.run();
      expect(asked('/a')).toBe(1);
      expect((await scene.show('FARM')).endpoints).toMatchObject({ a: { state: 'down', failures: 1 } });
    } finally {
      await wire.stop();
    }
  });

  it('a store that fails for one service keeps nobody else from being asked', async () => {
    const { health } = scene.deps;
    scene.put('BAD', { ...EACH_MINUTE, endpoints: { a: '/bad' } });
    scene.put('GOOD', { ...EACH_MINUTE, endpoints: { a: '/good' } });
    const failing = {
      ...health,
      replace: async (...of: Parameters<typeof health.replace>) => {
        if (of[0].code === 'BAD') throw new Error('away');
        return health.replace(...of);
      },
    };
    await expect(scene.run({ health: failing })).rejects.toThrow('written down, of BAD.');
    expect((await scene.show('GOOD')).endpoints).toMatchObject({ a: { state: 'up' } });
  });
});

describe('what is no longer checked', () => {
  const ALARMED = { ...EACH_MINUTE, alertThreshold: 1, endpoints: { a: '/a', b: '/b' } };
  beforeEach(async () => {
    statuses = { '/a': 500 };
    scene.put('FARM', ALARMED);
    await scene.run();
  });
  const stored = async () => [...(await scene.deps.health.read('FARM')).endpoints.keys()];

  it.each<[string, () => void]>([
    ['a service that is deleted', () => scene.remove('FARM')],
    ['checks that are switched off', () => scene.put('FARM', { ...ALARMED, enabled: false })],
    ['checks that are not described', () => scene.put('FARM', undefined)],
    ['a service in maintenance', () => scene.put('FARM', ALARMED, { status: 'MAINTENANCE' })],
    ['a service that is inactive', () => scene.put('FARM', ALARMED, { status: 'INACTIVE' })],
  ])('%s: its alert is over, nobody is told that it is up, and it is forgotten', async (_, change) => {
    change();
    await scene.minutes(2);
    expect(await scene.alert('FARM/a')).toBe('resolved 1');
    expect((await scene.told()).map(({ type }) => type)).toEqual(['service.down']);
    expect(await scene.deps.health.all()).toEqual([]);
    expect(asked('/a')).toBe(1);
  });

  it('an endpoint that is removed: the same, and the others go on', async () => {
    scene.put('FARM', { ...ALARMED, endpoints: { b: '/b' } });
    await scene.minutes(2);
    expect(await scene.alert('FARM/a')).toBe('resolved 1');
    expect(await stored()).toEqual(['b']);
    expect([asked('/a'), asked('/b')]).toEqual([1, 3]);
  });

  it('a definition that cannot be read says nothing: the alert stays', async () => {
    scene.damage('FARM');
    await scene.minutes(2);
    expect(await scene.alert('FARM/a')).toBe('firing 1');
    expect(await stored()).toEqual(['a', 'b']);
  });

  it('an alert whose end could not be written ends in a later minute', async () => {
    scene.remove('FARM');
    scene.clock.forward(60_000);
    await scene.run({ alerts: { ...scene.deps.alerts, resolve: async () => undefined } });
    expect(await scene.alert('FARM/a')).toBe('firing 1');
    await scene.minutes(2);
    expect(await scene.alert('FARM/a')).toBe('resolved 1');
    expect(await scene.deps.health.all()).toEqual([]);
  });
});

describe('a check that a person asks for', () => {
  it('is a round: it counts, raises and resolves', async () => {
    scene.put('FARM', { ...EACH_MINUTE, intervalSeconds: 3_600, alertThreshold: 2, endpoints: { a: '/a' } });
    expect(await scene.show('FARM')).toEqual({
      endpoints: { a: { state: 'unknown', failures: 0, at: null } },
    });
    statuses['/a'] = 502;
    expect((await scene.now('FARM')).endpoints).toMatchObject({ a: { state: 'down', failures: 1 } });
    expect(await scene.alert('FARM/a')).toBeUndefined();
    expect((await scene.now('FARM')).endpoints).toMatchObject({ a: { state: 'down', failures: 2 } });
    expect(await scene.alert('FARM/a')).toBe('firing 1');
    statuses['/a'] = 200;
    expect(await scene.now('FARM')).toEqual(await scene.show('FARM'));
    expect(await scene.alert('FARM/a')).toBe('resolved 1');
    await scene.minutes(1);
    expect(asked('/a')).toBe(3);
  });

  it('those at the same time, and the monitor, all count', async () => {
    scene.put('FARM', { ...EACH_MINUTE, endpoints: { a: '/a' } });
    statuses['/a'] = 500;
    await Promise.all([scene.now('FARM'), scene.run(), scene.now('FARM')]);
    expect((await scene.show('FARM')).endpoints['a']!.failures).toBe(asked('/a'));
    expect(asked('/a')).toBeGreaterThanOrEqual(2);
  });

  it('of a service in maintenance shows what is, and keeps nothing', async () => {
    scene.put(
      'FARM',
      { ...EACH_MINUTE, alertThreshold: 1, endpoints: { a: '/a' } },
      { status: 'MAINTENANCE' },
    );
    statuses['/a'] = 500;
    expect((await scene.now('FARM')).endpoints).toMatchObject({ a: { state: 'down', failures: 1 } });
    expect((await scene.show('FARM')).endpoints).toMatchObject({ a: { state: 'unknown' } });
    expect(await scene.alert('FARM/a')).toBeUndefined();
  });

  it('what cannot be read in the store is asked anew', async () => {
    scene.put('FARM', { ...EACH_MINUTE, intervalSeconds: 3_600, endpoints: { a: '/a' } });
    const damaged = {
      pk: 'HEALTH',
      sk: 'FARM',
      endpoints: [{ name: 'a', state: 'sideways' }, 7],
      lease: 'x',
    };
    await stores.documents.put(stores.names.tables.records, damaged);
    await scene.run();
    expect((await scene.show('FARM')).endpoints).toMatchObject({ a: { state: 'up' } });
  });
});

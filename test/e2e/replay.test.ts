/** Deliveries that failed through our own fault, done again from a shell and over HTTP: each function under its role. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runGatehouse } from '../command-line.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { deliver, seal } from '../urs-partner.ts';

const appKey = randomBytes(16).toString('hex');
const CODE = 'URS_PROMOTION';

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse();
  // The mistake: nobody has stored the key.
  await gatehouse.register({
    code: CODE,
    name: 'URS',
    baseUrl: 'http://127.0.0.1:9/api',
    auth: { type: 'SIGNATURE' },
    webhook: { path: 'urs', rateLimit: { limit: 10_000, windowSeconds: 60 } },
    settings: { ecologyId: 1, diamondRatio: 300 },
  });
});
afterAll(() => gatehouse.stop());

const send = (action: string, payload: object) =>
  deliver(`${gatehouse.url}/webhook/urs/${action}`, seal(payload, appKey));
const run = (...args: string[]) =>
  runGatehouse(args, { GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey });
const replay = (body: object) => gatehouse.ask('POST', '/v1/admin/deliveries/replay', { body });

describe('deliveries that failed through our own fault', () => {
  it('are kept, counted, and done once the cause is mended', async () => {
    const orders = [
      await send('register', { uid: 55, superiors: [] }),
      await send('deposit', { userId: 55, usdtAmount: '10', transactionId: 'late-1' }),
      await send('withdraw', { userId: 55, usdtAmount: '4', transactionId: 'late-2' }),
    ];
    for (const { status, json } of orders) expect([status, json.code]).toEqual([500, 'CONFIGURATION_ERROR']);
    const dry = await run('replay', '--service', CODE, '--dry-run');
    expect([dry.code, dry.out.trim()]).toEqual([0, '3 would be done again.']);

    const tooEarly = await run('replay', '--all');
    expect([tooEarly.code, tooEarly.out.trim()]).toEqual([1, '0 of 3 done: 3 failed.']);
    expect(tooEarly.err).toContain('Those that failed again wait on.');

    const body = { appKey };
    const path = `/v1/admin/services/${CODE}/credentials`;
    expect((await gatehouse.ask('PUT', path, { body })).status).toBe(200);
    const done = await run('replay', '--service', CODE, '--json');
    expect([done.code, JSON.parse(done.out)]).toEqual([
      0,
      { count: 3, replayed: 3, verdicts: { accepted: 3 } },
    ]);
    expect((await gatehouse.ask('GET', '/v1/accounts/user:55')).at('balance')).toBe('1800');
    expect((await gatehouse.ask('GET', '/v1/urs/users/55')).status).toBe(200);
    expect((await replay({ all: true })).json).toEqual({ count: 0, replayed: 0, verdicts: {}, more: false });
  });

  it('are found beside what became of them', async () => {
    const list = (query: string) => gatehouse.ask('GET', `/v1/admin/deliveries?${query}`);
    interface Item {
      id: string;
      replayOf?: string;
      action: string;
    }
    const failed = (await list('verdict=failed')).at<Item[]>('items');
    const accepted = (await list('verdict=accepted')).at<Item[]>('items');
    expect(accepted).toHaveLength(3);
    for (const { replayOf, action } of accepted)
      expect(failed).toContainEqual(expect.objectContaining({ id: replayOf, action }));
    // One of them by its id: there is nothing left to move.
    const { replayOf } = accepted.find(({ action }) => action === 'deposit')!;
    const again = await gatehouse.ask('POST', `/v1/admin/deliveries/${replayOf}/replay`);
    expect(again.json).toMatchObject({ count: 1, verdicts: { replayed: 1 } });
    const none = await gatehouse.ask('POST', '/v1/admin/deliveries/nothing/replay');
    expect([none.status, none.at('code')]).toEqual([404, 'NOT_FOUND']);
  });

  it('are asked for by those who may, and plainly', async () => {
    expect((await replay({})).status).toBe(422);
    expect((await replay({ dryRun: true })).status).toBe(422);
    expect((await replay({ deliveries: ['a'], service: CODE })).status).toBe(422);
    expect((await replay({ from: 'yesterday' })).text).toContain(
      'must be an ISO 8601 time with its zone, as 2026-11-22T00:00:00Z',
    );
    const [later, earlier] = ['2026-11-23T00:00:00Z', '2026-11-22T00:00:00Z'];
    const turned = await replay({ from: later, to: earlier });
    expect([turned.status, turned.text]).toEqual([422, expect.stringContaining('must be after from')]);
    for (const path of ['/v1/admin/deliveries', '/v1/admin/calls', `/v1/admin/ledger/transfers`]) {
      const list = await gatehouse.ask('GET', `${path}?service=${CODE}&from=${later}&to=${earlier}`);
      expect([list.status, list.at('errors')]).toEqual([
        422,
        [{ field: 'to', message: 'must be after from' }],
      ]);
    }
    const made = await gatehouse.ask('POST', '/v1/admin/keys', { body: { name: 'look', role: 'viewer' } });
    const viewer = { authorization: `Bearer ${made.at<string>('key')}` };
    const path = '/v1/admin/deliveries/replay';
    const denied = await gatehouse.ask('POST', path, { body: { all: true }, headers: viewer });
    expect(denied.status).toBe(403);
    const unknown = await run('replay', 'nothing');
    expect([unknown.code, unknown.err]).toEqual([
      1,
      expect.stringContaining('1 of these failed through no fault'),
    ]);
    const notDead = await run('redrive', 'late-1', '--service', CODE);
    expect([notDead.code, notDead.err]).toEqual([1, expect.stringContaining('late-1 is no dead letter')]);
    for (const args of [['replay'], ['replay', 'an-id', '--service', CODE]]) {
      const { code, err } = await run(...args);
      expect([code, err]).toEqual([2, expect.stringMatching(/^(Say which|Give either)/)]);
    }
  });
});

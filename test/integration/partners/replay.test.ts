/** Deliveries that failed through our own fault, done again when somebody asks for it. */
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { createReplays } from '../../../lib/partners/replay/replay.ts';
import type { ReplayInput, Replays, ReplaysOptions } from '../../../lib/partners/replay/replay.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { formatDecimal } from '../../../lib/ledger/decimal.ts';
import { seal } from '../../urs-partner.ts';
import { KEY, partner, useScenes } from './scene.ts';
import type { Scene } from './scene.ts';

const DAY = 24 * 3_600_000;

let scene: Scene;
useScenes((opened) => void (scene = opened));
beforeEach(() => {
  // Each test has a service of its own, and with it a list of its own.
  const code = `P${randomBytes(6).toString('hex').toUpperCase()}`;
  scene.definitions = [partner(code, 'urs')];
});

const open = (rest: Partial<ReplaysOptions> = {}) =>
  createReplays({
    ...scene.deps,
    services: async () => scene.definitions.map(({ code }) => code),
    ...rest,
  });
const run = (input: Partial<ReplayInput> = {}, by: Replays = open()) =>
  by.replay({ requestId: 'replayed by hand', deadline: { at: Date.now() + 60_000 }, ...input });
const order = (orderId: string, more: object = {}) => ({
  userId: 7,
  usdtAmount: '2',
  transactionId: orderId,
  ...more,
});
const unique = (name: string) => `${name}-${randomBytes(6).toString('hex')}`;
const code = () => scene.definitions[0]!.code;
const transferOf = (transactionId: string) => scene.ledger.transfer({ service: code(), transactionId });
const lastRecord = () => scene.records.at(-1)!;

/** The ledger does not work, for as long as `during` runs. */
async function withoutLedger<T>(during: () => Promise<T>): Promise<T> {
  const { ledger } = scene.deps;
  const broken = { post: () => Promise.reject(new Error('a fault of ours')) };
  scene.deps.ledger = { ...ledger, ...broken };
  try {
    return await during();
  } finally {
    scene.deps.ledger = ledger;
  }
}
async function failed(action: string, payload: object) {
  const { status } = await withoutLedger(() => scene.send(action, payload));
  expect(status).toBe(500);
  expect(lastRecord().verdict).toBe('failed');
  return lastRecord().id;
}

describe('a delivery that failed through our fault', () => {
  it('is counted by a dry run, moves its money by a replay, and waits no longer', async () => {
    const id = unique('deposit');
    const failedId = await failed('deposit', order(id));
    expect(await run({ dryRun: true })).toEqual({ count: 1, replayed: 0, verdicts: {}, more: false });
    expect(await transferOf(id)).toBeUndefined();
    expect(await run()).toEqual({ count: 1, replayed: 1, verdicts: { accepted: 1 }, more: false });
    expect(await transferOf(id)).toMatchObject({ status: 'SETTLED', to: 'user:7' });
    expect(lastRecord()).toMatchObject({
      replayOf: failedId,
      verdict: 'accepted',
      status: 200,
      transactionId: id,
      requestId: 'replayed by hand',
    });
    expect(await run()).toEqual({ count: 0, replayed: 0, verdicts: {}, more: false });
  });

  it('can be named once more, and moves nothing more', async () => {
    const id = unique('deposit');
    const failedId = await failed('deposit', order(id));
    await run();
    const { count, verdicts } = await run({ deliveries: [failedId, 'no-such-delivery'] });
    expect([count, verdicts]).toEqual([1, { replayed: 1 }]);
    expect(await run({ deliveries: [failedId], dryRun: true })).toMatchObject({ count: 1, verdicts: {} });
  });

  it('moves once when the partner has sent it again meanwhile', async () => {
    const id = unique('deposit');
    const user = { userId: 8_100_001 };
    await failed('deposit', order(id, user));
    expect((await scene.send('deposit', order(id, user))).status).toBe(200);
    expect((await run()).verdicts).toEqual({ replayed: 1 });
    const { balance } = (await scene.ledger.account('user:8100001'))!;
    expect(formatDecimal(balance)).toBe('600');
  });

  it('comes after those that came before it: a withdrawal finds its deposit', async () => {
    const user = { userId: 8_100_002 };
    await failed('deposit', order(unique('first'), user));
    await failed('withdraw', order(unique('second'), user));
    expect(await run()).toMatchObject({ count: 2, replayed: 2, verdicts: { accepted: 2 } });
  });

  it('is judged by the time at which it came, a day later too', async () => {
    const id = unique('deposit');
    await failed('deposit', order(id));
    const clock = { ...scene.deps.clock, now: () => Date.now() + DAY };
    const late = run({ deadline: { at: Date.now() + DAY + 60_000 } }, open({ clock }));
    expect((await late).verdicts).toEqual({ accepted: 1 });
  });

  it('waits on when it fails again', async () => {
    const id = unique('deposit');
    await failed('deposit', order(id));
    const again = await withoutLedger(() => run());
    expect(again).toEqual({ count: 1, replayed: 0, verdicts: { failed: 1 }, more: false });
    expect((await run()).verdicts).toEqual({ accepted: 1 });
  });

  it('waits no longer when there is an answer to it, whatever that is', async () => {
    await failed('withdraw', order(unique('too much'), { userId: 8_100_003 }));
    expect(await run()).toMatchObject({ replayed: 1, verdicts: { refused: 1 } });
    expect(lastRecord()).toMatchObject({ code: 'INSUFFICIENT_FUNDS', status: 422 });
    expect((await run()).count).toBe(0);
  });

  it('is not for what was refused or rejected', async () => {
    await scene.send('withdraw', order(unique('refused'), { userId: 8_100_004 }));
    await scene.send('deposit', order(unique('old')), { timestamp: 1 });
    expect(scene.records.map(({ verdict }) => verdict)).toEqual(['refused', 'rejected']);
    expect((await run({ dryRun: true })).count).toBe(0);
  });

  it('is kept sealed: neither its payload nor its envelope can be read in the table', async () => {
    const id = unique('secret');
    const failedId = await failed('deposit', order(id));
    const { records } = scene.stores.names.tables;
    const item = await scene.stores.documents.get(records, { pk: `DELIVERY#${failedId}`, sk: 'REQUEST' });
    expect(item).toMatchObject({ action: 'deposit', code: 'INTERNAL' });
    expect(JSON.stringify(item)).not.toMatch(new RegExp(`${id}|usdtAmount|${KEY}|"data"|sign`));
    // Bound to its place: under another's id it opens nothing.
    await scene.stores.documents.put(records, { ...item, pk: 'DELIVERY#other', gsi1pk: 'none' });
    expect((await run({ deliveries: ['other'] })).count).toBe(0);
  });

  it('is not kept when it is too large, and its record says all there is', async () => {
    const body = randomBytes(250 * 1024);
    const request = { path: 'urs', action: 'deposit', headers: {}, body, sourceIp: '192.0.2.1' };
    await failed('deposit', order(unique('deposit')));
    expect(await scene.deps.keptRequests.keeping(lastRecord(), request)).toBeUndefined();
  });
});

describe('one that we failed to verify', () => {
  it('is verified by the replay: what was forged moves nothing, whoever asks, and waits no longer', async () => {
    const valid = scene.deps.credentials.valid;
    const away = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'Secrets Manager is away.'));
    scene.deps.credentials.valid = away;
    const id = unique('deposit');
    const forgedId = unique('forged');
    expect((await scene.send('deposit', order(id))).status).toBe(503);
    const forged = seal(order(forgedId), 'another-key-of-32-characters-!!!');
    expect((await scene.deliver('deposit', forged)).status).toBe(503);
    scene.deps.credentials.valid = valid;
    expect(await run()).toMatchObject({ count: 2, replayed: 2, verdicts: { accepted: 1, rejected: 1 } });
    expect(await transferOf(id)).toMatchObject({ status: 'SETTLED' });
    expect(await transferOf(forgedId)).toBeUndefined();
    expect((await run({ dryRun: true })).count).toBe(0);
  });

  it('is rejected at once where there is a key, also while the service is switched off', async () => {
    scene.definitions = [{ ...scene.definitions[0]!, status: 'MAINTENANCE' }];
    const forged = seal(order(unique('forged')), 'another-key-of-32-characters-!!!');
    expect((await scene.deliver('deposit', forged)).status).toBe(401);
    expect((await run({ dryRun: true })).count).toBe(0);
    expect((await scene.send('deposit', order(unique('deposit')))).status).toBe(503);
    expect((await run({ dryRun: true })).count).toBe(1);
  });

  it('is kept only while it is small: nobody has said yet that it is the partner’s', async () => {
    scene.deps.credentials.valid = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'away'));
    const padded = (bytes: number) => order(unique('deposit'), { note: 'x'.repeat(bytes) });
    expect((await scene.send('deposit', padded(20_000))).status).toBe(503);
    expect((await run({ dryRun: true })).count).toBe(0);
    expect((await scene.send('deposit', padded(5_000))).status).toBe(503);
    expect((await run({ dryRun: true })).count).toBe(1);
  });

  it('waits while its path is nobody’s, or its service is switched off', async () => {
    await failed('deposit', order(unique('deposit')));
    const [definition] = scene.definitions;
    scene.definitions = [{ ...definition!, webhook: { ...definition!.webhook!, path: 'moved' } }];
    expect((await run()).verdicts).toEqual({ failed: 1 });
    scene.definitions = [{ ...definition!, status: 'MAINTENANCE' }];
    expect((await run()).verdicts).toEqual({ failed: 1 });
    scene.definitions = [definition!];
    expect((await run()).verdicts).toEqual({ accepted: 1 });
  });
});

describe('which of them', () => {
  it('is said by action, code, and when they came', async () => {
    const user = { userId: 8_100_005 };
    await failed('deposit', order(unique('a'), user));
    const between = new Date(Date.now() + 1).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await failed('withdraw', order(unique('b'), user));
    const counted = async (which: Partial<ReplayInput>) => (await run({ ...which, dryRun: true })).count;
    expect(await counted({ action: 'withdraw' })).toBe(1);
    expect(await counted({ code: 'INTERNAL' })).toBe(2);
    expect(await counted({ code: 'STORE_UNAVAILABLE' })).toBe(0);
    expect(await counted({ from: between })).toBe(1);
    expect(await counted({ to: between })).toBe(1);
    expect(await counted({ service: code() })).toBe(2);
    expect(await counted({ service: 'ANOTHER' })).toBe(0);
  });

  it('is done as far as the time goes, and the rest is said to be there', async () => {
    for (const nth of ['a', 'b']) await failed('deposit', order(unique(nth)));
    const start = Date.now();
    let isOver = false;
    const clock = { ...scene.deps.clock, now: () => start + (isOver ? 60_000 : 0) };
    const deliveries: ReplaysOptions['deliveries'] = {
      async write(record) {
        isOver = true;
        return scene.deps.deliveries.write(record);
      },
    };
    const first = run({ deadline: { at: start + 10_000 } }, open({ clock, deliveries }));
    expect(await first).toMatchObject({ count: 1, replayed: 1, more: true });
    expect(await run()).toMatchObject({ count: 1, replayed: 1, more: false });
  });
});

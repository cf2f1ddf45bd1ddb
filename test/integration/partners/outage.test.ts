import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Documents } from '../../../lib/vendors/dynamodb/documents.ts';
import { createLedger } from '../../../lib/ledger/create-ledger.ts';
import type { PostInput } from '../../../lib/ledger/ledger.ts';
import { parsePartnerDefinition } from '../../../lib/partners/definition.ts';
import type { PartnerService } from '../../../lib/partners/definition.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { createDeliveries } from '../../../lib/partners/deliveries.ts';
import { receive } from '../../../lib/partners/receive.ts';
import type { WebhookDeps } from '../../../lib/partners/receive.ts';
import { cursors } from '../../cursors.ts';
import { openPrivateRedis, openStores } from '../../stores.ts';
import type { PrivateRedis, TestStores } from '../../stores.ts';
import { seal } from '../../urs-partner.ts';
import { counted, troubled, unavailable } from '../ledger/troubled-documents.ts';
import type { Trouble } from '../ledger/troubled-documents.ts';

const KEY = 'an-app-key-of-no-particular-size';
const service: PartnerService = {
  definition: parsePartnerDefinition({
    code: 'URS_OUTAGE',
    webhook: { path: 'urs' },
    settings: { diamondRatio: 300 },
  }),
};

let stores: TestStores;
let redis: PrivateRedis;
beforeAll(async () => {
  [stores, redis] = await Promise.all([openStores(), openPrivateRedis({ timeoutMs: 300 })]);
});
afterAll(() => Promise.all([stores.close(), redis.close()]));

function depsOn(documents: Documents, records: Documents = stores.documents): WebhookDeps {
  const { tables } = stores.names;
  return {
    catalog: { list: async () => [service] },
    credentials: {
      valid: async () => [{ versionId: 'v1', values: { appKey: KEY } }],
      used: () => undefined,
      forget: () => undefined,
    },
    redis: redis.redis,
    ledger: createLedger({
      documents,
      table: tables.ledger,
      cursors,
      clock: systemClock,
      random: systemRandom,
    }),
    outbox: { record: async () => true },
    alerts: { raise: async () => undefined, resolve: async () => undefined },
    register: async () => ({ uid: 1, superiors: [], created: true }),
    deliveries: createDeliveries({
      documents: records,
      table: tables.records,
      cursors,
      clock: systemClock,
      log: { warn: () => undefined },
      services: async () => [service.definition.code],
      writeBudgetMs: 200,
    }),
    keptRequests: { keeping: async () => undefined },
    clock: systemClock,
    random: systemRandom,
  };
}

let user = 50_000;
const order = () => ({ userId: ++user, usdtAmount: 1, transactionId: `outage-${user}` });
const receiveBody = (body: Buffer, deps: WebhookDeps, withinMs = 5_000) =>
  receive(
    {
      path: 'urs',
      action: 'deposit',
      headers: { 'content-type': 'application/json' },
      body,
      sourceIp: '192.0.2.1',
      requestId: 'r',
      deadline: { at: Date.now() + withinMs },
    },
    deps,
  );
const send = (payload: object, deps: WebhookDeps, withinMs?: number) =>
  receiveBody(Buffer.from(JSON.stringify(seal(payload, KEY))), deps, withinMs);
const balanceOf = async (userId: number) =>
  (await depsOn(stores.documents).ledger.account(`user:${userId}`))?.balance ?? 0n;
const SETTLED = 300n * 10n ** 10n;

describe('E16', () => {
  it('Redis down: the deposit is posted, the signature still stands guard', async () => {
    await redis.stop();
    const payload = order();
    expect((await send(payload, depsOn(stores.documents))).status).toBe(200);
    expect(await balanceOf(payload.userId)).toBe(SETTLED);
    await redis.restart();
  });

  it('Redis down: of unsigned requests ten a minute are recorded, whatever their number (H9)', async () => {
    await redis.stop();
    let written = 0;
    const put = async () => void (written += 1);
    const deps = depsOn(stores.documents, { ...stores.documents, put });
    const body = Buffer.from(JSON.stringify(seal(order(), `${KEY}!`)));
    for (let nth = 0; nth < 30; nth += 1) expect((await receiveBody(body, deps)).status).toBe(401);
    await redis.restart();
    expect(written).toBeGreaterThanOrEqual(10);
    expect(written).toBeLessThanOrEqual(20);
  });

  it.each<[string, Trouble[]]>([
    ['throttled before it is right', ['throttled', 'throttled-item', 'row-conflict']],
    ['the answer lost after the commit', ['error-after']],
    ['failing on both sides of the commit', ['error-before', 'error-after', 'throttled']],
  ])('DynamoDB %s: the money is exact', async (_how, troubles) => {
    const payload = order();
    const queue = [...troubles];
    const answer = await send(payload, depsOn(troubled(stores.documents, () => queue.shift())));
    expect(answer.status).toBe(200);
    expect(await balanceOf(payload.userId)).toBe(SETTLED);
  });

  it('DynamoDB down: 503 with Retry-After in bounded time, nothing moved, and the next delivery settles', async () => {
    const payload = order();
    const down = depsOn(troubled(stores.documents, () => 'throttled'));
    const answer = await send(payload, down, 2_800);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
      503,
      { success: false, code: 'STORE_UNAVAILABLE' },
    ]);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(await balanceOf(payload.userId)).toBe(0n);
    expect((await send(payload, depsOn(stores.documents))).status).toBe(200);
    expect(await balanceOf(payload.userId)).toBe(SETTLED);
  });

  it('DynamoDB down after a commit: 503, and the next delivery gets the first answer', async () => {
    const payload = order();
    const queue: Trouble[] = ['error-after'];
    const answer = await send(
      payload,
      depsOn(troubled(stores.documents, () => queue.shift() ?? 'throttled')),
      2_800,
    );
    expect(answer.status).toBe(503);
    const again = await send(payload, depsOn(stores.documents));
    expect(JSON.parse(again.body)).toMatchObject({ success: true, replayed: true });
    expect(await balanceOf(payload.userId)).toBe(SETTLED);
  });

  it.each([
    ['fails', () => Promise.reject(unavailable('records'))],
    ['hangs', () => new Promise<void>(() => undefined)],
  ])('the record of a delivery that %s delays no money and fails no answer', async (_how, put) => {
    const payload = order();
    const answer = await send(payload, depsOn(stores.documents, { ...stores.documents, put }));
    expect(answer.status).toBe(200);
    expect(await balanceOf(payload.userId)).toBe(SETTLED);
  });

  it("DynamoDB that hangs: 503 of the partner's protocol in bounded time, and the next delivery settles", async () => {
    const payload = order();
    const hanging = { ...stores.documents, transact: () => new Promise<void>(() => undefined) };
    const answer = await send(payload, depsOn(hanging), 2_300);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
      503,
      { success: false, code: 'STORE_UNAVAILABLE' },
    ]);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await send(payload, depsOn(stores.documents))).status).toBe(200);
    expect(await balanceOf(payload.userId)).toBe(SETTLED);
  });

  it("no transfer is tried past the Lambda's own time, nor for longer than partners wait (T)", async () => {
    const deps = depsOn(stores.documents);
    const deadlines: number[] = [];
    const ledger = {
      ...deps.ledger,
      post: (input: PostInput) => {
        deadlines.push(input.deadlineAt ?? Number.POSITIVE_INFINITY);
        return deps.ledger.post(input);
      },
    };
    const startedAt = Date.now();
    await send(order(), { ...deps, ledger }, 5_000);
    await send(order(), { ...deps, ledger }, 80_000);
    const [soon, later] = deadlines;
    // 2 s are kept for the record and the answer.
    expect(soon).toBeLessThanOrEqual(Date.now() + 3_000);
    expect(soon).toBeGreaterThanOrEqual(startedAt + 3_000);
    expect(later).toBeLessThanOrEqual(Date.now() + 8_000);
  });

  it('Redis that hangs: the deposit is posted all the same', async () => {
    redis.pause(60_000);
    const payload = order();
    const answer = await send(payload, depsOn(stores.documents));
    redis.resume();
    expect([answer.status, await balanceOf(payload.userId)]).toEqual([200, SETTLED]);
  });

  it('asks DynamoDB for nothing before the signature holds', async () => {
    const { documents, counts } = counted(stores.documents);
    const envelope = seal(order(), `${KEY}!`);
    const answer = await receiveBody(Buffer.from(JSON.stringify(envelope)), depsOn(documents));
    expect([answer.status, counts]).toEqual([401, {}]);
  });
});

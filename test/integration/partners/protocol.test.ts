/** A protocol is a folder and a line in a list: here is one made up on the spot, in the list of this test. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { CredentialVersion } from '../../../lib/access/credentials/credentials.ts';
import { createLedger } from '../../../lib/ledger/create-ledger.ts';
import { formatDecimal } from '../../../lib/ledger/decimal.ts';
import { PartnerDefinition, webhookSchema } from '../../../lib/partners/definition.ts';
import type { Delivery } from '../../../lib/partners/deliveries.ts';
import { amountOf, objectOf, transactionIdOf, userIdOf } from '../../../lib/partners/payload.ts';
import { protocol } from '../../../lib/partners/protocol.ts';
import { PROTOCOLS } from '../../../lib/partners/protocols.ts';
import { receive } from '../../../lib/partners/receive.ts';
import type { WebhookDeps } from '../../../lib/partners/receive.ts';
import { RequestRejected, SIGNATURE } from '../../../lib/partners/rejected.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import { systemRandom } from '../../../lib/runtime/random.ts';
import { parseExact } from '../../../lib/text/json/exact.ts';
import { createCursors } from '../../../lib/text/cursors.ts';
import { openPrivateRedis, openStores } from '../../stores.ts';
import type { PrivateRedis, TestStores } from '../../stores.ts';
import { seal } from '../../urs-partner.ts';

const answer = (status: number, body: object) => ({ status, headers: {}, body: JSON.stringify(body) });

/** A hex HMAC of the body in a header; the action is in the payload. */
const hmac = protocol({
  schema: z.strictObject({ type: z.literal('HMAC'), header: z.string().default('x-shop-signature') }),
  credentials: ['webhookSecret'],
  read({ headers, body }, { header }) {
    const signature = Buffer.from(headers[header] ?? '', 'hex');
    if (signature.length !== 32) throw new RequestRejected('MALFORMED');
    return { signature, body };
  },
  verify({ signature, body }, { versions }) {
    const signer = versions.find(({ values }) =>
      timingSafeEqual(createHmac('sha256', values['webhookSecret']!).update(body).digest(), signature),
    );
    if (!signer) throw new RequestRejected(SIGNATURE);
    return { payload: parseExact(body.toString()), keyVersionId: signer.versionId };
  },
  event({ payload }) {
    const { event, order } = objectOf(payload);
    return { action: typeof event === 'string' ? event : '', payload: objectOf(order!) };
  },
  actions: {
    'order.paid': {
      do: 'deposit',
      names: { amount: 'order.total', userId: 'order.buyer' },
      input: ({ buyer, total, no }) => ({
        userId: String(userIdOf(buyer, 'order.buyer')),
        asked: { amount: amountOf(total, 'order.total'), currency: 'CNY' },
        transactionId: transactionIdOf(no, 'order.no'),
      }),
      data: (_movement, { amount }) => JSON.stringify({ coins: formatDecimal(amount) }),
    },
  },
  reply: {
    success: (dataText, { replayed }) => answer(200, { ok: true, again: replayed, ...JSON.parse(dataText) }),
    refusal: ({ code, field }) => answer(code === 'WEBHOOK_REJECTED' ? 403 : 400, { ok: false, code, field }),
  },
});

const protocols = [...PROTOCOLS, hmac];
const definitionSchema = PartnerDefinition.extend({ webhook: webhookSchema(protocols) });
const shop = definitionSchema.parse({
  code: 'SHOP',
  webhook: { path: 'shop', protocol: { type: 'HMAC' } },
  settings: { book: 'coins', currencyType: 'COIN', diamondRatio: 10 },
});
const urs = definitionSchema.parse({ code: 'URS_PROMOTION', webhook: { path: 'urs' } });

const version = (versionId: string): CredentialVersion => ({
  versionId,
  values: { webhookSecret: `secret ${versionId}`, appKey: `key ${versionId}` },
});

let stores: TestStores;
let redis: PrivateRedis;
let stored: CredentialVersion[];
let cached: CredentialVersion[];
let uses: string[];
let records: Delivery[];
beforeAll(async () => {
  [stores, redis] = await Promise.all([openStores(), openPrivateRedis({ timeoutMs: 3_000 })]);
});
afterAll(() => Promise.all([stores.close(), redis.close()]));
beforeEach(() => {
  stored = cached = [version('v1')];
  [uses, records] = [[], []];
});

function deps(): WebhookDeps {
  const basics = { clock: systemClock, random: systemRandom };
  // It lists nothing: it needs no key for cursors.
  const cursors = createCursors(() => Promise.reject(new Error('No key.')), systemClock);
  return {
    ...basics,
    protocols,
    catalog: { list: async () => [{ definition: shop }, { definition: urs }] },
    credentials: {
      valid: async () => cached,
      forget: () => void (cached = stored),
      used: (_code, versionId) => void uses.push(versionId),
    },
    redis: redis.redis,
    ledger: createLedger({
      ...basics,
      documents: stores.documents,
      table: stores.names.tables.ledger,
      cursors,
    }),
    outbox: { record: async () => true },
    alerts: { raise: async () => undefined, resolve: async () => undefined },
    register: async () => ({ uid: 1, superiors: [], created: true }),
    deliveries: { write: async (delivery) => void records.push(delivery) },
    keptRequests: { keeping: async () => undefined },
  };
}

async function deliver(path: string, action: string, body: Buffer, headers: Record<string, string> = {}) {
  const deadline = { at: Date.now() + 15_000 };
  const request = { path, action, headers, body, sourceIp: '192.0.2.1', requestId: 'r', deadline };
  const { status, body: text } = await receive(request, deps());
  return [status, JSON.parse(text)];
}

function send(payload: object, secret = 'secret v1') {
  const body = Buffer.from(JSON.stringify(payload));
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return deliver('shop', '', body, { 'x-shop-signature': signature });
}

describe('a protocol of its own', () => {
  const paid = (no: string, total: unknown = 1.5) => ({
    event: 'order.paid',
    order: { buyer: 7, total, no },
  });

  it('is verified, read, settled and answered in its own words', async () => {
    expect(await send(paid('A-1'))).toEqual([200, { ok: true, again: false, coins: '15' }]);
    expect(await send(paid('A-1'))).toEqual([200, { ok: true, again: true, coins: '15' }]);
    expect(await deps().ledger.transfer({ service: 'SHOP', transactionId: 'A-1' })).toMatchObject({
      book: 'coins',
      to: 'coins:user:7',
      currency: 'COIN',
      asked: { amount: 15_000_000_000n, currency: 'CNY' },
      requestedBy: 'SHOP',
    });
    expect(records.map(({ action, verdict }) => [action, verdict])).toEqual([
      ['order.paid', 'accepted'],
      ['order.paid', 'replayed'],
    ]);
    expect(records[0]).toMatchObject({ service: 'SHOP', keyVersionId: 'v1', status: 200 });
    expect(uses).toEqual(['v1', 'v1']);
  });

  it('refuses in its own words, whoever finds the fault', async () => {
    expect(await send(paid('B-1'), 'not the secret')).toEqual([403, { ok: false, code: 'WEBHOOK_REJECTED' }]);
    expect(await deliver('shop', '', Buffer.from('{}'))).toEqual([
      403,
      { ok: false, code: 'WEBHOOK_REJECTED' },
    ]);
    expect(records.map(({ cause }) => cause)).toEqual(['SIGNATURE', 'MALFORMED']);
    // The protocol, the conversion, the book's houses.
    for (const [order, field] of [
      [paid('B-2', 'many'), 'order.total'],
      [paid('B-3', '123456789012345678'), 'order.total'],
      [{ event: 'order.paid', order: { buyer: 15, total: 1, no: 'B-4' } }, 'order.buyer'],
    ] as const) {
      expect(await send(order)).toEqual([400, { ok: false, code: 'VALIDATION_FAILED', field }]);
    }
    expect(await send({ event: 'constructor', order: {} })).toEqual([400, { ok: false, code: 'NOT_FOUND' }]);
  });

  it('E15: finds a key that was rotated since this process looked', async () => {
    stored = [version('v2'), version('v1')];
    expect(await send(paid('C-1'), 'secret v2')).toEqual([200, { ok: true, again: false, coins: '15' }]);
    expect(uses).toEqual(['v2']);
  });

  it('stands beside the others', async () => {
    const check = JSON.stringify(seal({ userId: 7, usdtAmount: 1 }, 'key v1'));
    expect(await deliver('urs', 'check', Buffer.from(check))).toMatchObject([200, { success: true }]);
    const body = Buffer.from(JSON.stringify(paid('D-1')));
    const signature = createHmac('sha256', 'secret v1').update(body).digest('hex');
    const [status] = await deliver('urs', 'deposit', body, { 'x-shop-signature': signature });
    expect(status).toBe(401);
  });
});

describe('definitions', () => {
  it('say which protocol, with that protocol’s own fields', () => {
    expect(shop.webhook.protocol).toEqual({ type: 'HMAC', header: 'x-shop-signature' });
    expect(urs.webhook.protocol).toEqual({ type: 'URS' });
    for (const wrong of [
      { type: 'HMAC', heder: 'x' },
      { type: 'URS', header: 'x' },
      { type: 'NONE' },
      {},
      'URS',
    ]) {
      expect(webhookSchema(protocols).safeParse({ path: 'x', protocol: wrong }).success).toBe(false);
    }
    // Who does not have it in the list, does not speak it.
    expect(PartnerDefinition.safeParse({ code: 'SHOP', webhook: shop.webhook }).success).toBe(false);
  });
});

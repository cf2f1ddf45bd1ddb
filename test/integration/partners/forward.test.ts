/** Requests that are handed on to the business, on a bad wire. */
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { createOutbox } from '../../../lib/events/outbox.ts';
import type { Outbox } from '../../../lib/events/outbox.ts';
import { receive } from '../../../lib/partners/receive.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { partner, useScenes } from './scene.ts';
import type { Scene } from './scene.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

let scene: Scene;
useScenes((opened) => void (scene = opened));

const shop = (rest: object = {}) => {
  const webhook = {
    path: 'shop',
    protocol: { type: 'STANDARD_WEBHOOKS' },
    actions: { '*': { do: 'forward' } },
    rateLimit: { limit: 1_000_000 },
    ...rest,
  };
  return partner('SHOP', 'shop', {}, { webhook });
};

async function send(id: string, outbox: Pick<Outbox, 'record'>, action = 'changed') {
  scene.keys = [{ versionId: 'v1', values: { webhookSecret: SECRET } }];
  const body = '{"no":1}';
  const at = new Date();
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(SECRET).sign(id, at, body),
  };
  const request = {
    path: 'shop',
    action,
    headers,
    body: Buffer.from(body),
    sourceIp: '192.0.2.1',
    requestId: 'r',
    deadline: { at: Date.now() + 20_000 },
  };
  return receive(request, { ...scene.deps, outbox });
}

const real = () =>
  createOutbox({ documents: scene.stores.documents, table: scene.stores.names.tables.events });
const away = { record: () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'DynamoDB is away.')) };
/** What was written is written; nobody hears of it. */
const unheard = (outbox: Pick<Outbox, 'record'>) => ({
  async record(event: Parameters<Outbox['record']>[0]) {
    await outbox.record(event);
    return away.record();
  },
});

describe('the store of events', () => {
  it('is away: 503, and the next delivery is told', async () => {
    scene.definitions = [shop()];
    const first = await send('msg_away', away);
    expect([first.status, first.headers['retry-after']]).toEqual([503, '1']);
    expect(JSON.parse((await send('msg_away', real())).body)).toMatchObject({
      success: true,
      data: { action: 'changed' },
    });
    expect(JSON.parse((await send('msg_away', real())).body)).toMatchObject({ replayed: true });
  });

  it('has heard, and did not answer: the next delivery is a repeat', async () => {
    scene.definitions = [shop()];
    expect((await send('msg_unheard', unheard(real()))).status).toBe(503);
    const again = JSON.parse((await send('msg_unheard', real(), 'another')).body) as { replayed: boolean };
    expect(again.replayed).toBe(true);
  });

  it('is away, and the partner insists on 200: it is a failure all the same, for the log and the record', async () => {
    scene.definitions = [shop({ reply: { refusal: { status: 200, body: 'fail {{error.code}}' } } })];
    const { status, body, headers, cause } = await send('msg_200', away);
    expect([status, body, headers['retry-after']]).toEqual([200, 'fail STORE_UNAVAILABLE', '1']);
    expect(cause).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(scene.records).toMatchObject([{ verdict: 'failed', status: 200, code: 'STORE_UNAVAILABLE' }]);
  });
});

it('a reply whose setting is gone is the usual one: what was done is done', async () => {
  scene.definitions = [shop({ reply: { success: { body: '{{settings.word}}' } } })];
  expect(JSON.parse((await send('msg_word', real())).body)).toMatchObject({ success: true });
});

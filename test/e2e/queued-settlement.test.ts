/** Money that a partner does not wait for, through the whole stack: webhook, stream, `settle`, what is seen of it. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { deliver, seal } from '../urs-partner.ts';

const appKey = randomBytes(16).toString('hex');
const CODE = 'URS_PROMOTION';

describe('a partner with `settlement: "QUEUED"`', () => {
  let gatehouse: Gatehouse;
  beforeAll(async () => {
    gatehouse = await startGatehouse();
    await gatehouse.register(
      {
        code: CODE,
        name: 'URS',
        baseUrl: 'http://127.0.0.1:9/api',
        auth: { type: 'SIGNATURE' },
        webhook: { path: 'urs', settlement: 'QUEUED', rateLimit: { limit: 10_000, windowSeconds: 60 } },
        settings: { ecologyId: 1, diamondRatio: 300 },
      },
      { appKey },
    );
  });
  afterAll(() => gatehouse.stop());

  const send = (action: string, payload: object) =>
    deliver(`${gatehouse.url}/webhook/urs/${action}`, seal(payload, appKey));
  const transfer = (id: string) => gatehouse.ask('GET', `/v1/transfers/${id}`);
  const ends = (id: string, status: string) =>
    vi.waitFor(async () => expect((await transfer(id)).at('status')).toBe(status), { timeout: 20_000 });

  it('is answered 202 at once, and 200 with the settled transfer once it has moved', async () => {
    const order = { userId: 100, usdtAmount: '10', transactionId: 'q-1' };
    const first = await send('deposit', order);
    expect(first.status).toBe(202);
    expect(first.json).toEqual({
      success: true,
      data: {
        transactionId: 'q-1',
        type: 'deposit',
        userId: 100,
        usdtAmount: '10',
        diamondAmount: '3000',
        status: 'PENDING',
      },
    });
    await ends('q-1', 'SETTLED');
    const again = await send('deposit', order);
    expect([again.status, again.json.replayed, again.json.data?.['status']]).toEqual([200, true, 'SETTLED']);
    const settled = await transfer('q-1');
    expect(settled.at<{ status: string }[]>('history').map(({ status }) => status)).toEqual([
      'PENDING',
      'SETTLED',
    ]);
    expect((await gatehouse.ask('GET', '/v1/accounts/user:100')).at('balance')).toBe('3000');
  });

  it('refuses a withdrawal that is not funded, and settles a later delivery of it', async () => {
    const order = { userId: 101, usdtAmount: '1', transactionId: 'q-2' };
    expect((await send('withdraw', order)).status).toBe(202);
    await ends('q-2', 'REJECTED');
    expect((await send('deposit', { userId: 101, usdtAmount: '2', transactionId: 'q-3' })).status).toBe(202);
    await ends('q-3', 'SETTLED');
    const later = await send('withdraw', order);
    expect([later.status, later.json.replayed]).toEqual([202, undefined]);
    await ends('q-2', 'SETTLED');
    expect((await gatehouse.ask('GET', '/v1/accounts/user:101')).at('balance')).toBe('300');
  });

  it('is reversed once, with a reason', async () => {
    await send('deposit', { userId: 102, usdtAmount: '1', transactionId: 'q-4' });
    await ends('q-4', 'SETTLED');
    const path = `/v1/admin/transfers/q-4/reverse?service=${CODE}`;
    expect((await gatehouse.ask('POST', path, { body: {} })).status).toBe(422);
    const reversed = await gatehouse.ask('POST', path, { body: { reason: 'paid twice' } });
    expect(reversed.status).toBe(201);
    expect(reversed.json).toMatchObject({
      type: 'reversal',
      reverses: 'q-4',
      from: 'user:102',
      to: 'house:15',
      amount: '300',
      reason: 'paid twice',
    });
    expect((await transfer('q-4')).at('reversedBy')).toBe(reversed.at('transactionId'));
    expect((await gatehouse.ask('GET', '/v1/accounts/user:102')).at('balance')).toBe('0');
    const again = await gatehouse.ask('POST', path, { body: { reason: 'paid twice' } });
    expect([again.status, again.at('code')]).toEqual([409, 'ALREADY_REVERSED']);
    const back = `/v1/admin/transfers/${reversed.at<string>('transactionId')}/reverse?service=${CODE}`;
    const refused = await gatehouse.ask('POST', back, { body: { reason: 'and back' } });
    expect([refused.status, refused.at('code')]).toEqual([409, 'NOT_REVERSIBLE']);
    const balance = await gatehouse.ask('GET', '/v1/admin/ledger/trial-balance?deep=true');
    expect([balance.at('total'), balance.at('balanced')]).toEqual(['0', true]);
  });

  it('has no dead letters, and says which to redrive', async () => {
    const list = await gatehouse.ask('GET', '/v1/admin/dead-letters');
    expect(list.json).toEqual({ items: [] });
    const path = '/v1/admin/dead-letters/redrive';
    expect((await gatehouse.ask('POST', path, { body: {} })).status).toBe(422);
    const dry = await gatehouse.ask('POST', path, { body: { all: true, dryRun: true } });
    expect(dry.json).toEqual({ count: 0, redriven: 0, more: false });
    const one = await gatehouse.ask('POST', `/v1/admin/dead-letters/q-1/redrive?service=${CODE}`);
    expect(one.status).toBe(404);
  });

  it('is looked after every minute', async () => {
    expect(await gatehouse.stack.host.functions.invoke('monitor', {})).toEqual({
      ran: expect.arrayContaining(['pending-transfers', 'due-deliveries', 'seal-journals', 'check-ledger']),
    });
    expect(await gatehouse.stack.host.functions.invoke('settle', {})).toEqual({ batchItemFailures: [] });
  });
});

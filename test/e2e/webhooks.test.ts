import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { countRoundTrips } from '../round-trips.ts';
import { deliver, seal, sign } from '../urs-partner.ts';
import type { Delivered, DeliverOptions } from '../urs-partner.ts';

const key = randomBytes(24).toString('hex').slice(0, 33);
let gatehouse: Gatehouse;
let user = 10_000;
let order = 0;

beforeAll(async () => {
  gatehouse = await startGatehouse();
  await register({});
});
afterAll(() => gatehouse.stop());

const register = (parts: Record<string, unknown>) =>
  gatehouse.register(
    {
      code: 'URS_PROMOTION',
      name: 'URS',
      serviceType: 'SOCIAL',
      baseUrl: 'http://127.0.0.1:9/api',
      auth: { type: 'SIGNATURE' },
      webhook: { path: 'urs', rateLimit: { limit: 1_000_000, windowSeconds: 60 } },
      settings: { ecologyId: 1, diamondRatio: 300, fundUserId: 15, controlUserId: 16 },
      ...parts,
    },
    { appKey: key },
  );

const post = (action: string, body: unknown, options?: DeliverOptions) =>
  deliver(`${gatehouse.url}/webhook/urs/${action}`, body, options);
const send = (action: string, payload: string | object) => post(action, seal(payload, key));
const nextUser = () => ++user;
const nextOrder = () => `tx_${++order}`;
const balance = async (userId: number) =>
  (await gatehouse.ask('GET', `/v1/accounts/user:${userId}`)).at<string>('balance');
const total = async () => (await gatehouse.ask('GET', '/v1/admin/ledger/trial-balance?deep=true')).json;

describe('the four actions', () => {
  it('deposit, check and withdraw move and tell exact money', async () => {
    const userId = nextUser();
    const transactionId = nextOrder();
    const first = await send(
      'deposit',
      `{"userId":${userId},"usdtAmount":10.0,"transactionId":"${transactionId}"}`,
    );
    expect([first.status, first.json.success]).toEqual([200, true]);
    const { json } = await gatehouse.ask('GET', `/v1/transfers/${transactionId}`);
    expect(json).toMatchObject({
      service: 'URS_PROMOTION',
      book: 'main',
      amount: '3000',
      currency: 'DIAMOND',
      asked: { amount: '10', currency: 'USDT' },
    });
    expect(first.json.data).toEqual({
      transactionId,
      type: 'deposit',
      userId,
      usdtAmount: '10',
      diamondAmount: '3000',
      status: 'SETTLED',
      settledAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    });
    expect((await send('check', { userId, usdtAmount: '10.000000000001' })).json.code).toBe(
      'VALIDATION_FAILED',
    );
    expect((await send('check', { userId, usdtAmount: 10 })).json).toEqual({
      success: true,
      data: {
        allowed: true,
        diamond_balance: '3000',
        principal_amount: '3000',
        fee_amount: '0',
        total_required: '3000',
      },
    });
    const out = await send('withdraw', { userId, usdtAmount: 2.5, transactionId: nextOrder() });
    expect(out.json.data).toMatchObject({ type: 'withdraw', diamondAmount: '750', status: 'SETTLED' });
    expect(await balance(userId)).toBe('2250');
  });

  it('register tells whether the user is new', async () => {
    const [uid, l1, l2, l3] = [nextUser(), nextUser(), nextUser(), nextUser()];
    expect((await send('register', { uid, superiors: [l1, l2, l3] })).json).toEqual({
      success: true,
      data: { uid, superiors: [l1, l2, l3], created: true },
    });
    expect((await send('register', { uid, superiors: [l1, l2, l3] })).json.data).toMatchObject({
      created: false,
    });
  });

  it('take the envelope from the three headers too', async () => {
    const userId = nextUser();
    const envelope = seal({ userId, usdtAmount: 1, transactionId: nextOrder() }, key);
    const answer = await post('deposit', '', {
      headers: {
        'x-encrypted-data': JSON.stringify(envelope),
        'x-timestamp': String(envelope.timestamp),
        'x-signature': envelope.sign,
        'content-type': 'text/plain',
      },
    });
    expect([answer.status, await balance(userId)]).toEqual([200, '300']);
  });
});

describe('exactly once', () => {
  it('E8 the same order sealed anew gets the first answer, marked', async () => {
    const payload = { userId: nextUser(), usdtAmount: 1, transactionId: nextOrder() };
    const [first, again] = [await send('deposit', payload), await send('deposit', payload)];
    expect([first.json.replayed, again.json.replayed]).toEqual([undefined, true]);
    expect(again.json.data).toEqual(first.json.data);
    expect(await balance(payload.userId)).toBe('300');
  });

  it('E7 300 parallel copies: one effect, equal answers, one of them not replayed', async () => {
    const payload = { userId: nextUser(), usdtAmount: 1, transactionId: nextOrder() };
    const envelope = seal(payload, key);
    const answers = await Promise.all(Array.from({ length: 300 }, () => post('deposit', envelope)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ json }) => JSON.stringify(json.data))).size).toBe(1);
    expect(answers.filter(({ json }) => !json.replayed)).toHaveLength(1);
    expect(await balance(payload.userId)).toBe('300');
  });

  it('L2 100 withdrawals race for one balance: exactly one settles', async () => {
    const userId = nextUser();
    await send('deposit', { userId, usdtAmount: 1, transactionId: nextOrder() });
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        send('withdraw', { userId, usdtAmount: 1, transactionId: nextOrder() }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ json }) => json.code === 'INSUFFICIENT_FUNDS')).toHaveLength(99);
    expect(await balance(userId)).toBe('0');
  });

  it('E9 the same id with another amount, user or action: 409, an alert, nothing moves', async () => {
    const payload = { userId: nextUser(), usdtAmount: 1, transactionId: nextOrder() };
    await send('deposit', payload);
    const others: [string, object][] = [
      ['deposit', { ...payload, usdtAmount: 2 }],
      ['deposit', { ...payload, userId: nextUser() }],
      ['withdraw', payload],
    ];
    for (const [action, other] of others) {
      const answer = await send(action, other);
      expect([answer.status, answer.json.code]).toEqual([409, 'IDEMPOTENCY_MISMATCH']);
    }
    expect(await balance(payload.userId)).toBe('300');
    const alerts = await gatehouse.ask('GET', '/v1/admin/alerts?state=firing');
    const raised = alerts.at<{ kind: string; subject: string }[]>('items');
    expect(raised.some(({ subject }) => subject.includes(payload.transactionId))).toBe(true);
  });

  it('L8 a withdrawal before its deposit is refused, and its id is not used up', async () => {
    const userId = nextUser();
    const withdrawal = { userId, usdtAmount: 1, transactionId: nextOrder() };
    const early = await send('withdraw', withdrawal);
    expect([early.status, early.json.code]).toEqual([422, 'INSUFFICIENT_FUNDS']);
    expect((await gatehouse.ask('GET', `/v1/transfers/${withdrawal.transactionId}`)).at('status')).toBe(
      'REJECTED',
    );
    await send('deposit', { userId, usdtAmount: 1, transactionId: nextOrder() });
    expect((await send('withdraw', withdrawal)).json.data).toMatchObject({ status: 'SETTLED' });
    expect(await balance(userId)).toBe('0');
  });
});

describe('what does not hold', () => {
  const refused = (answer: Delivered) => [answer.status, answer.text];

  it('E1 E2 E3 E4 E5 E11 gets one answer for all causes', async () => {
    const good = seal({ userId: nextUser(), usdtAmount: 1, transactionId: nextOrder() }, key);
    const now = good.timestamp as number;
    const bad: unknown[] = [
      {},
      [],
      'not json',
      '',
      { ...good, sign: undefined },
      { ...good, data: [good.data] },
      { ...good, sign: good.sign.replace(/^./, (c) => (c === '0' ? '1' : '0')) },
      sign({ ...good, timestamp: `${now}abc` as never }, key),
      sign({ ...good, timestamp: now * 1_000 }, key),
      sign({ ...good, timestamp: 1e9 }, key),
      sign({ ...good, iv: `${good.iv.slice(0, -2)} ==` }, key),
      sign({ data: good.data + good.iv.slice(0, 4), iv: good.iv.slice(4), timestamp: now }, key),
      seal({ userId: 1 }, `${key}x`),
      sign({ data: Buffer.alloc(32).toString('base64'), iv: good.iv, timestamp: now }, key),
      seal('not json', key),
    ];
    const answers = [];
    for (const envelope of bad) answers.push(await post('deposit', envelope));
    expect(new Set(answers.map((answer) => JSON.stringify(refused(answer)))).size).toBe(1);
    expect(answers[0]!.status).toBe(401);
    expect(answers[0]!.json).toMatchObject({ success: false, code: 'WEBHOOK_REJECTED' });
    expect(
      (await gatehouse.ask('GET', `/v1/admin/deliveries?cause=SIGNATURE`)).at<unknown[]>('items').length,
    ).toBeGreaterThan(0);
  });

  it('E6 the window is 300 s, both ways', async () => {
    const now = Math.floor(Date.now() / 1_000);
    const at = async (timestamp: number) =>
      (await post('check', seal({ userId: 10_001, usdtAmount: 1 }, key, { timestamp }))).status;
    expect(await at(now - 297)).toBe(200);
    expect(await at(now + 300)).toBe(200);
    expect(await at(now - 302)).toBe(401);
    expect(await at(now + 305)).toBe(401);
  });

  it('tells why while the service is being tested', async () => {
    await register({ status: 'TESTING' });
    const answer = await post('deposit', seal({}, `${key}x`));
    await register({});
    expect(answer.json).toMatchObject({ code: 'WEBHOOK_REJECTED', cause: 'SIGNATURE' });
  });

  it('E13 amounts are exact or refused', async () => {
    const exact: [string, string, string][] = [
      ['1.0e-10', '0.0000000001', '0.00000003'],
      ['"0.1"', '0.1', '30'],
      ['123456789012345.0123456789', '123456789012345.0123456789', '37037036703703503.70370367'],
      ['3002399751580331', '3002399751580331', '900719925474099300'],
    ];
    for (const [source, usdtAmount, diamondAmount] of exact) {
      const userId = nextUser();
      const transactionId = nextOrder();
      const text = `{"userId":${userId},"usdtAmount":${source},"transactionId":"${transactionId}"}`;
      expect((await send('deposit', text)).json.data).toMatchObject({ usdtAmount, diamondAmount });
      expect(await balance(userId)).toBe(diamondAmount);
    }
    for (const source of [
      // 300 times as many diamonds are no amount any more.
      '9007199254740993',
      '123456789012345678.0123456789',
      '0',
      '-0',
      '-1',
      '1e999',
      'NaN',
      '"０.１"',
      '0.00000000001',
      '1e18',
      '" 1"',
      'true',
      'null',
      '[]',
    ]) {
      const answer = await send(
        'deposit',
        `{"userId":${nextUser()},"usdtAmount":${source},"transactionId":"${nextOrder()}"}`,
      );
      expect([source, [401, 422].includes(answer.status)]).toEqual([source, true]);
    }
  });

  it('names the field of a payload that is wrong', async () => {
    const good = { userId: nextUser(), usdtAmount: 1, transactionId: 'never-used' };
    const cases: [string, object, string][] = [
      ['deposit', { ...good, userId: 15 }, 'userId'],
      ['deposit', { ...good, userId: 16 }, 'userId'],
      ['deposit', { ...good, userId: 0 }, 'userId'],
      ['deposit', { ...good, userId: 1.5 }, 'userId'],
      ['deposit', { ...good, userId: undefined }, 'userId'],
      ['deposit', { ...good, usdtAmount: undefined }, 'usdtAmount'],
      ['deposit', { ...good, transactionId: '' }, 'transactionId'],
      ['deposit', { ...good, transactionId: 'x'.repeat(129) }, 'transactionId'],
      ['withdraw', { ...good, transactionId: 'a\u0000b' }, 'transactionId'],
      ['register', { uid: 'x', superiors: [] }, 'uid'],
      ['register', { uid: 5, superiors: 'x' }, 'superiors'],
    ];
    for (const [action, payload, field] of cases) {
      const answer = await send(action, payload);
      expect([answer.status, answer.json.code]).toEqual([422, 'VALIDATION_FAILED']);
      expect(answer.text).toContain(field);
    }
    expect((await gatehouse.ask('GET', '/v1/transfers/never-used')).status).toBe(404);
  });

  it('knows no other action and no other partner', async () => {
    expect((await send('transfer', {})).status).toBe(404);
    expect((await send('constructor', {})).status).toBe(404);
    expect((await deliver(`${gatehouse.url}/webhook/nobody/deposit`, {})).status).toBe(404);
  });

  it('E17 refuses what is too large or of the wrong type', async () => {
    expect((await post('deposit', 'x'.repeat(256 * 1_024 + 1))).status).toBe(413);
    const wrong = await post('deposit', 'data=1', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(wrong.status).toBe(415);
    const chunked = await post('check', seal({ userId: 10_001, usdtAmount: 1 }, key), {
      headers: { 'transfer-encoding': 'chunked' },
    });
    expect(chunked.status).toBe(200);
  });

  it('E18 the 61st request in a minute is 429, another source is unaffected', async () => {
    await register({ webhook: { path: 'urs' } });
    const body = () => seal({ userId: 10_001, usdtAmount: 1 }, key);
    const statuses = [];
    for (let i = 0; i < 61; i += 1)
      statuses.push((await post('check', body(), { from: '127.0.0.7' })).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(60);
    const last = await post('check', body(), { from: '127.0.0.7' });
    expect([last.status, Number(last.headers['retry-after']) > 0]).toEqual([429, true]);
    expect((await post('check', body(), { from: '127.0.0.8' })).status).toBe(200);
    await register({});
  });
});

describe('E15 rotation', () => {
  it('takes the old key until it is retired, and counts uses', async () => {
    const path = '/v1/admin/services/URS_PROMOTION/credentials';
    const newKey = `${key}-new`;
    await gatehouse.ask('PUT', path, { body: { appKey: newKey } });
    const check = { userId: 10_001, usdtAmount: 1 };
    const eventually = async (status: number, with_: string) => {
      // What a process has cached of credentials holds for a while.
      for (let i = 0; i < 40; i += 1) {
        const answer = await post('check', seal(check, with_));
        if (answer.status === status) return answer.status;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return 0;
    };
    expect(await eventually(200, newKey)).toBe(200);
    expect((await post('check', seal(check, key))).status).toBe(200);
    await gatehouse.ask('DELETE', `${path}/previous`);
    expect(await eventually(401, key)).toBe(401);
    await gatehouse.ask('PUT', path, { body: { appKey: key } });
    expect(await eventually(200, key)).toBe(200);
  });
});

describe('deliveries', () => {
  it('are kept and found, with nothing secret in them', async () => {
    const payload = { userId: nextUser(), usdtAmount: 1, transactionId: nextOrder() };
    await send('deposit', payload);
    await send('deposit', payload);
    const found = await gatehouse.ask('GET', `/v1/admin/deliveries?transactionId=${payload.transactionId}`);
    const items = found.at<{ verdict: string; action: string; source: string; status: number }[]>('items');
    expect(items.map(({ verdict }) => verdict)).toEqual(['replayed', 'accepted']);
    expect(items[0]).toMatchObject({
      action: 'deposit',
      source: '127.0.0.1',
      status: 200,
      service: 'URS_PROMOTION',
    });
    expect(found.text).not.toContain(key);
    const accepted = await gatehouse.ask(
      'GET',
      '/v1/admin/deliveries?verdict=accepted&action=register&limit=5',
    );
    expect(accepted.at<unknown[]>('items').length).toBeGreaterThan(0);
  });
});

describe('what a partner or an operator gets wrong', () => {
  const path = '/v1/admin/services/URS_PROMOTION';

  it('names the setting or the credential, where it is put', async () => {
    const credentials = await gatehouse.ask('PUT', `${path}/credentials`, { body: { appkey: key } });
    expect([credentials.status, credentials.at('errors.0.field')]).toEqual([422, 'appKey']);
    const settings = { diamondRatio: 300, fundUserId: 15, controlUserId: 16 };
    const { json } = await gatehouse.ask('GET', path);
    for (const [field, value] of [
      ['diamondRatio', 'abc'],
      ['diamondRatio', 0],
      ['diamondRatio', '1e400'],
      ['controlUserId', 15],
    ] as const) {
      const body = { ...(json as object), revision: undefined, settings: { ...settings, [field]: value } };
      const put = await gatehouse.ask('PUT', path, { body });
      expect([put.status, put.at('errors.0.field')]).toEqual([422, `settings.${field}`]);
    }
  });

  it('A3 keeps the key out of a delivery that quotes it', async () => {
    const transactionId = nextOrder();
    await send('deposit', { userId: nextUser(), usdtAmount: 1, transactionId, note: `the key is ${key}` });
    const { text } = await gatehouse.ask('GET', `/v1/admin/deliveries?transactionId=${transactionId}`);
    expect(text).toContain('note');
    expect(text).not.toContain(key);
  });

  it('finds a refused order by an id that came as a number', async () => {
    const id = 987_654_321_012;
    expect((await send('withdraw', { userId: nextUser(), usdtAmount: 1, transactionId: id })).status).toBe(
      422,
    );
    const found = await gatehouse.ask('GET', `/v1/admin/deliveries?transactionId=${id}`);
    expect(found.at<unknown[]>('items')).toHaveLength(1);
  });

  it('H8: half a character in any input is refused as such, and never a failure of the store', async () => {
    const body = { userId: 7, amount: '1', reason: 'goodwill', transactionId: 'half' };
    for (const field of ['service', 'userId', 'amount', 'reason', 'transactionId']) {
      const text = JSON.stringify({ ...body, [field]: 'x\ud800y' });
      const answer = await gatehouse.ask('POST', '/v1/admin/transfers', {
        body: text,
        headers: { 'content-type': 'application/json' },
      });
      expect([field, answer.status, answer.at('code')]).toEqual([field, 422, 'VALIDATION_FAILED']);
    }
    for (const query of ['cursor', 'from', 'to', 'limit']) {
      const answer = await gatehouse.ask('GET', `/v1/accounts/user:7/entries?${query}=%ED%A0%80`);
      expect([query, answer.status]).toEqual([query, 422]);
    }
    expect((await gatehouse.ask('GET', '/v1/admin/ledger/trial-balance?book=%ED%A0%80')).status).toBe(422);
    for (const path of ['transfers/%ED%A0%80', 'transfers/x?service=%ED%A0%80', 'accounts/user:%ED%A0%80']) {
      // What cannot be an id is not found; what no path can carry is refused before that.
      expect([path, (await gatehouse.ask('GET', `/v1/${path}`)).status]).toEqual([
        path,
        expect.toBeOneOf([400, 404, 422]),
      ]);
    }
  });

  it('looks for no transfer under an id that can be none', async () => {
    expect((await gatehouse.ask('GET', `/v1/transfers/${'x'.repeat(3_000)}`)).status).toBe(404);
  });
});

describe('adjustments and the trial balance', () => {
  it('refuse the id of another transfer: 409, and an alert', async () => {
    const payload = { userId: nextUser(), usdtAmount: 1, transactionId: nextOrder() };
    await send('deposit', payload);
    const body = {
      userId: payload.userId,
      amount: '5',
      reason: 'a mistake',
      transactionId: payload.transactionId,
    };
    const answer = await gatehouse.ask('POST', '/v1/admin/transfers', { body });
    expect([answer.status, answer.at('status'), answer.at('code')]).toEqual([
      409,
      409,
      'IDEMPOTENCY_MISMATCH',
    ]);
    expect(await balance(payload.userId)).toBe('300');
    const { text } = await gatehouse.ask('GET', '/v1/admin/alerts?state=firing');
    expect(text).toContain('TRANSFER_MISMATCH');
  });

  it('go through the control account, with a reason, once', async () => {
    const userId = nextUser();
    const body = { userId, amount: '12.5', reason: 'goodwill', transactionId: `adj-${userId}` };
    const made = await gatehouse.ask('POST', '/v1/admin/transfers', { body });
    expect([made.status, made.at('from'), made.at('amount')]).toEqual([201, 'house:16', '12.5']);
    const again = await gatehouse.ask('POST', '/v1/admin/transfers', { body });
    expect([again.status, again.at('replayed'), await balance(userId)]).toEqual([200, true, '12.5']);
    const taken = await gatehouse.ask('POST', '/v1/admin/transfers', {
      body: { userId, amount: '-2.5', reason: 'correction', transactionId: `adj-${userId}-2` },
    });
    expect([taken.status, await balance(userId)]).toEqual([201, '10']);
    const short = await gatehouse.ask('POST', '/v1/admin/transfers', {
      body: { userId, amount: '-100', reason: 'correction', transactionId: `adj-${userId}-3` },
    });
    expect([short.status, short.at('code')]).toEqual([422, 'INSUFFICIENT_FUNDS']);
    const entries = await gatehouse.ask('GET', `/v1/accounts/user:${userId}/entries`);
    expect(
      entries.at<{ amount: string; balance: string }[]>('items').map((e) => [e.amount, e.balance]),
    ).toEqual([
      ['-2.5', '10'],
      ['12.5', '12.5'],
    ]);
  });

  it('have an identity: the id given, or one derived from Idempotency-Key and who asks; none is refused (M2)', async () => {
    const userId = nextUser();
    const body = { userId, amount: '4', reason: 'goodwill' };
    const adjust = (headers: Record<string, string>, over: object = {}, key?: string) =>
      gatehouse.ask('POST', '/v1/admin/transfers', {
        body: { ...body, ...over },
        headers,
        ...(key === undefined ? {} : { key }),
      });

    const nameless = await adjust({});
    expect([nameless.status, nameless.at('code'), nameless.at('errors.0.field')]).toEqual([
      422,
      'VALIDATION_FAILED',
      'transactionId',
    ]);
    expect(nameless.at('detail')).toContain('Idempotency-Key');
    expect((await adjust({ 'idempotency-key': 'two words' })).at('errors.0.field')).toBe('Idempotency-Key');
    expect(await balance(userId)).toBe('0');

    const keyed = { 'idempotency-key': `gift-${userId}` };
    const made = await adjust(keyed);
    const again = await adjust(keyed);
    expect([made.status, again.status, again.at('replayed')]).toEqual([201, 200, true]);
    expect(again.at('transactionId')).toBe(made.at('transactionId'));
    expect(await balance(userId)).toBe('4');
    // Another order under the key: the problem says which transfer stands in its way.
    const other = await adjust(keyed, { amount: '5' });
    expect([other.status, other.at('code'), other.at('transactionId')]).toEqual([
      409,
      'IDEMPOTENCY_MISMATCH',
      made.at('transactionId'),
    ]);
    const short = await adjust({ 'idempotency-key': `short-${userId}` }, { amount: '-100' });
    expect([short.status, short.at('code')]).toEqual([422, 'INSUFFICIENT_FUNDS']);
    expect(
      (await gatehouse.ask('GET', `/v1/transfers/${short.at<string>('transactionId')}`)).at('status'),
    ).toBe('REJECTED');

    // Somebody else's key of the same name is another one; an id that is given needs no key.
    const colleague = await gatehouse.ask('POST', '/v1/admin/keys', {
      body: { name: 'colleague', role: 'admin' },
    });
    const theirs = await adjust(keyed, {}, colleague.at('key'));
    expect([theirs.status, await balance(userId)]).toEqual([201, '8']);
    expect((await adjust(keyed, { transactionId: `own-${userId}` })).at('transactionId')).toBe(
      `own-${userId}`,
    );
  });

  it('add up to nothing after all of it', async () => {
    expect(await total()).toMatchObject({ total: '0', balanced: true, consistent: true, violations: [] });
  });
});

describe('a second partner', () => {
  const other = {
    code: 'URS_EMERALD',
    name: 'URS, the other farm',
    baseUrl: 'http://127.0.0.1:9/api',
    auth: { type: 'SIGNATURE' },
    webhook: { path: 'emerald', rateLimit: { limit: 1_000_000, windowSeconds: 60 } },
    settings: {
      diamondRatio: 2,
      fundUserId: 25,
      controlUserId: 26,
      book: 'emerald',
      currencyType: 'EMERALD',
    },
  };
  const sendOther = (action: string, payload: object) =>
    deliver(`${gatehouse.url}/webhook/emerald/${action}`, seal(payload, key));
  beforeAll(() => gatehouse.register(other, { appKey: key }));

  it('has accounts of its own, in its own currency', async () => {
    const userId = nextUser();
    await send('deposit', { userId, usdtAmount: 1, transactionId: nextOrder() });
    const transactionId = nextOrder();
    const { json } = await sendOther('deposit', { userId, usdtAmount: 1.5, transactionId });
    expect(json.data).toMatchObject({ usdtAmount: '1.5', diamondAmount: '3' });

    expect(await balance(userId)).toBe('300');
    expect((await gatehouse.ask('GET', `/v1/accounts/emerald:user:${userId}`)).json).toEqual({
      accountId: `emerald:user:${userId}`,
      book: 'emerald',
      currency: 'EMERALD',
      balance: '3',
      entries: 1,
    });
    expect((await gatehouse.ask('GET', `/v1/transfers/${transactionId}`)).json).toMatchObject({
      transactionId,
      service: 'URS_EMERALD',
      book: 'emerald',
      from: 'emerald:house:25',
      to: `emerald:user:${userId}`,
      amount: '3',
      currency: 'EMERALD',
      asked: { amount: '1.5', currency: 'USDT' },
    });
    const entries = await gatehouse.ask('GET', `/v1/accounts/emerald:user:${userId}/entries`);
    expect(entries.at('items')).toMatchObject([
      { service: 'URS_EMERALD', amount: '3', asked: { amount: '1.5', currency: 'USDT' }, balance: '3' },
    ]);
    // 15 is nobody's house there, 25 is one; and the other way round here.
    expect((await sendOther('check', { userId: 15, usdtAmount: 1 })).status).toBe(200);
    expect((await sendOther('check', { userId: 25, usdtAmount: 1 })).status).toBe(422);
    expect((await send('check', { userId: 25, usdtAmount: 1 })).status).toBe(200);
  });

  it('keeps the currency of its book while there is money in it', async () => {
    await sendOther('deposit', { userId: nextUser(), usdtAmount: 1, transactionId: nextOrder() });
    const changed = { ...other, settings: { ...other.settings, currencyType: 'RUBY' } };
    const { status, json } = await gatehouse.ask('PUT', `/v1/admin/services/${other.code}`, {
      body: changed,
    });
    expect(status).toBe(422);
    expect(json).toMatchObject({
      errors: [{ field: 'settings.currencyType', message: 'is RUBY, but the book emerald holds EMERALD' }],
    });
  });

  it('may use an id that the first one used: each gets its own answers, and who asks says whose', async () => {
    const payload = { userId: nextUser(), usdtAmount: 1, transactionId: nextOrder() };
    const [ours, theirs] = [await send('deposit', payload), await sendOther('deposit', payload)];
    expect([ours.json.data!['diamondAmount'], theirs.json.data!['diamondAmount']]).toEqual(['300', '2']);
    expect([ours.json.replayed, theirs.json.replayed]).toEqual([undefined, undefined]);

    const path = `/v1/transfers/${payload.transactionId}`;
    const both = await gatehouse.ask('GET', path);
    expect([both.status, both.at('code')]).toEqual([409, 'AMBIGUOUS_TRANSFER']);
    expect(both.at('detail')).toContain('URS_EMERALD, URS_PROMOTION');
    expect((await gatehouse.ask('GET', `${path}?service=URS_EMERALD`)).at('amount')).toBe('2');
    expect((await gatehouse.ask('GET', `${path}?service=URS_PROMOTION`)).at('amount')).toBe('300');
    expect((await gatehouse.ask('GET', `${path}?service=CHAOJIYING`)).status).toBe(404);
  });

  it('is adjusted in its own book, and adds up by itself', async () => {
    const userId = nextUser();
    const body = { service: 'URS_EMERALD', userId, amount: '7', reason: 'goodwill', transactionId: 'gift' };
    const made = await gatehouse.ask('POST', '/v1/admin/transfers', { body });
    expect(made.json).toMatchObject({
      service: 'URS_EMERALD',
      from: 'emerald:house:26',
      to: `emerald:user:${userId}`,
      currency: 'EMERALD',
    });
    const nobodys = { ...body, service: 'NOBODY' };
    expect((await gatehouse.ask('POST', '/v1/admin/transfers', { body: nobodys })).status).toBe(404);

    const trial = '/v1/admin/ledger/trial-balance?deep=true';
    expect((await gatehouse.ask('GET', `${trial}&book=emerald`)).json).toMatchObject({
      book: 'emerald',
      currency: 'EMERALD',
      total: '0',
      balanced: true,
    });
    expect(await total()).toMatchObject({ book: 'main', currency: 'DIAMOND', total: '0', balanced: true });
    expect((await gatehouse.ask('GET', `${trial}&book=ruby`)).status).toBe(404);
    expect((await gatehouse.ask('GET', '/v1/accounts/ruby:user:1')).status).toBe(404);
    expect((await gatehouse.ask('GET', '/v1/accounts/emerald:user:99')).json).toMatchObject({
      currency: 'EMERALD',
      balance: '0',
    });
  });

  it('is refused where it would count another currency in a book that somebody has', async () => {
    const settings = { ...other.settings, book: 'main' };
    const path = '/v1/admin/services/URS_EMERALD';
    const put = await gatehouse.ask('PUT', path, { body: { ...other, settings } });
    expect([put.status, put.at('errors.0.field')]).toEqual([422, 'settings.currencyType']);
    expect(put.at('detail')).toContain('URS_PROMOTION');
  });
});

describe('counts', () => {
  it('a settled deposit is one DynamoDB call for the money and one for its record, one Redis round trip', async () => {
    await send('deposit', { userId: nextUser(), usdtAmount: 1, transactionId: nextOrder() });
    const payload = { userId: nextUser(), usdtAmount: 1, transactionId: nextOrder() };
    const settled = await countRoundTrips(() => send('deposit', payload));
    const duplicate = await countRoundTrips(() => send('deposit', payload));
    expect(settled).toEqual({ redis: 1, dynamodb: 2, secretsManager: 0 });
    expect(duplicate).toEqual({ redis: 1, dynamodb: 2, secretsManager: 0 });
  });
});

describe('requests that nobody signed (H9)', () => {
  const strangers = {
    code: 'URS_STRANGERS',
    name: 'URS, known to strangers',
    baseUrl: 'http://127.0.0.1:9/api',
    auth: { type: 'SIGNATURE' },
    webhook: { path: 'strangers', rateLimit: { limit: 100, windowSeconds: 600 } },
    settings: { book: 'strangers', diamondRatio: 1 },
  };
  beforeAll(() => gatehouse.register(strangers, { appKey: key }));

  it('cost a counter each by cause and minute, and ten records a minute', async () => {
    const url = `${gatehouse.url}/webhook/strangers/deposit`;
    const unsigned = seal({ userId: 1 }, `${key}x`);
    const kinds = [unsigned, { ...unsigned, iv: 1 }, 'x'.repeat(300_000)];
    await Promise.all(Array.from({ length: 147 }, (_, nth) => deliver(url, kinds[nth % 3])));
    for (let nth = 0; nth < 60; nth += 1) await deliver(url, unsigned);

    const counted = await gatehouse.ask(
      'GET',
      '/v1/admin/deliveries/unverified?service=URS_STRANGERS&hours=2',
    );
    const items = counted.at<{ service: string; minute: string; cause: string; count: number }[]>('items');
    const sum = (cause: string) =>
      items.filter((item) => item.cause === cause).reduce((total, { count }) => total + count, 0);
    expect(sum('MALFORMED')).toBe(49);
    expect(sum('PAYLOAD_TOO_LARGE')).toBe(49);
    expect([sum('SIGNATURE'), sum('RATE_LIMITED')]).toEqual([100, 9]);

    const kept = await gatehouse.ask('GET', '/v1/admin/deliveries?service=URS_STRANGERS&limit=200');
    const minutes = new Set(items.map(({ minute }) => minute)).size;
    expect(kept.at<unknown[]>('items').length).toBeGreaterThanOrEqual(10);
    expect(kept.at<unknown[]>('items').length).toBeLessThanOrEqual(10 * minutes);
    const all = await gatehouse.ask('GET', '/v1/admin/deliveries/unverified');
    expect(all.at<{ service: string }[]>('items').map(({ service }) => service)).toContain('URS_STRANGERS');
  });

  it('do not crowd out what the partner did sign', async () => {
    const payload = { userId: nextUser(), usdtAmount: 1, transactionId: nextOrder() };
    const signed = await deliver(`${gatehouse.url}/webhook/strangers/deposit`, seal(payload, key), {
      from: '127.0.0.9',
    });
    expect(signed.status).toBe(200);
    const found = await gatehouse.ask('GET', `/v1/admin/deliveries?service=URS_STRANGERS&verdict=accepted`);
    expect(found.at('items.0.transactionId')).toBe(payload.transactionId);
  });
});

import { describe, expect, it } from 'vitest';
import { formatDecimal } from '../../../lib/ledger/decimal.ts';
import { seal } from '../../urs-partner.ts';
import { KEY, openScene, partner, useScenes, version } from './scene.ts';
import type { Scene } from './scene.ts';

let scene: Scene;
let nextUser = 1_000;
useScenes((opened) => (scene = opened));

const balance = async (userId: number | string) => {
  const account = await scene.ledger.account(`user:${userId}`);
  return formatDecimal(account?.balance ?? 0n);
};

describe('E13, R15: an amount is exact, or refused', () => {
  /** As JSON has it, and what arrives at a ratio of 1. */
  it.each([
    ['10.0', '10'],
    ['1.0e-10', '0.0000000001'],
    ['1E+2', '100'],
    ['9007199254740993', '9007199254740993'],
    ['123456789012345678.0123456789', '123456789012345678.0123456789'],
    ['999999999999999999.9999999999', '999999999999999999.9999999999'],
    ['0.1000000000', '0.1'],
    ['"10.0"', '10'],
    ['"1.0e-10"', '0.0000000001'],
    ['"123456789012345678.0123456789"', '123456789012345678.0123456789'],
  ])('%s is %s', async (source, amount) => {
    scene.definitions = [partner('URS_PROMOTION', 'urs', { diamondRatio: 1 })];
    const userId = nextUser++;
    const { status, json } = await scene.send('deposit', text(userId, source));
    expect([status, json.data?.['diamondAmount'], json.data?.['usdtAmount']]).toEqual([200, amount, amount]);
    expect(await balance(userId)).toBe(amount);
    const checked = await scene.send('check', text(userId, source));
    expect(checked.json.data).toMatchObject({ allowed: true, total_required: amount });
  });

  it.each(
    [
      '-0',
      '0',
      '0.0',
      '0e5',
      '-1',
      '-0.0000000001',
      '1e999',
      '1e-400',
      '1e-11',
      '1e-100000',
      '1e-999999999999',
    ]
      .concat(['0.00000000001', '1000000000000000000', '1e18', '0.10000000001', '1e99999999999999999999'])
      .concat([
        'null',
        'true',
        '[]',
        '[1]',
        '{}',
        '""',
        '" 1"',
        '"1 "',
        '"+1"',
        '"01"',
        '"1."',
        '".5"',
        '"0x10"',
      ])
      .concat([
        '"１"',
        '"０.１"',
        '"1,5"',
        '"NaN"',
        '"Infinity"',
        '"1e-400"',
        '"1_000"',
        `"${'1'.repeat(300)}"`,
      ]),
  )('%s is refused', async (source) => {
    const userId = nextUser++;
    for (const action of ['deposit', 'withdraw', 'check']) {
      const { status, json } = await scene.send(action, text(userId, source));
      expect([action, status, json.code, json.field]).toEqual([
        action,
        422,
        'VALIDATION_FAILED',
        'usdtAmount',
      ]);
    }
    expect(await balance(userId)).toBe('0');
  });

  it.each(['NaN', '1e', '01', '+1', '.5', '1.', '0x10', '1_000', '１'])(
    '%s is no JSON at all',
    async (source) => {
      expect(await scene.send('deposit', text(nextUser++, source))).toMatchObject({ status: 401 });
    },
  );

  const text = (userId: number, amount: string) =>
    `{"userId":${userId},"usdtAmount":${amount},"transactionId":"amount ${amount.replaceAll(/\W/g, '_').slice(0, 40)} ${userId}"}`;
});

describe('an order', () => {
  it('names a user by a whole number below 2^53, or its digits', async () => {
    const order = (userId: string) =>
      `{"userId":${userId},"usdtAmount":1,"transactionId":"id ${userId.replaceAll('"', '')}"}`;
    for (const userId of ['9007199254740991', '"9007199254740990"']) {
      expect(await scene.send('deposit', order(userId))).toMatchObject({ status: 200 });
      expect(await balance(userId.replaceAll('"', ''))).toBe('300');
    }
    const wrong = [
      '9007199254740992',
      '9007199254740993',
      '"9007199254740993"',
      '1e3',
      '1.0',
      '0',
      '-1',
      '"01"',
      '"+1"',
    ];
    for (const userId of [...wrong, '9223372036854775807', '"９"', 'null', '[1]', 'true']) {
      const { status, json } = await scene.send('deposit', order(userId));
      expect([userId, status, json.field]).toEqual([userId, 422, 'userId']);
    }
    // What a double would make of 2^53 + 1 and + 2.
    for (const neighbour of ['9007199254740992', '9007199254740994'])
      expect(await balance(neighbour)).toBe('0');
  });

  it.each(['MAINTENANCE', 'INACTIVE'])(
    'moves nothing and registers nobody while the service is %s',
    async (status) => {
      const userId = nextUser++;
      await scene.send('deposit', { userId, usdtAmount: 1, transactionId: `before ${status}` });
      scene.definitions = [partner('URS_PROMOTION', 'urs', {}, { status })];
      for (const [action, payload] of [
        ['deposit', { userId, usdtAmount: 1, transactionId: `in ${status}` }],
        ['withdraw', { userId, usdtAmount: 1, transactionId: `out ${status}` }],
        ['check', { userId, usdtAmount: 1 }],
        ['register', { uid: userId }],
      ] as const) {
        expect(await scene.send(action, payload)).toMatchObject({
          status: 503,
          json: { code: 'SERVICE_UNAVAILABLE' },
        });
      }
      expect(await balance(userId)).toBe('300');
      expect(
        await scene.ledger.transfer({ service: 'URS_PROMOTION', transactionId: `in ${status}` }),
      ).toBeUndefined();
      scene.definitions = [partner('URS_PROMOTION', 'urs', {}, { status: 'TESTING' })];
      expect((await scene.send('register', { uid: userId })).json.data).toMatchObject({ created: true });
    },
  );

  it.each([false, true])(
    'in an envelope that is not signed with the key is no order (in the headers: %s)',
    async (inHeaders) => {
      // A service of its own: of the unsigned requests of a minute only the first are kept.
      scene.definitions = [partner(`FORGED_${process.pid}_${inHeaders ? 'H' : 'B'}`, 'urs')];
      const userId = nextUser++;
      const order = { userId, usdtAmount: 1, transactionId: `forged ${inHeaders}` };
      const good = seal(order, KEY);
      const forged = [
        { ...good, sign: '0'.repeat(64) },
        { ...good, sign: good.sign.toUpperCase() },
        { ...good, sign: '' },
        // Encrypted with the key, signed with another.
        { ...good, sign: seal(order, 'another key').sign },
        { ...seal(order, KEY), sign: good.sign },
      ];
      for (const envelope of forged) {
        const { status, json } = await scene.deliver('deposit', envelope, { inHeaders });
        expect([status, json]).toEqual([
          401,
          { success: false, code: 'WEBHOOK_REJECTED', error: expect.any(String) },
        ]);
      }
      expect(await balance(userId)).toBe('0');
      expect(scene.uses).toEqual([]);
      expect(scene.records.map(({ cause, payload }) => [cause, payload])).toEqual(
        forged.map(() => ['SIGNATURE', undefined]),
      );
      expect(await scene.deliver('deposit', good, { inHeaders })).toMatchObject({ status: 200 });
    },
  );
});

describe('the keys of a partner', () => {
  it('E15: are read again after a signature of none of them, and each use counts for its key', async () => {
    const order = (n: number) => ({ userId: 77, usdtAmount: 1, transactionId: `rotated ${n}` });
    const sealed = (n: number, key: string) => scene.deliver('deposit', seal(order(n), key));
    expect((await sealed(1, KEY)).status).toBe(200);
    expect((await sealed(1, 'new key')).status).toBe(401);
    scene = openScene(scene.stores);
    expect((await sealed(1, KEY)).status).toBe(200);
    scene.keys = [version('v2', 'new key'), version('v1')];
    // This process has seen v1 only.
    expect((await sealed(2, 'new key')).status).toBe(200);
    expect((await sealed(3, KEY)).status).toBe(200);
    expect((await sealed(3, 'new key')).status).toBe(200);
    expect(scene.uses).toEqual(['v1', 'v2', 'v1', 'v2']);
    expect(scene.records.map(({ keyVersionId }) => keyVersionId)).toEqual(scene.uses);
    // The old one is retired: once it has been read again, it opens nothing.
    scene = openScene(scene.stores);
    scene.keys = [version('v2', 'new key')];
    expect((await sealed(4, KEY)).status).toBe(401);
    expect((await sealed(4, 'new key')).status).toBe(200);
    expect(await balance(77)).toBe('1200');
  });
});

import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../../../lib/ledger/decimal.ts';
import type { Units } from '../../../../lib/ledger/decimal.ts';
import type { Transfer } from '../../../../lib/ledger/ledger.ts';
import type { Action } from '../../../../lib/partners/protocol.ts';
import { ACTIONS } from '../../../../lib/partners/urs/actions.ts';
import { parseExact } from '../../../../lib/text/json/exact.ts';
import type { ExactObject } from '../../../../lib/text/json/exact.ts';

const payload = (text: string) => parseExact(text) as ExactObject;
const units = (text: string) => parseDecimal(text) as Units;
const action = <Does extends Action['do']>(name: string) => ACTIONS[name] as Extract<Action, { do: Does }>;

describe.each(['deposit', 'withdraw'] as const)('%s', (name) => {
  const { input, data, ...rest } = action<'deposit' | 'withdraw'>(name);

  it('says what it does, and what URS calls the amount', () => {
    expect(rest).toEqual({ do: name, names: { amount: 'usdtAmount' } });
  });

  it('reads an order with all its digits', () => {
    const text = '{"userId":10001,"usdtAmount":0.0000000001,"transactionId":"tx","other":1}';
    expect(input(payload(text))).toEqual({
      userId: '10001',
      asked: { amount: 1n, currency: 'USDT' },
      transactionId: 'tx',
    });
  });

  it.each([
    ['userId', '{"usdtAmount":1,"transactionId":"tx"}'],
    ['usdtAmount', '{"userId":1,"transactionId":"tx"}'],
    ['usdtAmount', '{"userId":1,"usdtAmount":-1,"transactionId":"tx"}'],
    ['transactionId', '{"userId":1,"usdtAmount":1}'],
  ])('names the field %s that is wrong in %s', (field, text) => {
    expect(() => input(payload(text))).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED', field }));
  });

  it('answers with the digits that came and the amount that moved', () => {
    const movement = {
      userId: '9007199254740991',
      asked: { amount: units('10.5'), currency: 'USDT' },
      transactionId: 'a"b',
    };
    const transfer = {
      type: name,
      amount: units('3150'),
      status: 'SETTLED',
      settledAt: '2026-11-21T04:00:00.000Z',
    } as unknown as Transfer;
    expect(data(movement, transfer)).toBe(
      `{"transactionId":"a\\"b","type":"${name}","userId":9007199254740991,"usdtAmount":"10.5",` +
        '"diamondAmount":"3150","status":"SETTLED","settledAt":"2026-11-21T04:00:00.000Z"}',
    );
  });
});

it('check reads an order without an id, and answers in decimals', () => {
  const { do: does, names, input, data } = action<'check'>('check');
  expect([does, names]).toEqual(['check', { amount: 'usdtAmount' }]);
  expect(input(payload('{"userId":"7","usdtAmount":"10"}'))).toEqual({
    userId: '7',
    asked: { amount: units('10'), currency: 'USDT' },
  });
  const checked = { balance: '3000', principal: '1500', fee: '0.5', total: '1500.5' };
  const inUnits = Object.fromEntries(Object.entries(checked).map(([name, text]) => [name, units(text)]));
  const text = data({ allowed: true, ...inUnits } as Parameters<typeof data>[0]);
  expect(JSON.parse(text)).toEqual({
    allowed: true,
    diamond_balance: '3000',
    principal_amount: '1500',
    fee_amount: '0.5',
    total_required: '1500.5',
  });
});

it('register hands on what it is given, and answers with what was registered', () => {
  const { do: does, input, data } = action<'register'>('register');
  expect(does).toBe('register');
  expect(input(payload('{"uid":7,"superiors":[6],"other":1}'))).toEqual(payload('{"uid":7,"superiors":[6]}'));
  const registered = { uid: 7, superiors: [6], created: true };
  expect(JSON.parse(data(registered))).toEqual(registered);
});

import { describe, expect, it } from 'vitest';
import { balanceKey } from '../../../lib/ledger/keys.ts';
import { perform } from '../../../lib/partners/actions.ts';
import type { ActionContext } from '../../../lib/partners/actions.ts';
import type { Action, Movement } from '../../../lib/partners/protocol.ts';
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { parseExact } from '../../../lib/text/json/exact.ts';
import type { ExactObject } from '../../../lib/text/json/exact.ts';
import { exactNumber } from '../../../lib/vendors/dynamodb/documents.ts';
import { partner, useScenes } from './scene.ts';
import type { Scene } from './scene.ts';

let scene: Scene;
useScenes((opened) => (scene = opened));

const ONE = 10n ** 10n;
const refused = (code: string, error: string, field?: string) => ({
  success: false,
  code,
  error,
  ...(field === undefined ? {} : { field }),
});

describe('a check', () => {
  const check = async (userId: number, usdtAmount: number) =>
    (await scene.send('check', { userId, usdtAmount })).json;

  it('says whether the user can pay it, to the last unit, and what it costs', async () => {
    await scene.send('deposit', { userId: 1, usdtAmount: 2, transactionId: 'to be checked' });
    const data = { diamond_balance: '600', fee_amount: '0' };
    for (const [asked, allowed, amount] of [
      [1, true, '300'],
      [2, true, '600'],
      [2.0000000001, false, '600.00000003'],
    ] as const) {
      expect(await check(1, asked)).toEqual({
        success: true,
        data: { ...data, allowed, principal_amount: amount, total_required: amount },
      });
    }
    expect(await check(2, 0.5)).toMatchObject({ data: { allowed: false, diamond_balance: '0' } });
  });

  it('of a house account is refused, as an order would be', async () => {
    expect(await check(15, 1)).toEqual(refused('VALIDATION_FAILED', 'userId is a house account.', 'userId'));
  });
});

describe('an order', () => {
  it('past what the user has is refused, and alerts nobody', async () => {
    const { status, json } = await scene.send('withdraw', {
      userId: 3,
      usdtAmount: 1,
      transactionId: 'poor',
    });
    expect([status, json]).toEqual([422, refused('INSUFFICIENT_FUNDS', 'The balance is insufficient.')]);
    expect(scene.alerts).toEqual([]);
  });

  it('under the id of another is refused, and an alert says whose it is', async () => {
    await scene.send('deposit', { userId: 4, usdtAmount: 1, transactionId: 'taken' });
    const { status, json } = await scene.send('deposit', {
      userId: 5,
      usdtAmount: 1,
      transactionId: 'taken',
    });
    expect([status, json]).toEqual([
      409,
      refused(
        'IDEMPOTENCY_MISMATCH',
        'This transactionId was used for another action, user or amount. Nothing was transferred.',
      ),
    ]);
    expect(scene.alerts).toEqual([
      {
        kind: 'WEBHOOK_MISMATCH',
        subject: 'URS_PROMOTION taken',
        severity: 'critical',
        summary: 'URS_PROMOTION sent transaction taken again with another action, user or amount.',
        details: { userId: '5' },
      },
    ]);
  });

  it('is refused by the partner’s own name of the field, whoever finds the fault', async () => {
    const deposit = (transactionId: string) =>
      scene.send('deposit', { userId: 6, usdtAmount: 1, transactionId });
    await deposit('first');
    const { documents, names } = scene.stores;
    // As after a billion deposits of the largest amount.
    const full = { ':full': exactNumber(`1${'0'.repeat(27)}.0000000001`) };
    await documents.update(names.tables.ledger, balanceKey('user:6'), 'SET balance = :full', {
      values: full,
    });
    expect(await deposit('one too many')).toEqual({
      status: 422,
      json: refused(
        'VALIDATION_FAILED',
        'usdtAmount would take a balance past what can be kept exactly.',
        'usdtAmount',
      ),
    });
    expect(scene.alerts).toEqual([]);
  });

  it('that the settings make too much of is refused in the book’s currency', async () => {
    scene.definitions = [partner('URS_PROMOTION', 'urs', { diamondRatio: '9e17' })];
    expect((await scene.send('check', { userId: 7, usdtAmount: 2 })).json).toEqual(
      refused('VALIDATION_FAILED', 'usdtAmount in DIAMOND must be below 10^18.', 'usdtAmount'),
    );
  });
});

describe('an action without names of its own for fields', () => {
  const movement: Movement = {
    userId: '8',
    asked: { amount: ONE, currency: 'CNY' },
    transactionId: 'plain',
  };
  const deposit = (rest: Partial<Movement> = {}): Action => ({
    do: 'deposit',
    input: () => ({ ...movement, ...rest }),
    data: (_movement, { amount }) => String(amount),
  });
  const act = (action: Action, deps: Partial<Scene['deps']> = {}) => {
    const [definition] = scene.definitions;
    const context: ActionContext = {
      service: { definition: definition! },
      services: [{ definition: definition! }],
      sentAt: undefined,
      deliveryId: 'd',
      deadline: { at: Date.now() + 20_000 },
    };
    return perform(action, parseExact('{}') as ExactObject, context, { ...scene.deps, ...deps });
  };

  it('does what others do', async () => {
    expect(await act(deposit())).toEqual({ dataText: String(300n * ONE), replayed: false, pending: false });
    expect(await act(deposit())).toEqual({ dataText: String(300n * ONE), replayed: true, pending: false });
    const check: Action = { do: 'check', input: () => movement, data: ({ balance }) => String(balance) };
    expect(await act(check)).toEqual({ dataText: String(300n * ONE), replayed: false, pending: false });
  });

  it.each([
    [{ userId: '15' }, 'userId', 'userId is a house account.'],
    [{ asked: { amount: 10n ** 27n, currency: 'CNY' } }, 'amount', 'amount in DIAMOND must be below 10^18.'],
    [
      { transactionId: 'two\nlines' },
      'transactionId',
      'transactionId must have 1 to 128 characters, no control characters.',
    ],
  ])('names them as the ledger does: %o', async (rest, field, message) => {
    await expect(act(deposit({ transactionId: field, ...rest }))).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      field,
      message,
    });
  });

  it.each([
    new GatewayError('VALIDATION_FAILED', 'No.'),
    new GatewayError('STORE_UNAVAILABLE', 'No.', { retryAfterSeconds: 1 }),
    new TypeError('no'),
  ])('passes on what says nothing of a field: %s', async (fault) => {
    const ledger = { ...scene.ledger, post: () => Promise.reject(fault) };
    await expect(act(deposit({ transactionId: 'passed on' }), { ledger })).rejects.toBe(fault);
    expect(scene.alerts).toEqual([]);
  });
});

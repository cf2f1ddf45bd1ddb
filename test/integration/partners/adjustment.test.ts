import { describe, expect, it } from 'vitest';
import { adjustBalance } from '../../../lib/partners/adjustment.ts';
import type { Adjustment } from '../../../lib/partners/adjustment.ts';
import { partner, useScenes } from './scene.ts';
import type { Scene } from './scene.ts';

let scene: Scene;
useScenes((opened) => (scene = opened));

const ONE = 10n ** 10n;
const adjustment = (rest: Partial<Adjustment>): Adjustment => ({
  service: 'URS_PROMOTION',
  userId: '7',
  amount: ONE,
  reason: 'goodwill',
  requestedBy: 'key:ops',
  deadlineAt: Date.now() + 20_000,
  ...rest,
});
const adjust = (rest: Partial<Adjustment>) => adjustBalance(adjustment(rest), scene.deps);
const balance = async (accountId: string) => (await scene.ledger.account(accountId))?.balance ?? 0n;

describe('an adjustment', () => {
  it('gives to a user from the control account, and takes back from the user', async () => {
    scene.definitions = [partner('URS_PROMOTION', 'urs', { controlUserId: 31 })];
    const kept = { type: 'adjustment', reason: 'goodwill', requestedBy: 'key:ops', currency: 'DIAMOND' };
    expect(await adjust({ amount: 3n * ONE, transactionId: 'given' })).toMatchObject({
      replayed: false,
      transfer: { ...kept, transactionId: 'given', from: 'house:31', to: 'user:7', amount: 3n * ONE },
    });
    expect(await adjust({ amount: -ONE, transactionId: 'taken' })).toMatchObject({
      transfer: { ...kept, transactionId: 'taken', from: 'user:7', to: 'house:31', amount: ONE },
    });
    expect([await balance('user:7'), await balance('house:31')]).toEqual([2n * ONE, -2n * ONE]);
  });

  it('that is asked for again with the same key by the same person is the same, whatever has become of its book', async () => {
    for (const amount of [ONE, -1n]) {
      const asked = { userId: '8', amount, idempotencyKey: `monday ${amount}` };
      scene.definitions = [partner('URS_PROMOTION', 'urs')];
      const { transfer, replayed } = await adjust(asked);
      expect([replayed, transfer.transactionId]).toEqual([
        false,
        expect.stringMatching(/^adjustment-[\w-]{43}$/),
      ]);
      expect(await adjust(asked)).toEqual({ transfer, replayed: true });
      scene.definitions = [];
      expect(await adjust(asked)).toEqual({ transfer, replayed: true });
    }
    expect(await balance('user:8')).toBe(ONE - 1n);
    expect(scene.alerts).toEqual([]);
  });

  it('by somebody else, or with another key, is another, though key and name read alike one after the other', async () => {
    for (const asked of [
      { requestedBy: 'key:ops', idempotencyKey: '1' },
      { requestedBy: 'key:op', idempotencyKey: 's1' },
      { requestedBy: 'key:ops', idempotencyKey: '2' },
      { requestedBy: 'key:op', idempotencyKey: '1' },
    ]) {
      expect(await adjust({ userId: '9', ...asked })).toMatchObject({ replayed: false });
    }
    expect(await balance('user:9')).toBe(4n * ONE);
  });

  it('has the id it is given, whatever the key', async () => {
    const first = await adjust({ userId: '10', transactionId: 'named', idempotencyKey: 'a' });
    expect(first.transfer.transactionId).toBe('named');
    expect(await adjust({ userId: '10', transactionId: 'named', idempotencyKey: 'b' })).toEqual({
      ...first,
      replayed: true,
    });
  });

  it('without an identity is refused', async () => {
    await expect(adjust({ userId: '11' })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      message: 'transactionId is required, or else an Idempotency-Key header.',
      fields: [{ field: 'transactionId' }],
    });
    expect(await balance('user:11')).toBe(0n);
  });

  it('with the id of another transfer is refused, and an alert tells who asked for it', async () => {
    await scene.send('deposit', { userId: 12, usdtAmount: 1, transactionId: 'of a deposit' });
    const before = await balance('user:12');
    await adjust({ userId: '12', transactionId: 'of an adjustment' });
    for (const [rest, transactionId] of [
      [{}, 'of a deposit'],
      [{ amount: 2n * ONE }, 'of an adjustment'],
      [{ amount: -ONE }, 'of an adjustment'],
      [{ userId: '13' }, 'of an adjustment'],
    ] as const) {
      scene.alerts = [];
      await expect(adjust({ userId: '12', ...rest, transactionId })).rejects.toMatchObject({
        code: 'IDEMPOTENCY_MISMATCH',
        members: { transactionId },
      });
      expect(scene.alerts).toEqual([
        {
          kind: 'TRANSFER_MISMATCH',
          subject: `URS_PROMOTION ${transactionId}`,
          severity: 'critical',
          summary: `key:ops requested an adjustment with the id of another transfer of URS_PROMOTION, ${transactionId}.`,
        },
      ]);
    }
    expect([await balance('user:12'), await balance('user:13')]).toEqual([before + ONE, 0n]);
  });

  it.each<[string, Partial<Adjustment>, object]>([
    ['more than there is', { amount: -ONE }, { code: 'INSUFFICIENT_FUNDS' }],
    ['nothing', { amount: 0n }, { code: 'VALIDATION_FAILED', fields: [{ field: 'amount' }] }],
    ['a house', { userId: '15' }, { code: 'VALIDATION_FAILED' }],
    ['nobody’s book', { service: 'NOBODY' }, { code: 'NOT_FOUND', message: 'Service NOBODY was not found.' }],
  ])(
    'of %s is refused by the id it would have had, which its caller may not know, and alerts nobody',
    async (idempotencyKey, rest, error) => {
      await expect(adjust({ userId: '14', ...rest, idempotencyKey })).rejects.toMatchObject({
        ...error,
        members: { transactionId: expect.stringMatching(/^adjustment-/) },
      });
      expect(scene.alerts).toEqual([]);
      expect(await balance('user:14')).toBe(0n);
    },
  );

  it('that meets a fault of our own reports it as it is', async () => {
    const fault = new TypeError('no');
    const catalog = { list: () => Promise.reject(fault) };
    const asked = adjustBalance(adjustment({ transactionId: 'faulty' }), { ...scene.deps, catalog });
    await expect(asked).rejects.toBe(fault);
  });
});

import { describe, expect, it } from 'vitest';
import { AMOUNT_LIMIT } from '../../../lib/ledger/decimal.ts';
import type { PostInput } from '../../../lib/ledger/ledger.ts';
import { contentOf, mayBeTransferId, partiesOf } from '../../../lib/ledger/post-input.ts';

const book = { name: 'main', currency: 'DIAMOND', houses: ['15', '16'], houseShards: 16 };
const deposit: PostInput = {
  service: 'URS',
  transactionId: 'tx',
  book,
  type: 'deposit',
  from: 'house:15',
  to: 'user:7',
  amount: 10n,
  requestedBy: 'URS',
  house: 'from',
};

describe('who pays whom', () => {
  it('a house a user, or a user a house', () => {
    const paid = { user: 'user:7', house: 'house:15', debit: false };
    expect(partiesOf(deposit)).toEqual(paid);
    const withdrawal = { ...deposit, type: 'withdraw', from: 'user:7', to: 'house:15', house: 'to' } as const;
    expect(partiesOf(withdrawal)).toEqual({ ...paid, debit: true });
  });

  it.each<[Partial<PostInput>]>([
    [{ service: 's'.repeat(64) }],
    [{ transactionId: 't'.repeat(128) }],
    [{ transactionId: '订单 #1' }],
    [{ reason: 'r'.repeat(200) }],
    [{ requestedBy: 'q'.repeat(128) }],
    [{ amount: AMOUNT_LIMIT - 1n }],
    [{ amount: 1n, asked: { amount: AMOUNT_LIMIT - 1n, currency: 'USDT' } }],
  ])('is told for an order at the limits: %#', (part) => {
    expect(partiesOf({ ...deposit, ...part })).toMatchObject({ user: 'user:7' });
  });

  const SERVICE = 'must have 1 to 64 characters, no "#"';
  const ID = 'must have 1 to 128 characters, no control characters';
  const REASON = 'must have 1 to 200 characters on one line';
  it.each<[Partial<PostInput>, string, string]>([
    [{ service: '' }, 'service', SERVICE],
    [{ service: 'a#b' }, 'service', SERVICE],
    [{ service: 's'.repeat(65) }, 'service', SERVICE],
    [{ transactionId: '' }, 'transactionId', ID],
    [{ transactionId: 't'.repeat(129) }, 'transactionId', ID],
    [{ transactionId: 'a\u0007b' }, 'transactionId', ID],
    [{ transactionId: 'a\ud800' }, 'transactionId', ID],
    [{ reason: '' }, 'reason', REASON],
    [{ reason: 'two\nlines' }, 'reason', REASON],
    [{ reason: 'r'.repeat(201) }, 'reason', REASON],
    [{ requestedBy: '' }, 'requestedBy', 'must be given'],
    [{ requestedBy: 'q'.repeat(129) }, 'requestedBy', 'must be given'],
    [{ amount: 0n }, 'amount', 'must be positive'],
    [{ amount: -1n }, 'amount', 'must be positive'],
    [{ amount: AMOUNT_LIMIT }, 'amount', 'must be below 10^18'],
    [{ asked: { amount: 0n, currency: 'USDT' } }, 'asked.amount', 'must be positive'],
    [{ from: 'house:17' }, 'from', 'is no house account of the book'],
    [{ from: 'user:15' }, 'from', 'is no house account of the book'],
    [{ from: 'emerald:house:15' }, 'from', 'is no house account of the book'],
    [{ from: 'house' as never }, 'from', 'is no house account of the book'],
    [{ to: 'user:15' }, 'userId', 'is a house account'],
    [{ to: 'house:16' }, 'userId', 'is no user of the book'],
    [{ to: 'emerald:user:7' }, 'userId', 'is no user of the book'],
    [{ to: 'user' as never }, 'userId', 'is no user of the book'],
  ])('is not told, and the field is named: %#', (part, field, message) => {
    expect(() => partiesOf({ ...deposit, ...part })).toThrow(
      expect.objectContaining({
        code: 'VALIDATION_FAILED',
        message: `${field} ${message}.`,
        fields: [{ field, message }],
      }) as Error,
    );
  });

  it('names every field at fault', () => {
    const wrong = { ...deposit, service: '', amount: 0n, to: 'user:16' } as const;
    expect(() => partiesOf(wrong)).toThrow(
      `service ${SERVICE}; amount must be positive; userId is a house account.`,
    );
  });

  it('is not told in a book that cannot be kept', () => {
    expect(() => partiesOf({ ...deposit, book: { ...book, houseShards: 0 } })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_ERROR' }) as Error,
    );
  });
});

describe('what an order is', () => {
  it('its kind, direction and user, and the amount that was asked for', () => {
    const content = { type: 'deposit', house: 'from', userId: '7' };
    expect(contentOf(deposit, partiesOf(deposit))).toEqual({ ...content, wanted: { amount: 10n } });
    const asked = { amount: 1n, currency: 'USDT' };
    expect(contentOf({ ...deposit, asked }, partiesOf(deposit))).toEqual({ ...content, wanted: asked });
  });
});

describe('an id under which there may be a transfer', () => {
  const may = (service: string, transactionId: string) => mayBeTransferId({ service, transactionId });

  it('is no longer than any that was taken', () => {
    expect([may('URS', 'tx'), may('s'.repeat(64), 't'.repeat(128)), may('URS', 'a#b')]).toEqual([
      true,
      true,
      true,
    ]);
    expect([may('s'.repeat(65), 'tx'), may('URS', 't'.repeat(129)), may('U#S', 'tx')]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each([
    ['service', '\ud800', 'tx'],
    ['transactionId', 'URS', 'a\udc00'],
  ])('is text: %s', (field, service, transactionId) => {
    expect(() => may(service, transactionId)).toThrow(
      expect.objectContaining({
        code: 'VALIDATION_FAILED',
        message: `${field} holds half a character.`,
      }) as Error,
    );
  });
});

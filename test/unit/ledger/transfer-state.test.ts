import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../../lib/ledger/decimal.ts';
import type { Units } from '../../../lib/ledger/decimal.ts';
import type { TransferRow } from '../../../lib/ledger/items.ts';
import type { OrderContent, TransferStatus } from '../../../lib/ledger/ledger.ts';
import {
  cancellationOf,
  fingerprintOf,
  mayReject,
  isAsSeen,
  standingOf,
} from '../../../lib/ledger/transfer-state.ts';
import { TransactionCancelled } from '../../../lib/vendors/dynamodb/documents.ts';

const units = (text: string) => parseDecimal(text) as Units;

describe('the fingerprint of an order', () => {
  const order: OrderContent = {
    type: 'deposit',
    house: 'from',
    userId: '7',
    wanted: { amount: units('10'), currency: 'USDT' },
  };

  it('is the same for the same order, however its amount was written', () => {
    expect(fingerprintOf({ ...order, wanted: { amount: units('10.0'), currency: 'USDT' } })).toBe(
      fingerprintOf(order),
    );
  });

  it('is another for another kind, direction, user, amount or currency', () => {
    const others: Partial<OrderContent>[] = [
      {},
      { type: 'withdraw' },
      { type: 'adjustment' },
      { house: 'to' },
      { userId: '70' },
      { wanted: { amount: units('10.0000000001'), currency: 'USDT' } },
      { wanted: { amount: units('10'), currency: 'USD' } },
      { wanted: { amount: units('10') } },
    ];
    expect(new Set(others.map((part) => fingerprintOf({ ...order, ...part }))).size).toBe(others.length);
  });

  it('D3: is what rows of every version hold', () => {
    const hashOf = (text: string) => createHash('sha256').update(text).digest('base64url');
    expect(fingerprintOf(order)).toBe(hashOf('["deposit","to user:7","10 USDT"]'));
    expect(fingerprintOf({ ...order, house: 'to', wanted: { amount: units('10') } })).toBe(
      hashOf('["deposit","from user:7","10"]'),
    );
  });
});

const row = (status: TransferStatus, more: Partial<TransferRow> = {}) =>
  ({
    transfer: { status },
    fingerprint: 'f',
    attemptId: 'mine',
    version: 0,
    ...more,
  }) as TransferRow;

describe('the conditions of transitions', () => {
  it('settle: there is no row', () => {
    expect(isAsSeen(undefined)).toEqual({ condition: 'attribute_not_exists(pk)' });
  });

  it('settle, on top of a refusal: the row is as it was read', () => {
    expect(isAsSeen(row('REJECTED', { version: 3 }))).toEqual({
      condition: '#status = :status AND #version = :version',
      names: { '#status': 'status', '#version': 'version' },
      values: { ':status': 'REJECTED', ':version': 3 },
    });
    // As an older version wrote it.
    expect(isAsSeen(row('REJECTED'))).toEqual({
      condition: '#status = :status AND attribute_not_exists(#version)',
      names: { '#status': 'status', '#version': 'version' },
      values: { ':status': 'REJECTED' },
    });
  });

  it('reject: there is no row, or the same order refused', () => {
    expect(mayReject({ fingerprint: 'f', attemptId: 'a' })).toEqual({
      condition: 'attribute_not_exists(pk) OR (#status = :rejected AND fingerprint = :fingerprint)',
      names: { '#status': 'status' },
      values: { ':rejected': 'REJECTED', ':fingerprint': 'f' },
    });
  });
});

describe('a row in the way', () => {
  const attempt = { fingerprint: 'f', attemptId: 'mine' };

  it.each<[TransferRow, string]>([
    [row('SETTLED'), 'ours'],
    [row('SETTLED', { attemptId: 'another' }), 'replay'],
    [row('PENDING', { attemptId: 'another' }), 'replay'],
    [row('DEAD'), 'ours'],
    [row('REJECTED'), 'refused'],
    [row('REJECTED', { attemptId: 'another' }), 'refused'],
    [row('SETTLED', { fingerprint: 'g' }), 'mismatch'],
    [row('REJECTED', { fingerprint: 'g' }), 'mismatch'],
  ])('says of this post: %#', (found, standing) => {
    expect(standingOf(found, attempt)).toBe(standing);
  });
});

describe('a transaction that was cancelled', () => {
  const FAILED = 'ConditionalCheckFailed';
  const item = { pk: 'x' };
  const because = (...codes: string[]) =>
    cancellationOf(
      new TransactionCancelled(codes.map((code) => ({ code, item: code === FAILED ? item : undefined }))),
    );

  it.each([
    [[FAILED, 'None', 'None'], { row: { item } }],
    [['None', FAILED, 'None'], { user: { item } }],
    [['None', 'None', FAILED], { house: { item } }],
    [[FAILED, FAILED, FAILED], { row: { item }, user: { item }, house: { item } }],
    // Beside a conflict only the row can be believed.
    [[FAILED, FAILED, 'TransactionConflict'], { row: { item } }],
    [[FAILED, 'ValidationError', 'None'], { row: { item } }],
  ])('by %j names the conditions', (codes, failed) => {
    expect(because(...codes)).toStrictEqual({ kind: 'conditions', ...failed });
  });

  it.each([
    ['None', 'TransactionConflict', 'None'],
    ['None', FAILED, 'TransactionConflict'],
    ['ThrottlingError', 'None', FAILED],
    ['None', 'None', 'None'],
    [],
  ])('by contention decides nothing: %#', (...codes) => {
    expect(because(...codes)).toEqual({ kind: 'contention' });
  });

  it('M11: by what no further try can change says where', () => {
    expect(because('None', 'ValidationError', 'None')).toEqual({ kind: 'impossible', at: 1 });
    expect(because('TransactionConflict', 'None', 'ItemCollectionSizeLimitExceeded')).toEqual({
      kind: 'impossible',
      at: 2,
    });
  });
});

import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../../lib/ledger/decimal.ts';
import type { Units } from '../../../lib/ledger/decimal.ts';
import { readTransfer } from '../../../lib/ledger/items.ts';
import type { PostInput } from '../../../lib/ledger/ledger.ts';
import { rejecting, settledTransfer, settling, unwritable } from '../../../lib/ledger/posting-attempt.ts';
import type { PostingAttempt } from '../../../lib/ledger/posting-attempt.ts';
import type { Item, TransactItem } from '../../../lib/vendors/dynamodb/documents.ts';

const units = (text: string) => parseDecimal(text) as Units;
const CREATED = '2026-11-21T04:00:00.000Z';
const SETTLED = '2026-11-21T04:00:01.000Z';
/** A billion times the largest amount. */
const CEILING = `1${'0'.repeat(27)}`;

const input: PostInput = {
  service: 'URS',
  transactionId: 'tx',
  book: { name: 'emerald', currency: 'EMERALD', houses: ['15'], houseShards: 16 },
  type: 'deposit',
  from: 'emerald:house:15',
  to: 'emerald:user:7',
  amount: units('3000'),
  asked: { amount: units('10'), currency: 'USDT' },
  requestedBy: 'URS',
  house: 'from',
};
const attempt: PostingAttempt = {
  input,
  user: 'emerald:user:7',
  house: 'emerald:house:15',
  debit: false,
  attemptId: 'a',
  fingerprint: 'f',
  createdAt: CREATED,
  shard: 3,
  deadlineAt: 0,
};
const refusal = readTransfer({
  pk: 'TX#URS#tx',
  type: 'deposit',
  status: 'REJECTED',
  from: 'emerald:house:15',
  to: 'emerald:user:7',
  amount: { value: '3000' },
  currency: 'EMERALD',
  requestedBy: 'URS',
  createdAt: '2026-11-20T00:00:00.000Z',
  attempts: { value: '4' },
  fingerprint: 'f',
  attemptId: 'b',
  version: { value: '2' },
  history: [{ status: 'REJECTED', at: '2026-11-20T00:00:01.000Z', cause: 'INSUFFICIENT_FUNDS' }],
});

describe('a transfer that is going to be settled', () => {
  it('is its order, tried so often', () => {
    expect(settledTransfer(attempt, { attempts: 2, settledAt: SETTLED, refusal: undefined })).toStrictEqual({
      transactionId: 'tx',
      service: 'URS',
      book: 'emerald',
      type: 'deposit',
      status: 'SETTLED',
      from: 'emerald:house:15',
      to: 'emerald:user:7',
      amount: units('3000'),
      currency: 'EMERALD',
      asked: { amount: units('10'), currency: 'USDT' },
      requestedBy: 'URS',
      createdAt: CREATED,
      settledAt: SETTLED,
      attempts: 2,
      history: [{ status: 'SETTLED', at: SETTLED }],
    });
  });

  it('that was refused before goes on from there (M9)', () => {
    expect(settledTransfer(attempt, { attempts: 2, settledAt: SETTLED, refusal })).toMatchObject({
      createdAt: '2026-11-20T00:00:00.000Z',
      attempts: 6,
      history: [
        { status: 'REJECTED', at: '2026-11-20T00:00:01.000Z', cause: 'INSUFFICIENT_FUNDS' },
        { status: 'SETTLED', at: SETTLED },
      ],
    });
  });
});

describe('settling', () => {
  const transfer = settledTransfer(attempt, { attempts: 1, settledAt: SETTLED, refusal: undefined });
  const items = (of: PostingAttempt, given = {}) =>
    settling('ledger', of, transfer, { settledAt: SETTLED, seen: undefined, ...given });
  const values = (item: TransactItem | undefined) => item?.Update?.ExpressionAttributeValues as Item;
  const update = {
    TableName: 'ledger',
    UpdateExpression:
      'ADD balance :gain, entries :count ' +
      'SET currency = :currency, lastTransfer = :last, gsi1pk = :book, gsi1sk = :balanceId',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
  const last = `${SETTLED}#URS#tx`;
  const common = { ':count': 1, ':last': last, ':currency': 'EMERALD', ':book': 'BOOK#emerald' };

  it('writes the row where there is none, and both balances', () => {
    const [row, user, house, ...more] = items(attempt);
    expect(more).toEqual([]);
    expect(row?.Put).toMatchObject({
      TableName: 'ledger',
      Item: { pk: 'TX#URS#tx', status: 'SETTLED', gsi2pk: 'emerald:house:15#03', gsi1sk: last },
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(Object.keys(row!.Put!)).not.toContain('ExpressionAttributeNames');
    expect(user?.Update).toMatchObject({
      ...update,
      Key: { pk: 'ACCT#emerald:user:7', sk: 'BALANCE' },
      ConditionExpression: 'attribute_not_exists(pk) OR (balance <= :bound AND currency = :currency)',
    });
    expect(values(user)).toMatchObject({
      ...common,
      ':balanceId': 'emerald:user:7',
      ':gain': { value: '3000' },
      ':bound': { value: CEILING },
    });
    expect(house?.Update).toMatchObject({
      ...update,
      Key: { pk: 'ACCT#emerald:house:15#03', sk: 'BALANCE' },
      ConditionExpression: 'attribute_not_exists(pk) OR (balance >= :bound AND currency = :currency)',
    });
    expect(values(house)).toMatchObject({
      ...common,
      ':balanceId': 'emerald:house:15#03',
      ':gain': { value: '-3000' },
      ':bound': { value: `-${CEILING}` },
    });
  });

  it('takes from a user only what is there', () => {
    const [, user, house] = items({ ...attempt, debit: true });
    expect(user?.Update?.ConditionExpression).toBe('balance >= :bound AND currency = :currency');
    expect(values(user)).toMatchObject({ ':gain': { value: '-3000' }, ':bound': { value: '3000' } });
    expect(house?.Update?.ConditionExpression).toBe(
      'attribute_not_exists(pk) OR (balance <= :bound AND currency = :currency)',
    );
    expect(values(house)).toMatchObject({ ':gain': { value: '3000' }, ':bound': { value: CEILING } });
  });

  it('on top of a refusal holds only for the version that was read (M3)', () => {
    expect(items(attempt, { seen: refusal })[0]?.Put).toMatchObject({
      ConditionExpression: '#status = :status AND #version = :version',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':status': 'REJECTED', ':version': 2 },
    });
  });
});

describe('rejecting', () => {
  /** What the update sets, by the names of attributes. */
  function written({ update, expression }: ReturnType<typeof rejecting>) {
    const [, sets = '', adds = ''] = /^SET (.*) ADD (.*)$/.exec(update) ?? [];
    const named = (text: string) =>
      text.replaceAll(/#\w+/g, (name) => expression.names![name]!).replaceAll(/:f\d+/g, ':value');
    const valueOf = new Map(
      [...sets.matchAll(/(#f\d+)(?: = | = if_not_exists\(#f\d+, )(:f\d+)/g)].map(([, name, value]) => [
        expression.names![name!]!,
        expression.values![value!],
      ]),
    );
    return { sets: sets.split(/, (?=#)(?![^(]*\))/).map(named), adds: named(adds), valueOf };
  }

  it('keeps the order, and when it was first refused; it counts the tries and the version up', () => {
    const { sets, adds, valueOf } = written(rejecting(attempt, 2, SETTLED));
    expect(adds).toBe('attempts :tries, version :one');
    expect(sets.toSorted()).toEqual(
      [
        'amount = :value',
        'asked = :value',
        'attemptId = :value',
        'createdAt = if_not_exists(createdAt, :value)',
        'currency = :value',
        'fingerprint = :value',
        'from = :value',
        'history = if_not_exists(history, :value)',
        'requestedBy = :value',
        'status = :value',
        'to = :value',
        'type = :value',
      ].toSorted(),
    );
    expect(valueOf.get('status')).toBe('REJECTED');
    expect(valueOf.get('createdAt')).toBe(CREATED);
    expect(valueOf.get('history')).toEqual([
      { status: 'REJECTED', at: SETTLED, cause: 'INSUFFICIENT_FUNDS' },
    ]);
    expect([valueOf.get('from'), valueOf.get('to')]).toEqual(['emerald:house:15', 'emerald:user:7']);
    const { values } = rejecting(attempt, 2, SETTLED).expression;
    expect(values).toMatchObject({ ':tries': 2, ':one': 1, ':fingerprint': 'f', ':rejected': 'REJECTED' });
  });

  it('holds where nothing has been settled', () => {
    const { expression } = rejecting(attempt, 1, SETTLED);
    expect(expression.condition).toBe(
      'attribute_not_exists(pk) OR (#status = :rejected AND fingerprint = :fingerprint)',
    );
    expect(expression.names).toMatchObject({ '#status': 'status', '#version': 'version' });
  });
});

it.each([
  [0, 'TX#URS#tx'],
  [1, 'ACCT#emerald:user:7'],
  [2, 'ACCT#emerald:house:15#03'],
])('the item %d that DynamoDB cannot write is named: %s', (at, row) => {
  expect(unwritable(attempt, at)).toMatchObject({
    code: 'INTERNAL',
    message: `The ledger's row ${row} cannot be read: (types).`,
  });
});

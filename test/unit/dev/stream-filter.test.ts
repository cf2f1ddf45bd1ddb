import { expect, test } from 'vitest';
import { matches } from '../../../dev/stores/stream-filter.ts';
import type { Pattern } from '../../../dev/stores/stream-filter.ts';

const record = {
  eventName: 'INSERT',
  dynamodb: { NewImage: { status: { S: 'PENDING' }, pk: { S: 'transfer#7' } } },
};

test.each<[boolean, Pattern]>([
  [true, {}],
  [true, { eventName: ['INSERT', 'MODIFY'] }],
  [false, { eventName: ['REMOVE'] }],
  [true, { eventName: ['INSERT'], dynamodb: { NewImage: { status: { S: ['PENDING'] } } } }],
  [false, { eventName: ['MODIFY'], dynamodb: { NewImage: { status: { S: ['PENDING'] } } } }],
  [false, { dynamodb: { OldImage: { status: { S: ['PENDING'] } } } }],
  [true, { dynamodb: { NewImage: { pk: { S: [{ prefix: 'transfer#' }] } } } }],
  [false, { dynamodb: { NewImage: { pk: { S: [{ prefix: 'account#' }] } } } }],
  [true, { dynamodb: { OldImage: [{ exists: false }] } }],
  [false, { dynamodb: { NewImage: [{ exists: false }] } }],
  [true, { eventName: [{ 'anything-but': ['REMOVE'] }] }],
  [false, { eventName: [{ 'anything-but': ['INSERT'] }] }],
])('%s: %j', (expected, pattern) => {
  expect(matches(pattern, record)).toBe(expected);
});

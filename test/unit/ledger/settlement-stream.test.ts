import { expect, it } from 'vitest';
import { becamePending } from '../../../lib/ledger/settlement/stream.ts';

const change = (before: string | undefined, after: string | undefined) => ({
  sequenceNumber: '1',
  before: before === undefined ? undefined : { status: before },
  after: after === undefined ? undefined : { status: after },
});

it.each([
  [undefined, 'PENDING', true],
  ['REJECTED', 'PENDING', true],
  ['DEAD', 'PENDING', true],
  ['PENDING', 'PENDING', false],
  ['PENDING', 'SETTLED', false],
  [undefined, 'SETTLED', false],
  ['PENDING', undefined, false],
])('%s, then %s: became pending is %s', (before, after, expected) => {
  expect(becamePending(change(before, after))).toBe(expected);
});

import { describe, expect, it } from 'vitest';
import {
  MAX_BODY_BYTES,
  answerOf,
  claimed,
  completed,
  mayClaim,
  mayFinish,
  mayRelease,
  parseRecord,
  recordKey,
  unresolved,
} from '../../../../lib/calls/idempotency/claim-state.ts';
import type { ClaimRecord } from '../../../../lib/calls/idempotency/claim-state.ts';

const NOW = Date.parse('2026-11-21T04:00:00.250Z');
const DAY_SECONDS = 86_400;
const attempt = { pk: 'k', owner: 'o', fingerprint: 'f' };
const answer = (body: Buffer, headers: Record<string, string> = {}) => ({ status: 200, headers, body });

/** As it is read back: the record of this item at this time. */
const readBack = (item: Record<string, unknown>, now = NOW) => parseRecord(item, now) as ClaimRecord;
const answerKept = (item: Record<string, unknown>) =>
  answerOf(readBack(item) as ClaimRecord & { state: 'completed' });

describe('the key of a record', () => {
  it('is another for another caller or service, and for another key of the same', () => {
    const keys = [recordKey('a|b', 'c'), recordKey('a', 'b|c'), recordKey('a|b', 'd'), recordKey('', 'a|bc')];
    expect(new Set(keys).size).toBe(4);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(recordKey('a|b', 'c')).toBe(keys[0]);
  });
});

describe('a record', () => {
  it('of a claim says whose it is, what was asked for, and when it ends', () => {
    const item = claimed(attempt, NOW, NOW + 5_000);
    expect(item).toEqual({
      ...attempt,
      state: 'claimed',
      claimedAt: NOW,
      claimExpiresAt: NOW + 5_000,
      // DynamoDB deletes by whole seconds: never before the 24 hours are over.
      expiresAt: Math.ceil(NOW / 1_000) + DAY_SECONDS,
    });
    expect(readBack(item)).toMatchObject({
      state: 'claimed',
      owner: 'o',
      fingerprint: 'f',
      claimExpiresAt: NOW + 5_000,
    });
  });

  it('of work that broke is kept for 24 hours', () => {
    const item = unresolved(attempt, NOW);
    expect(item).toEqual({
      ...attempt,
      state: 'unresolved',
      expiresAt: Math.ceil(NOW / 1_000) + DAY_SECONDS,
    });
    expect(readBack(item).state).toBe('unresolved');
  });

  it('of an answer says when it was complete, and is kept for 24 hours', () => {
    expect(completed(attempt, answer(Buffer.from('x')), NOW)).toMatchObject({
      ...attempt,
      state: 'completed',
      completedAt: NOW,
      expiresAt: Math.ceil(NOW / 1_000) + DAY_SECONDS,
    });
  });

  it('that is past its time counts as none, to the second', () => {
    const item = { ...unresolved(attempt, NOW), expiresAt: 1_800_000_000 };
    expect(parseRecord(item, 1_800_000_000_000 - 1)).toMatchObject({ state: 'unresolved' });
    expect(parseRecord(item, 1_800_000_000_000)).toBeUndefined();
    expect(parseRecord(item, 1_800_000_000_001)).toBeUndefined();
    expect(parseRecord(undefined, NOW)).toBeUndefined();
  });

  it.each([
    ['state', 'molten'],
    ['owner', undefined],
    ['fingerprint', 7],
    ['expiresAt', 'tomorrow'],
    ['claimExpiresAt', undefined],
  ])('that lacks a right %s cannot be read', (field, value) => {
    expect(parseRecord({ ...claimed(attempt, NOW, NOW), [field]: value }, NOW)).toBe('unreadable');
  });

  it.each([
    ['status', undefined],
    ['headers', { length: 1 }],
    ['headers', undefined],
    ['bodyBytes', undefined],
    ['body', 'text'],
  ])('of an answer that lacks a right %s cannot be read', (field, value) => {
    const item = completed(attempt, answer(Buffer.from('x')), NOW);
    expect(parseRecord({ ...item, [field]: value }, NOW)).toBe('unreadable');
  });
});

describe('an answer', () => {
  it.each([1, MAX_BODY_BYTES])('of %d bytes is kept byte for byte', (length) => {
    const whole = answer(Buffer.alloc(length, 255), { 'content-type': 'image/png' });
    expect(answerKept(completed(attempt, whole, NOW))).toEqual(whole);
  });

  it('of no bytes is kept without an attribute for them: DynamoDB has no need of it', () => {
    const item = completed(attempt, answer(Buffer.alloc(0), { a: 'b' }), NOW);
    expect(item).toMatchObject({ bodyBytes: 0, body: undefined });
    expect(answerKept(item)).toEqual(answer(Buffer.alloc(0), { a: 'b' }));
  });

  it('with a body over the limit keeps its length alone', () => {
    const item = completed(attempt, answer(Buffer.alloc(MAX_BODY_BYTES + 1), { a: 'b' }), NOW);
    expect(item).toMatchObject({ status: 200, headers: {}, bodyBytes: MAX_BODY_BYTES + 1, body: undefined });
    expect(answerKept(item)).toBeUndefined();
  });

  it('with headers over the limit is not kept either, even without a body', () => {
    // {"a":"…"}: eight characters around the value.
    const headers = (length: number) => ({ a: 'x'.repeat(length - 8) });
    const most = completed(attempt, answer(Buffer.from('body'), headers(65_536)), NOW);
    expect(answerKept(most)).toEqual(answer(Buffer.from('body'), headers(65_536)));

    for (const body of ['', 'body']) {
      const item = completed(attempt, answer(Buffer.from(body), headers(65_537)), NOW);
      expect(item).toMatchObject({ headers: {}, bodyBytes: Math.max(1, body.length), body: undefined });
      expect(answerKept(item)).toBeUndefined();
    }
  });

  it('whose stored body is of another length than it was is not given out', () => {
    const item = completed(attempt, answer(Buffer.from('body')), NOW);
    expect(answerKept({ ...item, body: Buffer.from('bod') })).toBeUndefined();
    expect(answerKept({ ...item, body: undefined })).toBeUndefined();
  });
});

describe('the conditions of transitions', () => {
  it('name every placeholder that they use, and give every value', () => {
    for (const { condition = '', names = {}, values = {} } of [
      mayClaim(attempt, NOW),
      mayRelease(attempt),
      mayFinish(attempt),
    ]) {
      expect(new Set(condition.match(/[#:]\w+/g))).toEqual(
        new Set([...Object.keys(names), ...Object.keys(values)]),
      );
    }
  });

  it('compare with the time of the attempt, its owner and what it asks for', () => {
    expect(mayClaim(attempt, NOW).values).toEqual({
      // Whole seconds, and not the next one: an item counts as gone no sooner than it is.
      ':seconds': Math.floor(NOW / 1_000),
      ':now': NOW,
      ':claimed': 'claimed',
      ':fingerprint': 'f',
    });
    expect(mayRelease(attempt)).toMatchObject({
      names: { '#owner': 'owner', '#state': 'state' },
      values: { ':owner': 'o', ':claimed': 'claimed' },
    });
    expect(mayFinish(attempt)).toMatchObject({ values: mayRelease(attempt).values });
  });
});

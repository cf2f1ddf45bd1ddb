import { describe, expect, it } from 'vitest';
import { superiorsOf } from '../../../lib/referrals/superiors.ts';
import { parseExact } from '../../../lib/text/json/exact.ts';

describe('a list of superiors', () => {
  it.each([
    ['[3,2,1]', [3, 2, 1]],
    ['["3","2"]', [3, 2]],
    ['[3,0,0]', [3]],
    ['[3,null,""]', [3]],
    ['["0"]', []],
    ['[]', []],
    ['null', []],
  ])('%s', (text, superiors) => {
    expect(superiorsOf(9, parseExact(text))).toEqual(superiors);
    expect(superiorsOf(9, JSON.parse(text))).toEqual(superiors);
  });

  it('absent is empty', () => {
    expect(superiorsOf(9, undefined)).toEqual([]);
  });

  it.each([
    ['[4,3,2,1]', 'superiors', 'must hold at most three user ids'],
    ['"3"', 'superiors', 'must be a list of at most three user ids'],
    ['{"0":3}', 'superiors', 'must be a list of at most three user ids'],
    ['3', 'superiors', 'must be a list of at most three user ids'],
    ['[3,0,1]', 'superiors.2', 'follows an empty level'],
    ['[3,9]', 'superiors.1', 'is the user whose superiors these are'],
    ['[3,3]', 'superiors.1', 'is a duplicate'],
    ['[1.5]', 'superiors.0', 'must be a positive integer below 2^53'],
    ['["03"]', 'superiors.0', 'must be a positive integer below 2^53'],
    ['[9007199254740993]', 'superiors.0', 'must be a positive integer below 2^53'],
  ])('refuses %s', (text, field, message) => {
    expect(() => superiorsOf(9, parseExact(text))).toThrow(
      expect.objectContaining({ code: 'VALIDATION_FAILED', fields: [{ field, message }] }),
    );
  });
});

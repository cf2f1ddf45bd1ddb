import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactNumber, parseExact } from '../../../lib/text/json/exact.ts';
import { deepEqual, valueAt } from '../../../lib/text/json/value.ts';

describe('JSON pointers', () => {
  // RFC 6901, section 5
  const document = {
    foo: ['bar', 'baz'],
    '': 0,
    'a/b': 1,
    'c%d': 2,
    'e^f': 3,
    'g|h': 4,
    'i\\j': 5,
    'k"l': 6,
    ' ': 7,
    'm~n': 8,
  };
  it.each<[string, unknown]>([
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
    ['/foo/-', undefined],
    ['/foo/01', undefined],
    ['/foo/length', undefined],
    ['/constructor', undefined],
    ['foo', undefined],
  ])('%j', (pointer, expected) => {
    expect(valueAt(document, pointer)).toEqual(expected);
  });

  it('looks into no number: its digits are no member of it', () => {
    const exact = parseExact('{"amount":1.50}');
    expect(valueAt(exact, '/amount')).toBeInstanceOf(ExactNumber);
    expect(valueAt(exact, '/amount/source')).toBeUndefined();
  });

  it('finds every member of any document', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        for (const [key, value] of Object.entries(object)) {
          const token = key.replaceAll('~', '~0').replaceAll('/', '~1');
          expect(valueAt(object, `/${token}`)).toBe(value);
        }
      }),
    );
  });
});

describe('equality of JSON values', () => {
  it('does not see the order of keys, nor anything JSON does not', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const copy = JSON.parse(JSON.stringify(value)) as unknown;
        expect(deepEqual(JSON.parse(JSON.stringify(value)), copy)).toBe(true);
      }),
    );
    expect(deepEqual({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
    expect(deepEqual(0, -0)).toBe(true);
    expect(deepEqual(JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}'))).toBe(true);
  });

  it.each<[unknown, unknown]>([
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: undefined }, { b: undefined }],
    [
      [1, 2],
      [2, 1],
    ],
    [[], {}],
    [null, {}],
    [0, '0'],
    [0, false],
    [JSON.parse('{"__proto__":1}'), {}],
  ])('tells %j from %j', (a, b) => {
    expect(deepEqual(a, b)).toBe(false);
    expect(deepEqual(b, a)).toBe(false);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactNumber, JsonSyntaxError, parseExact, textAt } from '../../../lib/text/json/exact.ts';
import type { ExactJson } from '../../../lib/text/json/exact.ts';

const CORPUS = new URL('../../../../shared/corpora/json-parsing.json', import.meta.url);
const haveCorpus = existsSync(CORPUS);
if (!haveCorpus) console.log('json-parsing.json is not here: its 317 cases are skipped.');

interface Case {
  name: string;
  expect: 'accept' | 'reject' | 'either';
  bytesBase64: string;
}

/** As a request's body is read: bytes that are not UTF-8 never reach the parser; a BOM does. */
function read(bytes: Buffer): ExactJson {
  return parseExact(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
}

/** The document with doubles for numbers: what JSON.parse makes of it. */
function doubles(value: ExactJson): unknown {
  if (value instanceof ExactNumber) return Number(value.source);
  if (Array.isArray(value)) return value.map(doubles);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, doubles(member)]));
}

describe.skipIf(!haveCorpus)('JSONTestSuite', () => {
  const cases = haveCorpus ? (JSON.parse(readFileSync(CORPUS, 'utf8')) as Case[]) : [];
  const named = (prefix: string) => cases.filter(({ name }) => name.startsWith(prefix));
  const bytesOf = (test: Case) => Buffer.from(test.bytesBase64, 'base64');

  it.each(named('y_'))('accepts $name', (test) => {
    expect(doubles(read(bytesOf(test)))).toEqual(JSON.parse(bytesOf(test).toString('utf8')));
  });

  it.each(named('n_'))('refuses $name', (test) => expect(accepts(read, bytesOf(test))).toBe(false));

  it.each(named('i_'))('accepts or refuses $name, in a way a caller can tell', (test) => {
    const outcome = attempt(() => read(bytesOf(test)));
    expect(outcome).toSatisfy(
      (o) => !(o instanceof Error) || o instanceof SyntaxError || o instanceof TypeError,
    );
  });
});

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

describe('parseExact', () => {
  it('E13 keeps every digit', () => {
    const sources =
      '[10.0,1.0e-10,-0,0,-1,1e999,9007199254740993,123456789012345678.0123456789,1000000000000000000]';
    const numbers = parseExact(sources) as ExactNumber[];
    expect(`[${numbers.map((n) => n.source).join(',')}]`).toBe(sources);
    expect(JSON.stringify(numbers)).toBe(sources);
  });

  it.each(['NaN', '[NaN]', '01', '1.', '.5', '+1', '1e', '-', '０.１', '0x10', 'Infinity', '1_000', '', ' '])(
    'E13 refuses %j',
    (text) => expect(() => parseExact(text)).toThrow(JsonSyntaxError),
  );

  it('E12 refuses 100,000-deep nesting, closed or not', () => {
    expect(() => parseExact('['.repeat(100_000))).toThrow(/Nested deeper than 512/);
    expect(() => parseExact('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000))).toThrow(/Nested deeper/);
    expect(() => parseExact('['.repeat(512) + ']'.repeat(512))).not.toThrow();
  });

  it('E12 keeps __proto__ and constructor inert', () => {
    const value = parseExact('{"__proto__":{"admin":true},"constructor":{"prototype":1},"a":1}') as Record<
      string,
      ExactJson
    >;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor', 'a']);
    expect('admin' in value).toBe(false);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"admin":true},"constructor":{"prototype":1},"a":1}');
  });

  it('E12 reads an object of a million keys', () => {
    const text = `{${Array.from({ length: 1_000_000 }, (_, i) => `"k${i}":${i}`).join(',')}}`;
    const value = parseExact(text) as Record<string, ExactNumber>;
    expect(value['k999999']?.source).toBe('999999');
  });

  it.each([
    '"\\ud800"',
    '"\\udc00"',
    '"\\ud800x"',
    '"\ud800"',
    '\ufeff{}',
    '"a\u0000b"',
    '"\n"',
    '"\\x"',
    '"\\',
  ])('E14 refuses %j as PHP does', (text) => expect(() => parseExact(text)).toThrow(JsonSyntaxError));

  it('E14 reads pairs, U+2028 and an escaped NUL', () => {
    expect(parseExact('"\\ud83d\\ude00\u2028\\u0000"')).toBe('\u{1f600}\u2028\u0000');
  });

  it('takes the last of a repeated key', () => {
    expect(JSON.stringify(parseExact('{"a":1,"b":2,"a":3.0}'))).toBe('{"a":3.0,"b":2}');
  });

  it('knows a repeated key from one that only looks like it', () => {
    // Keys of one length and with the same ends, escaped and not, again and again.
    const keys = ['axb', 'ayb', 'a\\\\b', 'a\\b', 'a\\nb', 'a\\u000ab', '', 'a', '工单', '工b单'];
    const text = `[${keys.map((_, i) => `{${keys.map((key, k) => `"${key}":${i + k}`).join(',')}}`).join(',')}]`;
    expect(doubles(parseExact(text))).toEqual(JSON.parse(text));
  });

  it('says where, never what', () => {
    expect(() => parseExact('{"password":"hunter2" x}')).toThrow(/^Neither "," nor "}" at position 22\.$/);
  });

  it('agrees with JSON.parse on structure, and with itself after JSON.stringify', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        // A document of PHP's: well-formed.
        fc.pre(text.isWellFormed() && !/\\ud[89a-f]/i.test(text));
        const value = parseExact(text);
        expect(doubles(value)).toEqual(JSON.parse(text));
        expect(parseExact(JSON.stringify(value))).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('finds a raw control character in strings of any length, wherever it stands', () => {
    const plain = fc.string({ maxLength: 120 }).map((text) => text.replaceAll(/["\\]/g, 'x'));
    const lists = fc.array(plain, { minLength: 1, maxLength: 6 });
    const written = (strings: string[]) => `[${strings.map((text) => `"${text}"`).join(',\n')}]`;
    fc.assert(
      fc.property(lists, fc.nat(), fc.integer({ min: 0, max: 31 }), (strings, at, code) => {
        expect(parseExact(written(strings))).toEqual(strings);
        const which = at % strings.length;
        const text = strings[which]!;
        const cut = at % (text.length + 1);
        const spoilt = text.slice(0, cut) + String.fromCharCode(code) + text.slice(cut);
        expect(() => parseExact(written(strings.with(which, spoilt)))).toThrow(JsonSyntaxError);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives any number back as it came', () => {
    const digits = fc.stringMatching(/^(?:0|-?[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,4})?$/);
    fc.assert(
      fc.property(fc.array(digits), (all) => {
        const text = `[${all.join(',')}]`;
        expect(JSON.stringify(parseExact(text))).toBe(text);
      }),
    );
  });

  it('refuses or reads any text exactly when JSON.parse does', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '\\',
      '1',
      '-',
      '.',
      'e',
      'true',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        expect(accepts(parseExact, text)).toBe(accepts((t: string) => JSON.parse(t) as unknown, text));
      }),
      { numRuns: 2_000 },
    );
  });
});

function accepts<T>(parse: (input: T) => unknown, input: T): boolean {
  return !(attempt(() => parse(input)) instanceof Error);
}

describe('ExactNumber', () => {
  it('is written as it came, and nothing else can be smuggled in', () => {
    expect(JSON.stringify({ a: new ExactNumber('1.10') })).toBe('{"a":1.10}');
    expect(() => JSON.stringify(new ExactNumber('1,"admin":true'))).toThrow(SyntaxError);
  });
});

describe('textAt', () => {
  const text =
    ' {"data" : {"id": 9007199254740993123, "a/b": [1, {"~": "}\\"]"}, 1.50 ], "": null}, "data2":0} ';

  it.each([
    ['', text.trim()],
    ['/data/id', '9007199254740993123'],
    ['/data/a~1b/1', '{"~": "}\\"]"}'],
    ['/data/a~1b/1/~0', '"}\\"]"'],
    ['/data/a~1b/2', '1.50'],
    ['/data/', 'null'],
    ['/data2', '0'],
  ])('finds %j', (pointer, expected) => expect(textAt(text, pointer)).toBe(expected));

  it.each([
    '/nope',
    '/data/id/x',
    '/data/a~1b/3',
    '/data/a~1b/01',
    '/data/a~1b/-',
    '/__proto__',
    '/data/length',
  ])('finds nothing at %j', (pointer) => expect(textAt(text, pointer)).toBeUndefined());

  it('reads escaped keys, the last of repeated ones, empty containers', () => {
    expect(textAt('{"\\u0061":1,"a":2}', '/a')).toBe('2');
    expect(textAt('{"a":[],"b":{}}', '/a/0')).toBeUndefined();
    expect(textAt('{"a":[],"b":{}}', '/b')).toBe('{}');
    expect(textAt('{"a":{"c":1},"a":{}}', '/a/c')).toBeUndefined();
  });

  it('takes depth without recursion, and refuses what is not JSON', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(textAt(`{"a":${deep}}`, '/a')).toBe(deep);
    expect(() => textAt('{"a":1', '/a')).toThrow(JsonSyntaxError);
    expect(() => textAt('{}', 'a')).toThrow(JsonSyntaxError);
  });

  it('agrees with JSON.parse wherever it points', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.integer({ min: 0, max: 2 }), (value, indent) => {
        const source = JSON.stringify(value, null, indent);
        for (const [pointer, expected] of pointersOf(value)) {
          expect(JSON.parse(textAt(source, pointer) ?? '"?"')).toEqual(JSON.parse(JSON.stringify(expected)));
        }
      }),
    );
  });
});

function pointersOf(value: unknown, base = ''): [string, unknown][] {
  if (value === null || typeof value !== 'object') return [[base, value]];
  const members = Object.entries(value).flatMap(([key, member]) =>
    pointersOf(member, `${base}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
  return [[base, value], ...members];
}

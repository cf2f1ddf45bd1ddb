import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../../lib/definition/predicate/answer.ts';
import { isPattern } from '../../../lib/text/pattern.ts';
import { holds } from '../../../lib/definition/predicate/predicate.ts';
import type { Predicate } from '../../../lib/definition/predicate/schema.ts';

const answer = (
  over: { status?: number; headers?: Record<string, string>; setCookies?: string[]; body?: string } = {},
) =>
  readAnswer({
    status: over.status ?? 200,
    headers: over.headers ?? {},
    setCookies: over.setCookies ?? [],
    body: Buffer.from(over.body ?? ''),
  });

describe('predicates', () => {
  it.each<[Predicate, boolean]>([
    [{ status: 200 }, true],
    [{ status: [301, 200] }, true],
    [{ status: 302 }, false],
    [{ text: { includes: '登录超时' } }, true],
    [{ text: { matches: '登录.{0,2}时' } }, true],
    [{ text: { includes: '登录', matches: '^nothing$' } }, false],
    [{ location: { includes: 'main.php' } }, true],
    [{ location: { matches: '^/?main\\.php$' } }, true],
    [{ json: { pointer: '/code', equals: 0 } }, true],
    [{ json: { pointer: '/code', equals: '0' } }, false],
    [{ json: { pointer: '/data/list/1', equals: { b: [1], a: null } } }, true],
    [{ json: { pointer: '/nothing', equals: null } }, false],
    [{ json: { pointer: '/__proto__', equals: {} } }, false],
    [{ json: { pointer: '', equals: 1 } }, false],
    [{ cookie: 'sid' }, true],
    [{ cookie: 'other' }, false],
    [{ not: { status: 200 } }, false],
    [{ status: 200, not: { text: { includes: 'nothing' } } }, true],
    [{ any: [{ status: 401 }, { text: { includes: '登录' } }] }, true],
    [{ all: [{ status: 200 }, { text: { includes: 'nothing' } }] }, false],
    [{ status: 200, location: { includes: 'x' } }, false],
  ])('%j is %s', (predicate, expected) => {
    const one = answer({
      headers: { location: 'main.php' },
      setCookies: ['sid=1; Path=/'],
      body: '{"code":0,"message":"登录超时","data":{"list":[0,{"a":null,"b":[1]}]}}',
    });
    expect(holds(predicate, one)).toBe(expected);
  });

  it('knows a missing Location, a cookie that is taken away, and cookies the caller knows', () => {
    expect(holds({ location: { includes: '' } }, answer())).toBe(false);
    expect(holds({ cookie: 'sid' }, answer({ setCookies: ['sid=; Path=/'] }))).toBe(false);
    expect(holds({ cookie: 'sid' }, answer({ setCookies: ['sid=x; Max-Age=0'] }))).toBe(false);
    expect(holds({ cookie: 'sid' }, answer(), (name) => name === 'sid')).toBe(true);
  });

  it('accepts RE2 syntax only', () => {
    expect(isPattern('^(?i)login[\\p{Han}]+$')).toBe(true);
    for (const pattern of ['(a)\\1', '(?=a)', '(?<!a)b', '(', '[']) expect(isPattern(pattern)).toBe(false);
  });

  it('matches in linear time what makes a backtracking engine hang', () => {
    const hostile = answer({ body: `${'a'.repeat(50_000)}!` });
    expect(holds({ text: { matches: '^(a+)+$' } }, hostile)).toBe(false);
    expect(holds({ text: { matches: '(x+x+)+y' } }, answer({ body: 'x'.repeat(50_000) }))).toBe(false);
  });
});

describe('properties', () => {
  const predicate = fc.letrec<{ any: Predicate }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.record({ status: fc.constantFrom(200, 302, 401) }),
      fc.record({ text: fc.record({ includes: fc.constantFrom('a', 'b', '登录') }) }),
      fc.record({ not: tie('any') }),
      fc.record({ any: fc.array(tie('any'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ all: fc.array(tie('any'), { minLength: 1, maxLength: 3 }) }),
    ),
  })).any;
  const answers = fc
    .record({ status: fc.constantFrom(200, 302, 401), body: fc.constantFrom('', 'a', 'ab', '登录') })
    .map(answer);

  it('not negates, all is and, any is or', () => {
    fc.assert(
      fc.property(predicate, predicate, answers, (p, q, a) => {
        expect(holds({ not: p }, a)).toBe(!holds(p, a));
        expect(holds({ all: [p, q] }, a)).toBe(holds(p, a) && holds(q, a));
        expect(holds({ any: [p, q] }, a)).toBe(holds(p, a) || holds(q, a));
        expect(holds({ not: { any: [p, q] } }, a)).toBe(holds({ all: [{ not: p }, { not: q }] }, a));
      }),
    );
  });
});

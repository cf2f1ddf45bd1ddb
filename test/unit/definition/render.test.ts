import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGatewayError } from '../../../lib/runtime/errors.ts';
import { ExactNumber } from '../../../lib/text/json/exact.ts';
import {
  checkTemplate,
  missingNames,
  placeholders,
  renderText,
  renderValue,
} from '../../../lib/definition/template/render.ts';
import type { Escape } from '../../../lib/definition/template/render.ts';
import { momentOf } from '../../../lib/definition/template/scope.ts';
import type { TemplateScope } from '../../../lib/definition/template/scope.ts';
import { naughtyStrings } from '../../corpora.ts';

const params = (x: unknown): TemplateScope => ({ params: { x } });

function failure(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (isGatewayError(error))
      return { code: error.code, field: error.fields?.[0]?.field, message: error.message };
    throw error;
  }
  throw new Error('did not fail');
}

describe('placeholders', () => {
  it('reads every root, nested and flat', () => {
    const scope: TemplateScope = {
      params: { a: { b: ['zero', 'one'] } },
      settings: { ecologyId: 7 },
      credentials: { userNo: '0012' },
      cookie: { 'ASP.NET_SessionId': 'abc' },
      captcha: { text: 'X7k2' },
      page: { csrf: 't' },
      now: momentOf(1_767_225_600_000),
    };
    const template =
      '{{params.a.b.1}}|{{ settings.ecologyId }}|{{credentials.userNo}}|{{cookie.ASP.NET_SessionId}}|{{captcha.text}}|{{page.csrf}}|{{now.ms}}';
    expect(renderText(template, scope, 'none')).toBe('one|7|0012|abc|X7k2|t|1767225600000');
    expect(placeholders(template)).toHaveLength(7);
    expect(missingNames(template, { ...scope, page: {} })).toEqual(['page.csrf']);
  });

  it('names a missing value, by whose fault it is', () => {
    expect(failure(() => renderText('{{params.userId}}', {}, 'none'))).toMatchObject({
      code: 'VALIDATION_FAILED',
      field: 'params.userId',
    });
    const credentials = failure(() => renderText('{{credentials.userNo}}', { credentials: {} }, 'form'));
    expect(credentials.code).toBe('CONFIGURATION_ERROR');
    expect(credentials.message).toContain('{{credentials.userNo}}');
  });

  it.each(['__proto__', 'constructor', 'toString', 'a.__proto__', 'a.length.constructor', '0'])(
    'E12: finds nothing that is not the value’s own: params.%s',
    (path) => {
      expect(failure(() => renderValue(`{{params.${path}}}`, { params: { a: {} } })).code).toBe(
        'VALIDATION_FAILED',
      );
    },
  );

  it('keeps the type of a sole placeholder in a JSON body', () => {
    expect(renderValue('{{params.x}}', params({ a: [1, null] }))).toEqual({ a: [1, null] });
    expect(renderValue('{{params.x}}', params(null))).toBeNull();
    expect(renderValue('{{params.x}}', params(5))).toBe(5);
    expect(renderValue('n-{{params.x}}', params(5))).toBe('n-5');
    expect(renderText('{{params.x}}', params(new ExactNumber('1234567890123456789')), 'path')).toBe(
      '1234567890123456789',
    );
  });

  it.each([
    ['{{parms.x}}', 'unknown name'],
    ['{{params}}', 'must be followed by a name'],
    ['{{params.}}', 'must be followed by a name'],
    ['{{params..x}}', 'must be followed by a name'],
    ['a {{params.x', 'never closed'],
    ['{{captcha.image}}', 'only {{captcha.text}}'],
    ['{{now.seconds}}', 'only {{now.ms}}'],
    ['{{}}', 'must begin with a name'],
    ['{{constructor.name}}', 'unknown name'],
  ])('refuses %s', (template, why) => {
    expect(checkTemplate(template)).toContain(why);
  });

  it('lets braces that are no placeholders be', () => {
    expect(checkTemplate('{"a":{"b":"{{params.x}}"}}')).toBeUndefined();
    expect(renderText('{"a":{"b":"{{params.x}}"}}', params('"}'), 'json')).toBe('{"a":{"b":"\\"}"}}');
  });
});

describe('escapes', () => {
  it.each<[Escape, string, string]>([
    ['path', 'a/b?c#d%', 'a%2Fb%3Fc%23d%25'],
    ['query', 'a&b=c d', 'a%26b%3Dc%20d'],
    ['form', "a b+c'~", 'a+b%2Bc%27%7E'],
    ['json', '"\n\\', '\\"\\n\\\\'],
    ['header', 'plain\ttext', 'plain\ttext'],
  ])('%s: %j', (escape, value, expected) => {
    expect(renderText('{{params.x}}', params(value), escape)).toBe(expected);
  });

  it('escapes what stands after a "?" in a path as a query', () => {
    expect(renderText('/a/{{params.x}}?q={{params.x}}', params('b..'), 'path')).toBe('/a/b..?q=b..');
    expect(renderText('/a?q={{params.x}}', params('..'), 'path')).toBe('/a?q=..');
  });

  it.each(['.', '..', '', '../admin', 'a/../../b', '..\\x', '%2e%2e', '%252e%252e', 'x/..', '．．/x'])(
    'P1: a path value cannot climb: %j',
    (value) => {
      expect(failure(() => renderText('/api/{{params.x}}', params(value), 'path'))).toMatchObject({
        code: 'VALIDATION_FAILED',
        field: 'params.x',
      });
    },
  );

  it('P1: two values, or a value and the template, cannot climb together', () => {
    const scope = { params: { a: '.', b: '.' } };
    expect(failure(() => renderText('/x/{{params.a}}{{params.b}}/y', scope, 'path')).code).toBe(
      'VALIDATION_FAILED',
    );
    expect(failure(() => renderText('/x/.{{params.a}}', scope, 'path')).code).toBe('VALIDATION_FAILED');
    expect(renderText('/x/v{{params.a}}1', scope, 'path')).toBe('/x/v.1');
  });

  it.each(['a\r\nX-Evil: 1', 'a\nb', 'a\0b', '密码', '\u007f'])(
    'P9: a header value is refused: %j',
    (value) => {
      expect(failure(() => renderText('{{params.x}}', params(value), 'header')).code).toBe(
        'VALIDATION_FAILED',
      );
      const { message } = failure(() => renderText('{{cookie.c}}', { cookie: { c: value } }, 'header'));
      expect(message).not.toContain(value);
    },
  );

  it('refuses lone surrogates and objects where they cannot stand', () => {
    expect(failure(() => renderText('{{params.x}}', params('\ud800'), 'query')).code).toBe(
      'VALIDATION_FAILED',
    );
    expect(failure(() => renderText('/{{params.x}}', params({}), 'path')).code).toBe('VALIDATION_FAILED');
  });
});

describe('properties', () => {
  it('P1: whatever the value, a path keeps its segments and its origin', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('..', './', '//', '\\', '%')),
        (value) => {
          const path = attempt(() => renderText('/api/{{params.x}}/end', params(value), 'path'));
          if (path === undefined) return;
          const url = new URL(path, 'https://platform.example.com');
          expect([url.origin, url.search]).toEqual(['https://platform.example.com', '']);
          const [root, api, segment, end, ...more] = url.pathname.split('/');
          expect([root, api, end, more]).toEqual(['', 'api', 'end', []]);
          expect(decodeURIComponent(segment!)).toBe(value);
        },
      ),
    );
  });

  it('a form survives the round trip', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const form = new URLSearchParams(`a=${renderText('{{params.x}}', params(value), 'form')}&b=1`);
        expect([...form]).toEqual([
          ['a', value],
          ['b', '1'],
        ]);
      }),
    );
  });

  it('a JSON text survives the round trip', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = renderText('{"a":"{{params.x}}"}', params(value), 'json');
        expect(JSON.parse(text)).toEqual({ a: value });
      }),
    );
  });
});

describe.skipIf(naughtyStrings.length === 0)('A6: naughty strings (skipped without the corpus)', () => {
  /** What is not refused. */
  const accepted = (template: string, escape: Escape) =>
    naughtyStrings.flatMap((value) => {
      const text = attempt(() => renderText(template, params(value), escape));
      return text === undefined ? [] : [{ value, text }];
    });

  it('land whole in a form, a JSON text, plain text', () => {
    for (const { value, text } of accepted('a={{params.x}}', 'form')) {
      expect(new URLSearchParams(text).get('a')).toBe(value);
    }
    const json = accepted('["{{params.x}}"]', 'json');
    expect(json).toHaveLength(naughtyStrings.length);
    for (const { value, text } of json) expect(JSON.parse(text)).toEqual([value]);
    for (const { value, text } of accepted('{{params.x}}', 'none')) expect(text).toBe(value);
  });

  it('are refused by a path or a header, or are harmless there', () => {
    for (const { text } of accepted('/a/{{params.x}}', 'path')) {
      expect(new URL(text, 'https://a.example').pathname).toBe(text);
    }
    for (const { value, text } of accepted('{{params.x}}', 'header')) {
      expect(new Headers({ a: text }).get('a')).toBe(value.replace(/^[\t ]+|[\t ]+$/g, ''));
    }
  });
});

/** `undefined`: refused as the caller's fault. Any other failure is one of the test. */
function attempt(run: () => string): string | undefined {
  try {
    return run();
  } catch (error) {
    if (isGatewayError(error, 'VALIDATION_FAILED')) return undefined;
    throw error;
  }
}

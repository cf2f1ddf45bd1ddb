import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGatewayError } from '../../../lib/runtime/errors.ts';
import { safeProxyPath } from '../../../lib/calls/raw-proxy/path.ts';

const anything = ['/*'];

describe('P1 safeProxyPath refuses what could be read as another path', () => {
  it.each([
    '/..',
    '/../etc',
    '/api/../admin',
    '/api/./x',
    '/api/..',
    '/api/%2e%2e/admin',
    '/api/.%2E/admin',
    '/api/%252e%252e/admin',
    '/api/%25252e%25252e/admin',
    '/api/..%2fadmin',
    '/api/..%3f/x',
    '/api/..%23',
    '/api/%2e%2e%253fx',
    '/api/%2e%2e%2fadmin',
    '/api/..%5cadmin',
    '/api/..%255cadmin',
    '/api\\..\\admin',
    '/api%5cadmin',
    '/api/..;/admin',
    '/api/..;x=1/admin',
    '/api/%2e%2e%3b/admin',
    '/api/..%20/admin',
    '/api/.. /admin',
    '/api/.../admin',
    '/api/%c0%ae%c0%ae/admin',
    '/api/..%c0%afadmin',
    '/api/%e0%80%ae%e0%80%ae/admin',
    // The same for what ends a segment (H12)
    '/api/..%c0%bfx',
    '/api/..%e0%80%bfx',
    '/api/..%c0%a3x',
    '/api/..%c0%bbx',
    '/api/..%c1%9cadmin',
    '/api/\uff0e\uff0e/admin',
    '/api/%ef%bc%8e%ef%bc%8e/admin',
    '//evil.example/api',
    '/%2fevil.example/api',
    '/%252fevil.example',
    'api/x',
    '',
    `/${'%25'.repeat(1)}${'25'.repeat(20)}2e`,
    `/${'a'.repeat(9000)}`,
  ])('%j', (path) => {
    expect(() => safeProxyPath(path, anything)).toThrow(
      expect.objectContaining({ code: 'PATH_NOT_ALLOWED' }),
    );
  });
});

describe('P9 safeProxyPath takes no control characters and no broken escapes', () => {
  it.each([
    '/a\0b',
    '/a\rb',
    '/a\nb',
    '/a%00b',
    '/a%0d%0aX: y',
    '/a%250ab',
    '/a\u007f',
    '/a%',
    '/a%zz',
    '/a%u002e',
    '/a\ufffd',
    '/\ud800',
  ])('%j', (path) => {
    expect(() => safeProxyPath(path, anything)).toThrow(
      expect.objectContaining({ code: 'MALFORMED_REQUEST' }),
    );
  });
});

describe('safeProxyPath and allowedPaths', () => {
  it.each([
    ['/api/*', '/api/'],
    ['/api/*', '/api/orders/1'],
    ['/api/*', '/api/a%2Fb'],
    ['/api/*', '/%61pi/x'],
    ['/api/*', '/api/.well-known/x'],
    ['/api/*', '/api/v1..2/file...txt'],
    ['/api/*', '/api/%C4%E3%BA%C3'],
    ['/api/user', '/api/user'],
    ['/users/*/avatar', '/users/17/avatar'],
    ['/files/report-*.pdf', '/files/report-7.pdf'],
    ['/a*b*c/*', '/axxbyyc/rest/of/it'],
    ['/files/a%2fb', '/files/a%2Fb'],
    ['/工单/*', '/%E5%B7%A5%E5%8D%95/1'],
    ['*', '/whatever/it/is'],
    ['/*', '/'],
  ])('%s allows %s and leaves it as it is', (pattern, path) => {
    expect(safeProxyPath(path, [pattern])).toBe(path);
  });

  it.each([
    ['/api/*', '/api'],
    ['/api/*', '/apix/y'],
    ['/api/*', '/API/x'],
    ['/api/*', '/admin/api/x'],
    ['/api/user', '/api/user/1'],
    ['/api/user', '/api/user/'],
    ['/api/user', '/api/users'],
    ['/api/u.er', '/api/user'],
    ['/users/*/avatar', '/users/17/secret/avatar'],
    ['/users/*/avatar', '/users/17%2Fsecret/avatar'],
    ['/users/*/avatar', '/users/17%252Fsecret/avatar'],
    ['/files/report-*.pdf', '/files/report-7/x.pdf'],
    ['/files/a%2Fb', '/files/a/b'],
    ['/files/a/b', '/files/a%2Fb'],
    ['/aba*ba', '/aba'],
  ])('%s does not allow %s', (pattern, path) => {
    expect(() => safeProxyPath(path, [pattern])).toThrow(
      expect.objectContaining({ code: 'PATH_NOT_ALLOWED' }),
    );
  });

  it('allows nothing without a pattern', () => {
    expect(() => safeProxyPath('/', [])).toThrow(expect.objectContaining({ code: 'PATH_NOT_ALLOWED' }));
  });

  it('percent-encodes what API Gateway decoded', () => {
    expect(safeProxyPath('/api/工单 1?#"', ['/api/*'])).toBe('/api/%E5%B7%A5%E5%8D%95%201%3F%23%22');
  });

  it('answers long hostile patterns and paths at once', () => {
    const path = `/${'a'.repeat(8_000)}`;
    expect(() => safeProxyPath(path, [`/${'*a'.repeat(500)}*b`])).toThrow(/not allowed/);
  });
});

describe('P1 properties of safeProxyPath', () => {
  const encoded = (text: string) => fc.constantFrom(text, encodeAll(text), encodeAll(encodeAll(text)));
  const dots = fc.constantFrom('.', '..').chain(encoded);
  const slash = fc.constantFrom('/', '\\').chain(encoded);
  const name = fc.stringMatching(/^[a-z0-9_~-]{0,8}$/);

  it('no dressing of a dot segment passes', () => {
    fc.assert(
      fc.property(name, slash, dots, slash, name, (before, left, segment, right, after) => {
        const path = `/api/${before}${left}${segment}${right}${after}`;
        expect(() => safeProxyPath(path, anything)).toThrow(/path/);
      }),
    );
  });

  it('what passes stays below the prefix however often and however late it is decoded, and is a clean path', () => {
    const piece = fc.oneof(name, fc.string({ unit: 'binary', maxLength: 4 }), dots, slash, fc.constant('%'));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const raw = `/api/${pieces.join('')}`;
        const path = passed(raw);
        fc.pre(path !== undefined);
        expect(path).toMatch(/^\/api\/[\x21-\x7e]*$/);
        for (let reading = path, i = 0; i < 4; i++, reading = decodeAll(reading)) {
          expect(new URL(reading, 'https://platform.example.com').origin).toBe(
            'https://platform.example.com',
          );
          expect(new URL(reading, 'https://platform.example.com').pathname.startsWith('/api/')).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

/** The path as it would go out, `undefined` when it is refused. */
function passed(raw: string): string | undefined {
  try {
    return safeProxyPath(raw, ['/api/*']);
  } catch (error) {
    if (isGatewayError(error, 'PATH_NOT_ALLOWED', 'MALFORMED_REQUEST')) return undefined;
    throw error;
  }
}

function encodeAll(text: string): string {
  return Array.from(text, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
}

function decodeAll(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

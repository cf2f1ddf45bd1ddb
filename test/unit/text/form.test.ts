import * as fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { encodeForm } from '../../../lib/text/form.ts';

describe('a form as a browser writes it', () => {
  it('in GBK: bytes of the charset, percent-encoded', () => {
    expect(encodeForm([['用户', '王 a*b~']], 'gbk')).toBe('%D3%C3%BB%A7=%CD%F5+a*b%7E');
    expect(encodeForm([['n', '镕']], 'gb2312')).toBe('n=%E9F');
  });

  it('writes what the charset lacks as a character reference', () => {
    expect(encodeForm([['n', '😀']], 'gbk')).toBe('n=%26%23128512%3B');
  });

  it('in UTF-8 it is URLSearchParams, line ends apart', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string())), (pairs) => {
        const lines = (text: string) => text.replace(/\r\n|\r|\n/g, '\r\n');
        const expected = new URLSearchParams(pairs.map(([name, value]) => [lines(name), lines(value)]));
        expect(encodeForm(pairs)).toBe(expected.toString());
      }),
    );
  });

  it('a charset nobody knows is UTF-8; a lone surrogate does not throw', () => {
    expect(encodeForm([['n', '王']], 'x-nonsense')).toBe('n=%E7%8E%8B');
    expect(encodeForm([['n', '\ud83d']], 'gbk')).toBe('n=%26%2365533%3B');
  });

  it('every character of GBK comes back as itself', () => {
    const text = iconv.decode(
      Buffer.from(Array.from({ length: 94 }, (_, i) => [0xb0 + (i % 40), 0xa1 + i]).flat()),
      'gbk',
    );
    const bytes = Buffer.from(
      encodeForm([['', text]], 'gbk')
        .slice(1)
        .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
      'latin1',
    );
    expect(iconv.decode(bytes, 'gbk')).toBe(text);
  });
});

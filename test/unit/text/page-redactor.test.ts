import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPageRedactor } from '../../../lib/text/redaction/page-redactor.ts';
import { encodeForm } from '../../../lib/text/form.ts';

describe('the redactor', () => {
  it('hides what it was taught in every spelling', () => {
    const redactor = createPageRedactor('gbk');
    redactor.learn(['密 码&7', '']);
    const text = [
      '密 码&7',
      '%C3%DC+%C2%EB%267',
      '%E5%AF%86%20%E7%A0%81%267',
      '密 码&amp;7',
      '\\u5bc6 \\u7801&7',
    ];
    for (const spelling of text) expect(redactor.redact(`<${spelling}>`)).toBe('<***>');
  });

  it('hides tokens it was not taught, and leaves people their words', () => {
    const redactor = createPageRedactor();
    expect(redactor.redact('{"access_token":"ab","msg":"密码：错误，请重试"}')).toBe(
      '{"access_token":"***","msg":"密码：错误，请重试"}',
    );
    expect(redactor.redact('<input type=hidden name=x value=abc>')).toBe(
      '<input type=hidden name=x value=***>',
    );
    expect(redactor.redact('id 0123456789abcdef01234567 end')).toBe('id *** end');
    expect(redactor.redact("alert('验证码错误');")).toBe("alert('验证码错误');");
  });

  it('never shows half of a secret where it cuts', () => {
    const redactor = createPageRedactor();
    const secret = 'correct-horse-battery';
    redactor.learn([secret]);
    for (let pad = 0; pad < 30; pad += 1) {
      expect(redactor.redact(`${'.'.repeat(16_360 + pad)}${secret} and more`)).not.toContain('corr');
      expect(redactor.redact(`${'.'.repeat(80 + pad)}${secret}`, 100)).not.toContain('corr');
    }
  });

  it.each([
    'x'.repeat(5_000_000),
    '<input '.repeat(700_000),
    'token='.repeat(800_000),
    '"'.repeat(5_000_000),
  ])('looks at no more than it shows (case %#)', (text) =>
    expect(createPageRedactor().redact(text, 4_096).length).toBeLessThan(4_100),
  );

  it('hides a password whose characters the charset lacks, however the page gives it back', () => {
    const redactor = createPageRedactor('gbk');
    redactor.learn(['Ünïcode密码9']);
    for (const spelling of [
      '&#220;n&#239;code密码9',
      '&amp;#220;n&amp;#239;code密码9',
      '%26%23220%3Bn%26%23239%3Bcode%C3%DC%C2%EB9',
      '&Uuml;n&iuml;code&#23494;&#x7801;9',
      '\\u00dcn\\u00EFcode密码9',
      '?n?code密码9',
      '%C3%9Cn%C3%AFcode%E5%AF%86%E7%A0%819',
    ]) {
      expect(redactor.redact(`<${spelling}>`)).toBe('<***>');
    }
  });

  it('property: whatever mixture of escapes a page writes a secret in, none of it stays', () => {
    const characters = Array.from('Aa7&<"\' +/%é€ÜñΩ密码錯한😀');
    const percent = (text: string) => encodeForm([['', text]]).slice(1);
    const escapes: ((character: string) => string)[] = [
      (character) => character,
      (character) => `&#${character.codePointAt(0)};`,
      (character) => `&#x${character.codePointAt(0)!.toString(16)};`,
      (character) => `&amp;#${character.codePointAt(0)};`,
      (character) => encodeForm([['', `&#${character.codePointAt(0)};`]]).slice(1),
      percent,
      (character) => encodeURIComponent(character),
      (character) => JSON.stringify(character).slice(1, -1),
    ];
    const secret = fc
      .array(fc.constantFrom(...characters), { minLength: 3, maxLength: 20 })
      .map((drawn) => ['密', ...drawn].join(''));
    const picks = fc.array(fc.nat(escapes.length), { minLength: 21, maxLength: 21 });
    fc.assert(
      fc.property(secret, picks, fc.constantFrom('gbk', 'utf-8', 'big5'), (text, picked, charset) => {
        const inCharset = (character: string) => encodeForm([['', character]], charset).slice(1);
        const spelling = Array.from(text, (c, at) => (escapes[picked[at]!] ?? inCharset)(c)).join('');
        const redactor = createPageRedactor(charset);
        redactor.learn([text]);
        expect(redactor.redact(`[${spelling}]`)).toBe('[***]');
      }),
      { numRuns: 500 },
    );
  });

  it.each(['gbk', 'big5', 'shift_jis', 'latin1', 'utf-8'])(
    'property: not in our own form either (%s)',
    (charset) => {
      const text = fc
        .string({ unit: 'grapheme', minLength: 4, maxLength: 24 })
        .filter((t) => /[^ -~]/.test(t) && t.isWellFormed());
      fc.assert(
        fc.property(text, (secret) => {
          const redactor = createPageRedactor(charset);
          redactor.learn([secret]);
          const form = encodeForm([['', secret]], charset).slice(1);
          expect(redactor.redact(`[${form}]`)).toBe('[***]');
        }),
      );
    },
  );
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createScrubber } from '../../../lib/text/redaction/scrubber.ts';
import { encodeForm } from '../../../lib/text/form.ts';

describe('the scrubber', () => {
  it('hides what it was taught in every spelling', () => {
    const scrubber = createScrubber('gbk');
    scrubber.learn(['密 码&7', '']);
    const text = [
      '密 码&7',
      '%C3%DC+%C2%EB%267',
      '%E5%AF%86%20%E7%A0%81%267',
      '密 码&amp;7',
      '\\u5bc6 \\u7801&7',
    ];
    for (const spelling of text) expect(scrubber.scrub(`<${spelling}>`)).toBe('<[redacted]>');
  });

  it('hides tokens it was not taught, and leaves people their words', () => {
    const scrubber = createScrubber();
    expect(scrubber.scrub('{"access_token":"ab","msg":"密码：错误，请重试"}')).toBe(
      '{"access_token":"[redacted]","msg":"密码：错误，请重试"}',
    );
    expect(scrubber.scrub('<input type=hidden name=x value=abc>')).toBe(
      '<input type=hidden name=x value="[redacted]">',
    );
    expect(scrubber.scrub('id 0123456789abcdef01234567 end')).toBe('id [redacted] end');
    expect(scrubber.scrub("alert('验证码错误');")).toBe("alert('验证码错误');");
  });

  it('never shows half of a secret where it cuts', () => {
    const scrubber = createScrubber();
    const secret = 'correct-horse-battery';
    scrubber.learn([secret]);
    for (let pad = 0; pad < 30; pad += 1) {
      expect(scrubber.scrub(`${'.'.repeat(16_360 + pad)}${secret} and more`)).not.toContain('corr');
      expect(scrubber.scrub(`${'.'.repeat(80 + pad)}${secret}`, 100)).not.toContain('corr');
    }
  });

  it.each([
    'x'.repeat(5_000_000),
    '<input '.repeat(700_000),
    'token='.repeat(800_000),
    '"'.repeat(5_000_000),
  ])('looks at no more than it shows (case %#)', (text) =>
    expect(createScrubber().scrub(text, 4_096).length).toBeLessThan(4_100),
  );

  it('hides a password whose characters the charset lacks, however the page gives it back', () => {
    const scrubber = createScrubber('gbk');
    scrubber.learn(['Ünïcode密码9']);
    for (const spelling of [
      '&#220;n&#239;code密码9',
      '&amp;#220;n&amp;#239;code密码9',
      '%26%23220%3Bn%26%23239%3Bcode%C3%DC%C2%EB9',
      '&Uuml;n&iuml;code&#23494;&#x7801;9',
      '\\u00dcn\\u00EFcode密码9',
      '?n?code密码9',
      '%C3%9Cn%C3%AFcode%E5%AF%86%E7%A0%819',
    ]) {
      expect(scrubber.scrub(`<${spelling}>`)).toBe('<[redacted]>');
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
        const scrubber = createScrubber(charset);
        scrubber.learn([text]);
        expect(scrubber.scrub(`[${spelling}]`)).toBe('[[redacted]]');
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
          const scrubber = createScrubber(charset);
          scrubber.learn([secret]);
          const form = encodeForm([['', secret]], charset).slice(1);
          expect(scrubber.scrub(`[${form}]`)).toBe('[[redacted]]');
        }),
      );
    },
  );
});

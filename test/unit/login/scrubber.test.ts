import { describe, expect, it } from 'vitest';
import { createScrubber } from '../../../lib/login/scrubber.ts';

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
});

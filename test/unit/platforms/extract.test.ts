import { describe, expect, it } from 'vitest';
import { extractFrom } from '../../../lib/platforms/login/extract.ts';

describe('values of a login page', () => {
  it('are attributes or text, by CSS selector; what is not there is not in the result', () => {
    const html =
      '<div id=a><meta name=csrf content="m&amp;m"><p class="x y"> hi <b>there</b></p><input name=n></div>';
    expect(
      extractFrom(html, {
        meta: { selector: 'meta[name="csrf"]', attribute: 'content' },
        text: { selector: '#a > p.y' },
        bare: { selector: 'input[name=n]', attribute: 'value' },
        gone: { selector: '.nothing' },
      }),
    ).toEqual({ meta: 'm&m', text: 'hi there' });
  });

  it('a selector that is none is named', () => {
    expect(() => extractFrom('<p>', { csrf: { selector: 'p[[' } })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_ERROR',
        message: expect.stringContaining('extract.csrf'),
      }),
    );
  });
});

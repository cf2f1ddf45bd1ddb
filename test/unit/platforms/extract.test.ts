import { describe, expect, it } from 'vitest';
import { extractFrom } from '../../../lib/platforms/login/extract.ts';
import { parsePage } from '../../../lib/platforms/login/page.ts';

describe('values of a login page', () => {
  it('are attributes or text, by CSS selector; what is not there is not in the result', () => {
    const html =
      '<div id=a><meta name=csrf content="m&amp;m"><p class="x y"> hi <b>there</b></p><input name=n></div>';
    expect(
      extractFrom(parsePage(html), {
        meta: { selector: 'meta[name="csrf"]', attribute: 'content' },
        text: { selector: '#a > p.y' },
        bare: { selector: 'input[name=n]', attribute: 'value' },
        gone: { selector: '.nothing' },
      }),
    ).toEqual({ meta: 'm&m', text: 'hi there' });
  });

  it('a selector that is none is named', () => {
    expect(() => extractFrom(parsePage('<p>'), { csrf: { selector: 'p[[' } })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_ERROR',
        message: expect.stringContaining('extract.csrf'),
      }),
    );
  });

  it('are the same with any selector that css-select knows', () => {
    const page = parsePage(
      '<p>a</p><ul><li>b<li class=x>c</ul><template><i>in</i></template><b lang=zh>d</b>',
    );
    const find = (selector: string) => extractFrom(page, { it: { selector } })['it'];
    expect(find('li:nth-child(2)')).toBe('c');
    expect(find('ul:has(.x) > li')).toBe('b');
    expect(find('p ~ b')).toBe('d');
    expect(find(':contains("d")')).toBe('d');
    expect(find(':scope > li')).toBe('b');
    expect(find('i')).toBeUndefined();
  });

  it('of a page that is nested too deeply are those of its beginning (H1)', () => {
    const page = parsePage(`<input name=csrf value=v>${'<i>'.repeat(130_000)}<input name=late value=v>`);
    expect(page.cut).toBe(true);
    const named = (name: string) => ({ selector: `input[name=${name}]`, attribute: 'value' });
    expect(extractFrom(page, { csrf: named('csrf'), late: named('late') })).toEqual({ csrf: 'v' });
    expect(parsePage('<i>'.repeat(500)).cut).toBe(false);
  });

  it('are not looked for longer than a page is worth (H1)', () => {
    const find = (html: string, selector: string) => extractFrom(parsePage(html), { it: { selector } });
    const tooMuch = expect.objectContaining({ code: 'RESPONSE_TOO_LARGE' });
    expect(() => find('<i></i>'.repeat(40_000), 'i:has(~ b)')).toThrow(tooMuch);
    expect(() => find('<i></i><b></b>'.repeat(20_000), 'b ~ i ~ u')).not.toThrow();
    expect(() => find(`<i>${'x'.repeat(300_000)}</i>`, 'i')).toThrow(tooMuch);
  });
});

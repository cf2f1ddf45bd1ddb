import { describe, expect, it } from 'vitest';
import { extractAll, pageOf } from '../../../lib/definition/extractor/extract.ts';
import type { Extractor } from '../../../lib/definition/extractor/schema.ts';
import { readAnswer } from '../../../lib/definition/predicate/answer.ts';
import type { Answer } from '../../../lib/definition/predicate/answer.ts';

function answer(body: string, headers: Record<string, string> = {}, setCookies: string[] = []): Answer {
  return readAnswer({
    status: 200,
    headers: { 'content-type': 'text/html', ...headers },
    setCookies,
    body: Buffer.from(body),
  });
}
const parsePage = answer;
const extractFrom = (page: Answer, extractors: Record<string, Extractor>) =>
  extractAll(extractors, page, { field: 'extract' }).values;

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
    expect(pageOf(page).cut).toBe(true);
    const named = (name: string) => ({ selector: `input[name=${name}]`, attribute: 'value' });
    expect(extractFrom(page, { csrf: named('csrf'), late: named('late') })).toEqual({ csrf: 'v' });
    expect(pageOf(parsePage('<i>'.repeat(500))).cut).toBe(false);
  });

  it('are not looked for longer than a page is worth (H1)', () => {
    const find = (html: string, selector: string) => extractFrom(parsePage(html), { it: { selector } });
    const tooMuch = expect.objectContaining({ code: 'RESPONSE_TOO_LARGE' });
    expect(() => find('<i></i>'.repeat(40_000), 'i:has(~ b)')).toThrow(tooMuch);
    expect(() => find('<i></i><b></b>'.repeat(20_000), 'b ~ i ~ u')).not.toThrow();
    expect(() => find(`<i>${'x'.repeat(300_000)}</i>`, 'i')).toThrow(tooMuch);
  });
});

describe('values of any answer', () => {
  const find = (extractor: Extractor, page: Answer) =>
    extractAll({ it: extractor }, page, { field: 'extract' });

  it('are JSON with all its digits, at a pointer', () => {
    const page = answer('{"a":{"id":12345678901234567890,"list":[1,"b"],"none":null}}');
    const at = (pointer: string) => JSON.stringify(find({ pointer }, page).values['it']);
    expect(at('/a/id')).toBe('12345678901234567890');
    expect(at('/a/list')).toBe('[1,"b"]');
    expect(at('/a/none')).toBe('null');
    expect(find({ pointer: '/a/gone' }, page)).toEqual({ values: {}, absent: ['it'] });
    expect(find({ pointer: '/a', optional: true }, answer('<p>'))).toEqual({ values: {}, absent: [] });
  });

  it('are headers, cookies by name or pattern, and what a pattern finds', () => {
    const page = answer('var nonce = "n-1";', { 'x-next': '7' }, [
      'wordpress_logged_in_ab=me; Path=/',
      'old=gone; Max-Age=0',
      'empty=',
    ]);
    expect(find({ header: 'X-Next' }, page).values).toEqual({ it: '7' });
    expect(find({ cookie: 'wordpress_logged_in_ab' }, page).values).toEqual({ it: 'me' });
    expect(find({ cookie: { matches: '^wordpress_logged_in_' } }, page).values).toEqual({ it: 'me' });
    for (const cookie of ['old', 'empty', 'toString']) expect(find({ cookie }, page).absent).toEqual(['it']);
    expect(find({ matches: 'nonce = "([^"]+)"' }, page).values).toEqual({ it: 'n-1' });
    expect(find({ matches: 'n-\\d' }, page).values).toEqual({ it: 'n-1' });
    expect(find({ matches: '(x)?nonce' }, page).absent).toEqual(['it']);
  });

  it('are lists of objects, one for each row', () => {
    const html = `<table><tr><th>name</th></tr>
      <tr data-id=1><td> a </td><td><a href=/x>x</a></td></tr>
      <tr data-id=2><td>b<table><tr><td>in</td></tr></table></td><td></td></tr></table>`;
    const rows = find(
      {
        each: 'tr[data-id]',
        fields: {
          id: { selector: ':scope', attribute: 'data-id' },
          name: { selector: '> td:first-child' },
          link: { selector: 'a', attribute: 'href', optional: true },
          digits: { matches: '[ab]' },
          cells: { each: 'td', fields: { text: { selector: ':scope' } } },
        },
      },
      answer(html),
    ).values['it'];
    expect(JSON.parse(JSON.stringify(rows))).toEqual([
      { id: '1', name: 'a', link: '/x', digits: 'a', cells: [{ text: 'a' }, { text: 'x' }] },
      { id: '2', name: 'bin', digits: 'b', cells: [{ text: 'bin' }, { text: 'in' }, { text: '' }] },
    ]);
    expect(() => find({ each: 'tr', fields: { name: { selector: 'td' } } }, answer(html))).toThrow(
      'has no name',
    );
    expect(find({ each: 'li', fields: {} }, answer(html)).values).toEqual({ it: [] });
  });

  it('are no list at all when its end is missing: a long table is refused, not cut', () => {
    const rows = (count: number) => answer(`<table>${'<tr><td>x</td></tr>'.repeat(count)}</table>`);
    const each: Extractor = { each: 'tr', fields: { x: { selector: 'td' } } };
    expect(find(each, rows(20_000)).values['it']).toHaveLength(20_000);
    expect(() => find(each, rows(40_000))).toThrow(expect.objectContaining({ code: 'RESPONSE_TOO_LARGE' }));
  });

  it('of XML keep the case of names', () => {
    const xml = '<r><Item ID="1"><Name>a</Name></Item><item/></r>';
    const items: Extractor = { each: 'Item', fields: { id: { selector: ':scope', attribute: 'ID' } } };
    const typed = answer(xml, { 'content-type': 'application/xml; charset=utf-8' });
    expect(find(items, typed).values).toEqual({ it: [{ id: '1' }] });
    expect(find({ selector: 'Name' }, typed).values).toEqual({ it: 'a' });
    expect(pageOf(answer(xml, { 'content-type': 'application/xhtml+xml' })).xml).toBe(false);
  });

  it('do not multiply: elements that lie in each other repeat their texts (H1)', () => {
    const html = '<i>'.repeat(500) + 'x'.repeat(20_000);
    const nested: Extractor = { each: 'i', fields: { text: { selector: ':scope' } } };
    expect(() => find(nested, answer(html))).toThrow(expect.objectContaining({ code: 'RESPONSE_TOO_LARGE' }));
  });
});

import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { maskValues } from '../../../lib/text/redaction/known-values.ts';
import { redactBody, redactHeaders, redactJson, redactText } from '../../../lib/text/redaction/redact.ts';
import { naughtyStrings } from '../../corpora.ts';

const SECRET = 'canary-9f3b7c';
const MAX = 4_096;

describe('A3: a secret under its own name', () => {
  it.each([
    `{"password":"${SECRET}"}`,
    `{"a":[{"userPassword":{"deep":"${SECRET}"}}]}`,
    `{"密码":"${SECRET}"}`,
    `{"appKey":"${SECRET}","access_token":"${SECRET}","X-CSRF-Token":"${SECRET}"}`,
    `{"data":"${SECRET}","iv":"${SECRET}","timestamp":1767225600,"sign":"${SECRET}"}`,
    `{"body":"user=a&pass2=${SECRET}&x=1"}`,
    `{"body":"{\\"token\\":\\"${SECRET}\\"}"}`,
    `{"password":"${SECRET}`,
    `{"data":"x${SECRET}","iv":"${SECRET}`,
    `username=a&password=${SECRET}&b=c`,
    `pass%77ord=${SECRET}`,
    `%E5%AF%86%E7%A0%81=${SECRET}`,
    `%C3%DC%C2%EB=${SECRET}`,
    `/api/x?token=${SECRET}&y=1`,
    `https://user:${SECRET}@host/x`,
    `Cookie: a=${SECRET}; b=${SECRET}\r\nHost: x`,
    `Set-Cookie: sid=${SECRET}; Path=/`,
    `Authorization: Digest a="${SECRET}", b=${SECRET}`,
    `PHPSESSID=${SECRET}; csrftoken=${SECRET}`,
    `<input type="hidden" name="csrf" value="${SECRET}">`,
    `<INPUT name=pwd value='${SECRET}'>`,
    `密码：${SECRET}`,
    `token = "${SECRET}"`,
    `gh_${SECRET}0123456789`,
    `Bearer ${SECRET}0123456789`,
    `eyJhbGciOiJIUzI1NiJ9.eyJ${SECRET}.sig-${SECRET}`,
  ])('%s', (text) => {
    const shown = redactText(text, MAX);
    expect(shown).not.toContain(SECRET);
    expect(shown).toContain('***');
  });

  it('leaves what is no secret readable, digits of long numbers included', () => {
    const text =
      '{"code":0,"message":"登录超时","idNumber":1234567890123456789,"amount":1.10,"list":[null,true]}';
    expect(redactText(text, MAX)).toBe(text);
    expect(redactText('orderNo=WO000001&level=3', MAX)).toBe('orderNo=WO000001&level=3');
    expect(redactJson({ passwordChanged: true, token: null })).toEqual({
      passwordChanged: true,
      token: null,
    });
  });

  it('masks headers, but keeps the names of cookies', () => {
    const shown = redactHeaders({
      cookie: `a=${SECRET}; b=${SECRET}`,
      'set-cookie': [`a=${SECRET}; Expires=Wed, 21 Oct 2026 07:28:00 GMT`, `b=${SECRET}`],
      'x-signature': SECRET,
      'X-Encrypted-Data': SECRET,
      location: `/x?access_token=${SECRET}`,
      'content-type': 'text/html',
      absent: undefined,
    });
    expect(JSON.stringify(shown)).not.toContain(SECRET);
    expect(shown).toMatchObject({ cookie: 'a=***; b=***', 'content-type': 'text/html' });
    expect(shown['set-cookie']).toContain('b=***');
  });
});

describe('bodies', () => {
  it('names binary ones by size and type', () => {
    const png = Buffer.from([0x89, 0x50, 0, 1, 2]);
    expect(redactBody(png, { contentType: 'image/png', max: MAX })).toBe('<5 bytes image/png>');
    expect(redactBody(png, { max: MAX })).toBe('<5 bytes>');
    expect(
      redactBody(Buffer.from(`x${SECRET}`), { contentType: 'multipart/form-data; boundary=x', max: MAX }),
    ).toBe('<14 bytes multipart/form-data>');
    expect(redactBody(Buffer.alloc(0), { max: MAX })).toBe('');
  });

  const multipart = `--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n${SECRET}\r\n--b--`;
  it.each([
    ['application/xml', `<user><password>${SECRET}</password></user>`],
    ['text/xml; charset=utf-8', `<p>${SECRET}</p>`],
    ['application/soap+xml', `<p>${SECRET}</p>`],
    ['application/json', `{"password":"a"${SECRET}"}`],
    ['application/json', `{"password":"${SECRET}`],
    ['application/json', `password is ${SECRET}`],
    ['application/json', `{"a":1}{"p":"${SECRET}"}`],
    ['application/x-ndjson', `{"a":1}\n{"password":"${SECRET}"}`],
    ['application/x-www-form-urlencoded', `user=x&password="a b${SECRET}`],
    ['application/x-www-form-urlencoded', multipart],
    ['text/plain', multipart],
    ['text/plain', `<user><pw>${SECRET}</pw></user>`],
    ['text/plain', `{"pw":"a"${SECRET}"}`],
    ['text/plain', `the password is ${SECRET}`],
    ['text/plain', `user = x, password = "a ${SECRET}`],
    ['text/plain', `sign: ${SECRET}`],
    ['text/html', `<td>密码</td><td>${SECRET}</td>`],
    ['text/html', `<input type=password value=${SECRET}>`],
    [undefined, `Pass-Word: ${SECRET}`],
  ])('H5 a body of %s that is none, or none that we read, is not kept: %s', (contentType, text) => {
    const shown = redactBody(Buffer.from(text), { contentType, max: MAX });
    expect(shown).toMatch(/^\[not kept: \d+ bytes[^<>"]*\]$/);
  });

  it.each([
    ['application/json', `{"password":"${SECRET}","n":1.0}`, '{"password":"***","n":1.0}'],
    ['application/problem+json', '"words"', '"words"'],
    ['text/plain', `{"password":"${SECRET}"}`, '{"password":"***"}'],
    [undefined, `{"password":"${SECRET}"}`, '{"password":"***"}'],
    ['application/x-www-form-urlencoded', `a=1&password=${SECRET};${SECRET},x&b=2`, 'a=1&password=***&b=2'],
    ['application/x-www-form-urlencoded', `pass%77ord=${SECRET}&b`, 'pass%77ord=***&b'],
    ['text/plain', '工单已提交', '工单已提交'],
    ['text/html', '<h1>工单</h1>', '<h1>工单</h1>'],
    ['application/json', `{"xml":"<pw>${SECRET}</pw>","text":"fine"}`, '{"xml":"[not kept]","text":"fine"}'],
    ['application/json', `{"form":"a=1&pwd=${SECRET}"}`, '{"form":"a=1&pwd=***"}'],
    ['application/json', `{"note":"password: \\"a${SECRET}"}`, '{"note":"[not kept]"}'],
  ])('H5 of %s it keeps what it can read: %s', (contentType, text, shown) => {
    expect(redactBody(Buffer.from(text), { contentType, max: MAX })).toBe(shown);
  });

  it('takes for JSON whatever is JSON, labelled or not (row 13)', () => {
    const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
    fc.assert(
      fc.property(fc.jsonValue(), space, space, (value, before, after) => {
        const body = Buffer.from(before + JSON.stringify(value) + after);
        const labelled = redactBody(body, { contentType: 'application/json', max: 4_096 });
        expect(labelled).not.toContain('[not kept: ');
        expect(redactBody(body, { contentType: 'text/plain', max: 4_096 })).toBe(labelled);
      }),
    );
  });

  it('H5 reads no body of megabytes for its record', () => {
    const body = Buffer.from(`{"list":"${'x'.repeat(300_000)}","password":"${SECRET}"}`);
    expect(redactBody(body, { contentType: 'application/json', max: MAX })).toBe(
      `[not kept: ${body.length} bytes application/json, too long]`,
    );
  });

  it('H4 masks what is known before it cuts, in what it keeps', () => {
    const known = maskValues(['canary-0123456789']);
    const body = Buffer.from(`{"a":"${'x'.repeat(20)}","b":"canary-0123456789"}`);
    for (let max = 30; max < 60; max += 1) {
      expect(redactBody(body, { contentType: 'application/json', max, mask: known })).not.toContain(
        'canary-',
      );
    }
  });

  it('reads GBK', () => {
    const body = iconv.encode(`密码=${SECRET}&部门=一科`, 'gbk');
    const shown = redactBody(body, { contentType: 'text/plain', charset: 'gbk', max: MAX });
    expect(shown).toBe('密码=***&部门=一科');
  });
});

describe('a filter of known values', () => {
  it('finds them in every dress', () => {
    const value = 'pä ss/"词"&1';
    const filter = maskValues([value, 'ab']);
    const dresses = [
      value,
      encodeURIComponent(value),
      encodeURIComponent(value).replaceAll('%20', '+'),
      JSON.stringify(value),
      Buffer.from(value).toString('base64'),
      createHash('md5').update(value).digest('hex'),
    ];
    for (const dress of dresses) {
      const shown = filter(`before ${dress} after`);
      expect(shown).not.toContain(dress);
      expect(shown).toMatch(/^before "?\*\*\*"? after$/);
    }
    expect(filter('ab is too short to hide')).toContain('ab');
  });

  it('hides the longer of two values whole', () => {
    expect(maskValues(['secret', 'secret-long'])('a secret-long b')).toBe('a *** b');
  });
});

describe('bounds', () => {
  it('cuts at bytes, never through a character', () => {
    for (const max of [3, 4, 5, 10, 11, 12, 100]) {
      const shown = redactText('工'.repeat(200), max);
      expect(shown).not.toContain('\ufffd');
      expect(shown.endsWith('…')).toBe(true);
      expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(max);
    }
    expect(redactText('工工', 6)).toBe('工工');
  });

  it('E12: deep, wide, cyclic and odd values are cut, not followed', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    expect(JSON.stringify(redactJson(cyclic)).length).toBeLessThan(2_000);
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, { i }]));
    expect(() => redactJson(wide)).not.toThrow();
    expect(redactText(`${'['.repeat(100_000)}"password=${SECRET}"`, MAX)).not.toContain(SECRET);
    expect(
      redactJson({ n: 12n, b: Buffer.from('abc'), d: new Date(0), e: new Error(`token=${SECRET}`) }),
    ).toEqual({
      n: '12',
      b: '<3 bytes>',
      d: '1970-01-01T00:00:00.000Z',
      e: { name: 'Error', message: 'token=***' },
    });
  });

  it('never throws, and never lengthens past its bound', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 500 }),
        fc.integer({ min: 4, max: 200 }),
        (text, max) => {
          expect(Buffer.byteLength(redactText(text, max))).toBeLessThanOrEqual(max);
        },
      ),
    );
  });

  it('a secret stays hidden whatever JSON it is in', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (rest) => {
        const document = { before: rest, nested: [{ password: SECRET, rest }], after: rest };
        expect(JSON.stringify(redactJson(document))).not.toContain(SECRET);
        expect(redactText(JSON.stringify(document), 100_000)).not.toContain(SECRET);
      }),
    );
  });
});

describe.skipIf(naughtyStrings.length === 0)('A6: naughty strings (skipped without the corpus)', () => {
  it('go through whole or masked, never break out of the JSON', () => {
    for (const value of naughtyStrings) {
      const shown = redactJson({ value, password: value || 'x' }) as { value: string; password: string };
      expect(shown.password).toBe('***');
      expect(typeof shown.value).toBe('string');
      expect(() => JSON.parse(redactText(JSON.stringify({ value }), 1_000_000)) as unknown).not.toThrow();
      expect(() => redactText(value, 100)).not.toThrow();
    }
  });
});

describe('H5 a list of fields, as forms are serialized', () => {
  it.each([
    ['[{"name":"user","value":"ops"},{"name":"password","value":"hunter2xyz"}]', ['ops']],
    ['[["user","ops"],["password","hunter2xyz"]]', ['ops']],
    ['{"fields":{"key":"api_key","val":{"a":"hunter2xyz"}}}', ['api_key']],
    ['{"mima":"hunter2xyz","pin":"hunter2xyz"}', ['mima']],
  ])('%s', (body, kept) => {
    const shown = redactBody(Buffer.from(body), { contentType: 'application/json', max: 4_096 });
    expect(shown).not.toContain('hunter2xyz');
    for (const text of kept) expect(shown).toContain(text);
    expect(redactText(body, 4_096)).not.toContain('hunter2xyz');
  });

  it('keeps what is only called by a name', () => {
    const body = '[{"name":"王小明","value":"1"},["a","b"]]';
    expect(redactText(body, 4_096)).toBe(body);
  });
});

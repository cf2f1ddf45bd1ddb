import { Buffer } from 'node:buffer';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../../lib/definition/predicate/answer.ts';
import { isCharset } from '../../../lib/text/charset.ts';

const response = (body: Buffer | string, contentType?: string) => ({
  status: 200,
  headers: contentType === undefined ? {} : { 'content-type': contentType },
  setCookies: [],
  body: Buffer.from(body as string),
});
const text = (body: Buffer, contentType?: string, charset?: string) =>
  readAnswer(response(body, contentType), { charset }).text();

const gbk = iconv.encode('登录超时，请重新登录', 'gbk');
const page = (label: string) =>
  Buffer.concat([Buffer.from(`<html><head><meta charset="${label}"></head>`), gbk]);

describe('P11: the charset of an answer', () => {
  it('comes from the header first', () => {
    expect(text(gbk, 'text/html; charset=GBK')).toContain('登录超时');
    expect(text(gbk, 'text/html;charset="gb2312"; x=y')).toContain('登录超时');
    expect(text(page('utf-8'), 'text/html; charset=gbk', 'utf-8')).toContain('登录超时');
  });

  it('is not UTF-8 because the header says so over bytes that are none: PHP says it of every page', () => {
    const php = 'text/html; charset=UTF-8';
    expect(text(page('gb2312'), php)).toContain('登录超时');
    expect(text(gbk, php, 'gbk')).toContain('登录超时');
    expect(text(page('utf-8'), php, 'gbk')).toContain('登录超时');
    // Real UTF-8 stays UTF-8, also where its last character is cut off; with nothing else to go by, so does the rest.
    const utf8 = Buffer.from('登录超时');
    expect(text(utf8, php, 'gbk')).toBe('登录超时');
    expect(text(utf8.subarray(0, -1), php, 'gbk')).toBe('登录超\ufffd');
    expect(text(gbk, php)).toContain('\ufffd');
  });

  it('then from the page’s own meta, in either form', () => {
    expect(text(page('gb2312'), 'text/html', 'utf-8')).toContain('登录超时');
    const old = Buffer.from('<META HTTP-EQUIV=Content-Type CONTENT="text/html; charset=gb18030">');
    expect(text(Buffer.concat([old, gbk]))).toContain('登录超时');
    const xml = Buffer.from('<?xml version="1.0" encoding="gbk"?><a>');
    expect(text(Buffer.concat([xml, gbk]), 'text/xml')).toContain('登录超时');
  });

  it('then from the definition, then UTF-8', () => {
    expect(text(gbk, 'text/html', 'gbk')).toContain('登录超时');
    expect(text(Buffer.from('登录超时'), 'text/html')).toBe('登录超时');
    expect(text(gbk)).toContain('\ufffd');
  });

  it('falls through labels nobody knows', () => {
    expect(text(page('x-nonsense'), 'text/html; charset=none', 'gbk')).toContain('登录超时');
    expect(text(gbk, 'text/html; charset=', 'gbk')).toContain('登录超时');
    expect(isCharset('x-nonsense')).toBe(false);
  });

  it('is not declared by comments, by JSON, or by a page that cannot be in it', () => {
    const commented = Buffer.concat([Buffer.from('<!-- <meta charset=utf-8> --><meta charset=gbk>'), gbk]);
    expect(text(commented)).toContain('登录超时');
    const json = Buffer.from('{"html":"<meta charset=gbk>","m":"登录超时"}');
    expect(text(json, 'application/json')).toContain('登录超时');
    expect(text(Buffer.from('<meta charset=utf-16le>登录'))).toContain('登录');
  });

  it('R1: of JSON is UTF-8 whenever its bytes are, whatever charset the pages have', () => {
    const json = Buffer.from('{"name":"李雷"}');
    for (const type of ['application/json', 'application/problem+json;charset=gbk', 'text/html', undefined]) {
      expect(readAnswer(response(json, type), { charset: 'gbk' }).json()).toEqual({ name: '李雷' });
    }
    expect(text(Buffer.from('"李雷"'), 'application/json', 'gbk')).toBe('"李雷"');
    expect(text(Buffer.from('\n [{"name":"李雷"}]'), 'text/plain', 'gbk')).toContain('李雷');
    expect(text(json.subarray(0, 11), 'application/json', 'gbk')).toBe('{"name":"\ufffd');
    // What is GBK stays GBK, and so does a page.
    const inGbk = iconv.encode('{"name":"李雷"}', 'gbk');
    expect(readAnswer(response(inGbk, 'application/json'), { charset: 'gbk' }).json()).toEqual({
      name: '李雷',
    });
    expect(readAnswer(response(inGbk, 'application/json; charset=gbk')).json()).toEqual({ name: '李雷' });
    expect(text(iconv.encode('联通', 'gbk'), 'text/html', 'gbk')).toBe('联通');
    const wide = Buffer.from('{"a":1}', 'utf16le');
    expect(readAnswer(response(wide, 'application/json; charset=utf-16le')).json()).toEqual({ a: 1 });
  });

  it('is overruled by a byte order mark, which is no part of the text', () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"a":1}')]);
    expect(readAnswer(response(marked, 'application/json; charset=gbk')).json()).toEqual({ a: 1 });
    expect(text(Buffer.from('\ufeff登录', 'utf16le'), 'text/html')).toBe('登录');
  });

  it('reads on after a multibyte character was cut off, and leaves the body as it came', () => {
    const cut = gbk.subarray(0, gbk.length - 1);
    const answer = readAnswer(response(cut, 'text/html; charset=gbk'));
    expect(answer.text()).toMatch(/^登录超时，请重新登/);
    expect(answer.body).toEqual(cut);
  });

  it('reads JSON in GBK, and says undefined for what is none', () => {
    const json = iconv.encode('{"message":"登录超时"}', 'gbk');
    expect(readAnswer(response(json, 'application/json'), { charset: 'gbk' }).json()).toEqual({
      message: '登录超时',
    });
    expect(readAnswer(response('<html>')).json()).toBeUndefined();
    expect(readAnswer(response('')).json()).toBeUndefined();
    expect(readAnswer(response('null')).json()).toBeNull();
  });
});

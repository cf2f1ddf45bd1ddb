import { describe, expect, it } from 'vitest';
import { inboundHeaders, outboundHeaders } from '../../../lib/calls/raw-proxy/headers.ts';

const baseUrl = 'https://platform.example.com/app';

describe('outboundHeaders', () => {
  it('P7 keeps what is the message and drops what is the connection, the caller or the cloud', () => {
    const sent = outboundHeaders({
      Accept: 'application/json',
      'content-type': 'text/plain; charset=gbk',
      'x-custom': 'kept',
      'Idempotency-Key': 'k1',
      range: 'bytes=0-1',
      Cookie: 'a=b',
      Host: 'gateway',
      authorization: 'Bearer x',
      'X-Forwarded-For': '1.2.3.4',
      'x-forwarded-anything': 'x',
      forwarded: 'for=1.2.3.4',
      via: '1.1 x',
      'x-real-ip': '1.2.3.4',
      'x-original-url': '/admin',
      'x-http-method-override': 'DELETE',
      'x-amzn-trace-id': 'Root=1',
      'cloudfront-viewer-country': 'CN',
      'x-amz-cf-id': 'x',
      'content-length': '3',
      'accept-encoding': 'zstd',
      'x-request-id': 'r',
      te: 'trailers',
      trailer: 'x',
      'transfer-encoding': 'chunked',
      upgrade: 'h2c',
      expect: '100-continue',
      'proxy-authorization': 'Basic x',
      'keep-alive': 'timeout=5',
    });
    expect(sent).toEqual({
      accept: 'application/json',
      'content-type': 'text/plain; charset=gbk',
      'x-custom': 'kept',
      'idempotency-key': 'k1',
      range: 'bytes=0-1',
    });
  });

  it('P7 drops the headers that Connection names, in any case', () => {
    const sent = outboundHeaders({
      Connection: 'close, X-Secret ,x-other',
      'x-secret': '1',
      'X-Other': '2',
      b: '3',
    });
    expect(sent).toEqual({ b: '3' });
  });

  it('leaves out absent values', () => {
    expect(outboundHeaders({ a: undefined, b: '' })).toEqual({ b: '' });
  });
});

describe('inboundHeaders', () => {
  it('P8 drops cookies, what the platform runs on, and what would speak for our origin', () => {
    const returned = inboundHeaders(
      {
        'content-type': 'text/html',
        etag: '"1"',
        'x-total': '7',
        'set-cookie': 'PHPSESSID=1',
        'set-cookie2': 'x',
        Server: 'Apache',
        Host: 'internal.platform.example',
        'x-powered-by': 'PHP/5.6',
        via: '1.1 x',
        connection: 'keep-alive, x-hop',
        'x-hop': '1',
        'keep-alive': 'timeout=5',
        'transfer-encoding': 'chunked',
        'content-length': '3',
        refresh: '0;url=https://evil.example',
        'strict-transport-security': 'max-age=1',
        'x-gatehouse-session': 'forged',
        'x-request-id': 'forged',
      },
      { baseUrl },
    );
    expect(returned).toEqual({ 'content-type': 'text/html', etag: '"1"', 'x-total': '7' });
  });

  it.each(['/app/orders', 'orders?id=1', 'https://platform.example.com/x', '//platform.example.com/x'])(
    'P8 keeps a Location inside the service: %s',
    (location) => {
      expect(inboundHeaders({ location }, { baseUrl })).toEqual({ location });
    },
  );

  it.each([
    'https://evil.example/',
    '//evil.example/x',
    '/\\evil.example/x',
    '\\\\evil.example',
    'http://platform.example.com/x',
    'https://platform.example.com:444/x',
    'https://a:b@platform.example.com/x',
    'http://169.254.169.254/latest/meta-data',
    'javascript:alert(1)',
    'https://[',
  ])('P3 P8 drops a Location outside of it: %s', (location) => {
    expect(inboundHeaders({ location }, { baseUrl })).toEqual({});
  });
});

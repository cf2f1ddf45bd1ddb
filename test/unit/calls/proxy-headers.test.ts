import { describe, expect, it } from 'vitest';
import { inboundHeaders, outboundHeaders, withoutOurs } from '../../../lib/calls/raw-proxy/headers.ts';

const baseUrl = 'https://platform.example.com/app';
/** On every answer. */
const guarded = { 'content-security-policy': 'sandbox', 'x-content-type-options': 'nosniff' };

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

  it('H3 compares names as servers fold them', () => {
    const sent = outboundHeaders({
      X_Forwarded_For: '1.2.3.4',
      'X.Forwarded.Host': 'evil.example',
      x_real_ip: '1.2.3.4',
      X_Request_Id: 'forged',
      Content_Length: '3',
      'Transfer.Encoding': 'chunked',
      X_Gatehouse_Account: 'north',
      Connection: 'x-hop',
      X_Hop: '1',
      x_own: 'kept',
    });
    expect(sent).toEqual({ x_own: 'kept' });
  });

  const dangerous = {
    Proxy: 'http://evil.example',
    'X-Original-URL': '/admin',
    'X-Original-Method': 'DELETE',
    X_Rewrite_URL: '/admin',
    'X-HTTP-Method-Override': 'DELETE',
    X_HTTP_Method_Override: 'DELETE',
    'X-HTTP-Method': 'DELETE',
    'X.Method.Override': 'DELETE',
    'X-Host': 'evil.example',
    'Remote-User': 'root',
  };

  it('H3 passes what servers take path, host or method from only where the definition names it', () => {
    expect(outboundHeaders(dangerous)).toEqual({});
    expect(outboundHeaders(dangerous, ['X-Http-Method-Override', 'proxy', 'x-forwarded-for'])).toEqual({
      proxy: 'http://evil.example',
      'x-http-method-override': 'DELETE',
    });
    expect(outboundHeaders({ 'x-forwarded-for': '1.2.3.4' }, ['x-forwarded-for'])).toEqual({});
  });

  it('R10 H3 no header of a caller stands beside one of ours, in any spelling', () => {
    const caller = { X_API_KEY: 'evil', 'x-api-key': 'evil', referer: 'r', 'x-own': 'kept' };
    expect(withoutOurs(caller, { 'x-api-key': 'ours', referer: 'ours' })).toEqual({ 'x-own': 'kept' });
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
    expect(returned).toEqual({ 'content-type': 'text/html', etag: '"1"', 'x-total': '7', ...guarded });
  });

  it('H3 drops credentials, CORS, rate limits and names that are ours, however they are spelled', () => {
    const returned = inboundHeaders(
      {
        Authorization: 'Bearer x',
        'Proxy-Authenticate': 'Basic',
        'Idempotency-Replayed': 'true',
        'Idempotency-Key': 'k',
        'X-Gatehouse-Account': 'north',
        X_Gatehouse_Session: 'forged',
        'X.Request.Id': 'forged',
        'Access-Control-Allow-Origin': '*',
        'Access-Control-Allow-Credentials': 'true',
        'Timing-Allow-Origin': '*',
        'RateLimit-Limit': '9',
        'RateLimit-Policy': '9;w=1',
        RateLimit: 'x',
        'X-RateLimit-Remaining': '9',
        'X-Rate-Limit-Reset': '9',
        'x-amzn-requestid': 'x',
        'Retry-After': '7',
        'X-Limit': 'kept',
      },
      { baseUrl },
    );
    expect(returned).toEqual({ 'retry-after': '7', 'x-limit': 'kept', ...guarded });
  });

  it('H3 lets no page run in our origin, whatever the platform says of that', () => {
    const returned = inboundHeaders(
      {
        'content-type': 'text/html',
        'Content-Security-Policy': 'default-src *',
        'x-content-type-options': '',
      },
      { baseUrl },
    );
    expect(returned).toEqual({ 'content-type': 'text/html', ...guarded });
  });

  it.each(['/app/orders', 'orders?id=1', 'https://platform.example.com/x', '//platform.example.com/x'])(
    'P8 keeps a Location inside the service: %s',
    (location) => {
      expect(inboundHeaders({ location }, { baseUrl })).toEqual({ location, ...guarded });
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
    expect(inboundHeaders({ location }, { baseUrl })).toEqual(guarded);
  });
});

describe('H3 what clouds and gateways add', () => {
  it.each([
    'X-Envoy-Original-Path',
    'Fastly-Client-IP',
    'X-ProxyUser-Ip',
    'X-Auth-Request-User',
    'X-SSL-Client-Cert',
    'SSL_CLIENT_VERIFY',
    'Front-End-Https',
    'X-Scheme',
    'X-Url-Scheme',
    'X-Middleware-Subrequest',
    'X-Accel-Redirect',
  ])('%s is never sent for a caller', (name) => {
    expect(outboundHeaders({ [name]: 'x', 'x-own': '1' })).toEqual({ 'x-own': '1' });
  });
});

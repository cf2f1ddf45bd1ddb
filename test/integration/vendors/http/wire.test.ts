import { once } from 'node:events';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { inboundHeaders, outboundHeaders } from '../../../../lib/calls/raw-proxy/headers.ts';
import type { Transport, UpstreamRequest } from '../../../../lib/vendors/http/transport.ts';
import { createTransport, type TransportOptions } from '../../../../lib/vendors/http/undici-transport.ts';
import { answer, failure, httpOrigin, rawOrigin, request, type Origin } from './origins.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).toReversed()) await thing.close();
});

function transport(options: Partial<TransportOptions> = {}): Transport {
  const made = createTransport({ isLocal: true, ...options });
  opened.push(made);
  return made;
}

async function origin(made: Promise<Origin>): Promise<Origin> {
  opened.push(await made);
  return made;
}

describe('what goes out', () => {
  it('sends method, path, query, headers and binary body as they stand', async () => {
    const seen: { line: string; headers: NodeJS.Dict<string | string[]>; body: Buffer }[] = [];
    const { url, port } = await origin(
      httpOrigin((req, res) => {
        const chunks: Buffer[] = [];
        req.on('data', (chunk: Buffer) => chunks.push(chunk));
        req.on('end', () => {
          seen.push({ line: `${req.method} ${req.url}`, headers: req.headers, body: Buffer.concat(chunks) });
          res.end('ok');
        });
      }),
    );
    const body = Buffer.from([0, 255, 13, 10, 0x80, 37]);
    const headers = { 'x-a': '1', cookie: 'a=b', 'content-type': 'application/octet-stream', host: 'forged' };
    await transport().send(
      request(`${url}/a%2fb/%C4%E3?q=%20+&q=2&x=/../y`, { method: 'PATCH', headers, body }),
    );
    expect(seen[0]!.line).toBe('PATCH /a%2fb/%C4%E3?q=%20+&q=2&x=/../y');
    expect(seen[0]!.body).toEqual(body);
    expect(seen[0]!.headers).toEqual({
      'x-a': '1',
      cookie: 'a=b',
      'content-type': 'application/octet-stream',
      'content-length': '6',
      'accept-encoding': 'gzip, deflate, br',
      host: `127.0.0.1:${port}`,
      connection: 'keep-alive',
    });
  });

  it('frames a POST without a body, and leaves a caller who negotiates alone', async () => {
    const lines: string[] = [];
    const { url } = await origin(
      rawOrigin((socket, text) => {
        lines.push(text);
        socket.write(answer('ok'));
      }),
    );
    await transport().send(request(url, { method: 'POST', headers: { 'accept-encoding': 'identity' } }));
    expect(lines[0]).toMatch(/^POST \/ HTTP\/1\.1\r\n/);
    expect(lines[0]).toMatch(/\r\ncontent-length: 0\r\n/);
    expect(lines[0]!.match(/accept-encoding: .*/g)).toEqual(['accept-encoding: identity']);
  });

  it.each([
    ['CR LF in a header', { headers: { 'x-a': 'b\r\nx-c: d' } }],
    ['NUL in a header', { headers: { 'x-a': 'b\0' } }],
    ['a header name with a space', { headers: { 'x a': 'b' } }],
    ['LF in the query', { url: '/a?b=\nc' }],
    ['CR LF in the path', { url: '/a\r\nHost: evil' }],
    ['NUL in the path', { url: '/a\0' }],
    ['a space in the path', { url: '/a b HTTP/1.1' }],
    ['an unencoded letter', { url: '/工单' }],
    ['a method that is two words', { method: 'GET /x' }],
    ['a fragment', { url: '/a#b' }],
    ['a dot segment', { url: '/a/../b' }],
    ['an encoded dot segment', { url: '/a/%2e%2e/b' }],
    ['a twice encoded one', { url: '/a/%252e%252e%252fb' }],
    ['an encoded slash after dots', { url: '/a/..%2fb' }],
    ['a backslash', { url: '/a\\b' }],
  ] as [string, Partial<UpstreamRequest>][])(
    'P1 P9 sends nothing for %s',
    async (_, { url: path = '/', ...rest }: Partial<UpstreamRequest>) => {
      const { url, connections } = await origin(httpOrigin((_req, res) => res.end()));
      const error = await failure(transport(), request(url + path, rest));
      expect(error).toMatchObject({ code: 'MALFORMED_REQUEST', mayHaveHadEffect: false });
      expect(connections()).toBe(0);
    },
  );

  it('P7 P8 the proxy rules hold over a real connection', async () => {
    let seen: NodeJS.Dict<string | string[]> = {};
    const { url } = await origin(
      httpOrigin((req, res) => {
        seen = req.headers;
        res.writeHead(302, [
          ['Set-Cookie', 'sid=1'],
          ['Location', 'https://evil.example/'],
          ['Server', 'Apache/2.2'],
          ['X-Kept', 'yes'],
        ]);
        res.end();
      }),
    );
    const headers = outboundHeaders({
      Cookie: 'stolen=1',
      Host: 'internal',
      'X-Forwarded-For': '10.0.0.1',
      Connection: 'x-hop',
      'X-Hop': '1',
      'X-Kept': 'yes',
    });
    const upstream = await transport().send(request(url, { headers }));
    expect(seen).toMatchObject({ 'x-kept': 'yes', host: url.slice('http://'.length) });
    expect(Object.keys(seen).toSorted()).toEqual(['accept-encoding', 'connection', 'host', 'x-kept']);
    const returned = inboundHeaders(upstream.headers, { baseUrl: url });
    expect(returned['x-kept']).toBe('yes');
    expect(Object.keys(returned)).not.toEqual(expect.arrayContaining(['set-cookie']));
    expect(returned).not.toHaveProperty('location');
    expect(returned).not.toHaveProperty('server');
  });
});

describe('what comes back', () => {
  it('joins repeated headers, and keeps each cookie line apart', async () => {
    const { url } = await origin(
      httpOrigin((_req, res) => {
        res.writeHead(200, [
          ['X-A', '1'],
          ['X-A', '2'],
          ['Set-Cookie', 'a=1; Expires=Wed, 09 Jun 2038 10:18:14 GMT'],
          ['Set-Cookie', 'b=2'],
        ]);
        res.end('x');
      }),
    );
    const { status, headers, setCookies, body } = await transport().send(request(url));
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'x-a': '1, 2' });
    expect(headers).not.toHaveProperty('set-cookie');
    expect(setCookies).toEqual(['a=1; Expires=Wed, 09 Jun 2038 10:18:14 GMT', 'b=2']);
    expect(body.toString()).toBe('x');
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['GZIP , identity', gzipSync],
    ['br, gzip', (body: Buffer) => gzipSync(brotliCompressSync(body))],
  ])('decodes %s', async (encoding, compress) => {
    const text = Buffer.from('工单'.repeat(5_000));
    const { url } = await origin(
      httpOrigin((_req, res) => res.writeHead(200, { 'content-encoding': encoding }).end(compress(text))),
    );
    const { headers, body } = await transport().send(request(url));
    expect(body).toEqual(text);
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).not.toHaveProperty('content-length');
  });

  it('hands on a coding it does not know, as it came', async () => {
    const { url } = await origin(
      httpOrigin((_req, res) => res.writeHead(200, { 'content-encoding': 'zstd' }).end('abc')),
    );
    const { headers, body } = await transport().send(request(url));
    expect(headers).toMatchObject({ 'content-encoding': 'zstd' });
    expect(body.toString()).toBe('abc');
  });

  it('P11 leaves the bytes of a GBK page alone', async () => {
    const page = Buffer.from([0xc4, 0xe3, 0xba, 0xc3, 0xc4]);
    const { url } = await origin(httpOrigin((_req, res) => res.end(page)));
    expect((await transport().send(request(url))).body).toEqual(page);
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('reads a %s answered %i as empty, though it announces a coding', async (method, status) => {
    const { url } = await origin(
      httpOrigin((_req, res) => res.writeHead(status, { 'content-encoding': 'gzip', etag: '"1"' }).end()),
    );
    const got = await transport().send(request(url, { method }));
    expect(got).toMatchObject({ status, headers: { etag: '"1"' } });
    expect(got.body).toHaveLength(0);
  });

  it.each([
    ['HEAD', 200],
    ['GET', 304],
  ])('ignores the length of a body that %s answered %i only announces', async (method, status) => {
    const { url } = await origin(
      rawOrigin((socket) => socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 99999999\r\n\r\n`)),
    );
    expect((await transport().send(request(url, { method }))).status).toBe(status);
  });

  it('takes interim answers and a body that ends with the connection', async () => {
    const { url } = await origin(
      rawOrigin((socket) => {
        socket.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n');
        socket.end('HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\nuntil the end');
      }),
    );
    const { status, headers, body } = await transport().send(request(url));
    expect({ status, headers, body: body.toString() }).toEqual({
      status: 200,
      headers: { 'x-a': '1' },
      body: 'until the end',
    });
  });

  it.each([301, 302, 303, 307, 308])('P3 hands back a %i and never follows it', async (status) => {
    const visited: string[] = [];
    const { url } = await origin(
      httpOrigin((req, res) => {
        visited.push(req.url!);
        res.writeHead(status, { location: 'http://169.254.169.254/latest/meta-data' }).end();
      }),
    );
    const got = await transport().send(request(`${url}/start`));
    expect(got.status).toBe(status);
    expect(visited).toEqual(['/start']);
  });
});

describe('connections', () => {
  it('are kept and used again', async () => {
    const { url, connections } = await origin(httpOrigin((_req, res) => res.end('ok')));
    const wire = transport();
    for (let i = 0; i < 5; i++) await wire.send(request(url));
    expect(connections()).toBe(1);
  });

  it('are bounded; what comes on top waits its turn and each gets its own answer', async () => {
    const { url, connections } = await origin(httpOrigin((req, res) => res.end(req.url)));
    const wire = transport({ maxConnections: 3 });
    const paths = Array.from({ length: 50 }, (_, i) => `/${i}`);
    const bodies = await Promise.all(
      paths.map(async (path) => (await wire.send(request(url + path))).body.toString()),
    );
    expect(bodies).toEqual(paths);
    expect(connections()).toBeLessThanOrEqual(3);
  });

  it('to the origin unused for longest are closed when there are too many origins', async () => {
    let now = Date.now();
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    const wire = transport({ maxOrigins: 2, clock });
    const origins = await Promise.all([1, 2, 3].map(() => origin(httpOrigin((_req, res) => res.end()))));
    for (const i of [0, 1, 0, 2, 0, 1]) {
      now += 10;
      await wire.send(request(origins[i]!.url));
    }
    expect(origins.map((one) => one.connections())).toEqual([1, 2, 1]);
  });

  it('are not trusted after the process was frozen', async () => {
    let now = Date.now();
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    const { url, connections } = await origin(httpOrigin((_req, res) => res.end()));
    const wire = transport({ clock });
    const send = () => wire.send(request(url, { deadline: { at: now + 25_000 } }));
    await send();
    await send();
    expect(connections()).toBe(1);
    now += 10 * 60_000;
    await send();
    expect(connections()).toBe(2);
  });

  it('close with the transport, and then nothing is sent any more', async () => {
    const { url } = await origin(httpOrigin(() => {}));
    const wire = transport({ maxConnections: 1 });
    const pending = [failure(wire, request(url)), failure(wire, request(url))];
    await wire.close();
    for (const error of [...(await Promise.all(pending)), await failure(wire, request(url))]) {
      expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', internal: { cause: 'reset' } });
    }
  });

  it('do not keep the process alive while idle', async () => {
    const { url } = await origin(httpOrigin((_req, res) => res.end('ok')));
    const { spawn } = await import('node:child_process');
    const program = `
      import { createTransport } from ${JSON.stringify(new URL('../../../../lib/vendors/http/undici-transport.ts', import.meta.url).href)};
      const wire = createTransport({ isLocal: true });
      await wire.send({ method: 'GET', url: ${JSON.stringify(url)}, headers: {}, timeoutMs: 60000, deadline: { at: Date.now() + 60000 }, maxBytes: 1000 });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });
});

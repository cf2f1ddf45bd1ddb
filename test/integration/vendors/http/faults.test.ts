import { afterEach, describe, expect, it } from 'vitest';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { createTransport, type TransportOptions } from '../../../../lib/vendors/http/undici-transport.ts';
import type { Transport, UpstreamRequest } from '../../../../lib/vendors/http/transport.ts';
import { answer, failure, httpOrigin, rawOrigin, request, type Origin } from './origins.ts';

const opened: { close(): Promise<void> }[] = [];
const uncaught: unknown[] = [];
process.on('uncaughtExceptionMonitor', (error) => uncaught.push(error));

afterEach(async () => {
  for (const thing of opened.splice(0).toReversed()) await thing.close();
  // Late errors of sockets that nobody waits for any more would show up here.
  await new Promise((resolve) => setImmediate(resolve));
  if (uncaught.length > 0) throw new AggregateError(uncaught, 'a socket raised an error nobody caught');
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

/**
 * Fails unless the request is over within the time given. The limit is a timer of this same event loop, set
 * before the request: however slow the machine, what is due later fires later.
 */
async function within(ms: number, run: () => Promise<unknown>): Promise<void> {
  let late = false;
  const limit = setTimeout(() => (late = true), ms);
  await run();
  clearTimeout(limit);
  expect(late).toBe(false);
}

describe('P4 P6 large answers', () => {
  const maxBytes = 1_000_000;
  const zeros = Buffer.alloc(300_000_000);
  const bombs = {
    gzip: gzipSync(zeros, { level: 9 }),
    br: brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  };
  const honest = {
    gzip: gzipSync(zeros.subarray(0, maxBytes)),
    br: brotliCompressSync(zeros.subarray(0, maxBytes)),
  };

  it.each(Object.entries(bombs))(
    'P4 a %s bomb stops at the cap and takes no memory',
    async (encoding, bomb) => {
      expect(bomb.length).toBeLessThan(maxBytes);
      const { url } = await origin(
        httpOrigin((req, res) => {
          const body = req.url === '/honest' ? honest[encoding as keyof typeof honest] : bomb;
          res.writeHead(200, { 'content-encoding': encoding }).end(body);
        }),
      );
      const wire = transport();
      // Code, buffers and the like that any first answer of this size takes.
      for (let i = 0; i < 5; i++) await wire.send(request(`${url}/honest`, { maxBytes }));
      const before = process.memoryUsage().rss;
      for (let i = 0; i < 5; i++) {
        const error = await failure(wire, request(url, { maxBytes }));
        expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE', mayHaveHadEffect: true, retryable: false });
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 * 1024);
    },
  );

  it('P4 a bomb inside a bomb stops as well', async () => {
    const { url } = await origin(
      httpOrigin((_req, res) =>
        res.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(gzipSync(bombs.gzip)),
      ),
    );
    expect(await failure(transport(), request(url, { maxBytes }))).toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
    });
  });

  it('P6 an announced body over the cap is not read', async () => {
    const { url } = await origin(httpOrigin((_req, res) => res.end(Buffer.alloc(7_000_000))));
    const error = await failure(transport(), request(url));
    expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE', internal: { maxBytes: 5_000_000 } });
  });

  it('P6 an endless chunked body is cut at the cap, and the connection with it', async () => {
    let written = 0;
    const { url } = await origin(
      httpOrigin((_req, res) => {
        const more = () => {
          while (!res.destroyed && res.write(Buffer.alloc(65_536))) written += 65_536;
        };
        res.on('drain', more);
        more();
      }),
    );
    expect(await failure(transport(), request(url))).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
    expect(written).toBeLessThan(50_000_000);
  });

  it('a body of exactly the cap passes', async () => {
    const { url } = await origin(httpOrigin((_req, res) => res.end(Buffer.alloc(1_000))));
    expect((await transport().send(request(url, { maxBytes: 1_000 }))).body).toHaveLength(1_000);
  });

  it('endless headers are refused', async () => {
    const { url } = await origin(
      rawOrigin((socket) => socket.write(`HTTP/1.1 200 OK\r\n${`X-A: ${'a'.repeat(999)}\r\n`.repeat(100)}`)),
    );
    expect(await failure(transport(), request(url))).toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      internal: { cause: 'protocol' },
    });
  });
});

describe('P5 slow third parties', () => {
  const slow: Record<string, () => Promise<Origin>> = {
    'headers that never come': () => rawOrigin(() => {}),
    'headers that come one by one': () =>
      rawOrigin((socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', () => 'X-A: b\r\n')),
    'a dripping body': () =>
      rawOrigin((socket) => drip(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n', () => 'x')),
    'a dripping chunked body': () =>
      rawOrigin((socket) =>
        drip(socket, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', () => '1\r\nx\r\n'),
      ),
    'interim answers for ever': () =>
      rawOrigin((socket) => drip(socket, '', () => 'HTTP/1.1 102 Processing\r\n\r\n')),
    'a half-open socket, its peer gone without a word': () => rawOrigin((socket) => void socket.pause()),
    'a server that reads nothing': () =>
      rawOrigin(
        () => {},
        (socket) => socket.pause(),
      ),
  };

  it.each(Object.entries(slow))('P5 %s: 504 before the deadline + 100 ms', async (_, make) => {
    const { url } = await origin(make());
    const wire = transport();
    const body = Buffer.alloc(4_000_000);
    await within(250, async () => {
      const deadline = { at: Date.now() + 150 };
      const error = await failure(wire, request(url, { method: 'POST', body, deadline }));
      expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', mayHaveHadEffect: true });
    });
  });

  it.each(Object.entries(slow))('P5 %s: a timeout of the attempt when that is shorter', async (_, make) => {
    const { url } = await origin(make());
    const error = await failure(transport(), request(url, { timeoutMs: 60 }));
    expect(error).toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      internal: { cause: 'timeout' },
      mayHaveHadEffect: true,
      retryable: true,
    });
  });

  it('a deadline that is past opens no socket', async () => {
    const { url, connections } = await origin(httpOrigin((_req, res) => res.end()));
    const error = await failure(transport(), request(url, { deadline: { at: Date.now() - 1 } }));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', mayHaveHadEffect: false });
    expect(connections()).toBe(0);
  });

  it('a request that waits for a connection and times out was never sent', async () => {
    const paths: string[] = [];
    const { url } = await origin(httpOrigin((req) => void paths.push(req.url!)));
    const wire = transport({ maxConnections: 1 });
    const first = failure(wire, request(`${url}/first`, { timeoutMs: 200 }));
    const second = await failure(wire, request(`${url}/second`, { method: 'POST', timeoutMs: 50 }));
    expect(second).toMatchObject({ internal: { cause: 'timeout' }, mayHaveHadEffect: false });
    await first;
    await expect(failure(wire, request(`${url}/third`, { timeoutMs: 50 }))).resolves.toBeDefined();
    expect(paths).toEqual(['/first', '/third']);
  });

  it('a name that takes for ever to resolve counts as not sent, and holds up nobody behind it', async () => {
    const { port } = await origin(httpOrigin((_req, res) => res.end('ok')));
    let calls = 0;
    const wire = transport({
      maxConnections: 1,
      lookup: (_name, _options, callback) => {
        if (calls++ > 0) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    });
    const url = `http://slow.localhost:${port}`;
    const error = await failure(wire, request(url, { method: 'POST', timeoutMs: 50 }));
    expect(error).toMatchObject({ internal: { cause: 'timeout' }, mayHaveHadEffect: false });
    expect((await wire.send(request(url))).status).toBe(200);
  });

  function drip(socket: import('node:net').Socket, first: string, next: () => string): void {
    if (socket.listenerCount('close') > 1) return;
    socket.write(first);
    const timer = setInterval(() => socket.write(next()), 5);
    socket.on('close', () => clearInterval(timer));
  }
});

describe('P10 connections that break', () => {
  const framings: [string, string][] = [
    ['no length', 'Content-Type: application/json\r\n'],
    ['no length, Connection: close', 'Connection: close\r\n'],
    ['chunks', 'Transfer-Encoding: chunked\r\n'],
    ['chunks, Connection: close', 'Transfer-Encoding: chunked\r\nConnection: close\r\n'],
    ['a length', 'Content-Length: 1000\r\nConnection: close\r\n'],
  ];
  const halfAnswer = (headers: string) => {
    const half = '{"half":';
    const chunked = headers.includes('chunked');
    return `HTTP/1.1 200 OK\r\n${headers}\r\n${chunked ? `${(500).toString(16)}\r\n` : ''}${half}`;
  };

  it.each(framings)('P10 a body with %s that a reset cuts short is no answer', async (_name, headers) => {
    const { url } = await origin(
      rawOrigin((socket) => {
        socket.write(halfAnswer(headers), () => setTimeout(() => socket.resetAndDestroy(), 20));
      }),
    );
    const wire = transport();
    for (let i = 0; i < 3; i++) {
      expect(await failure(wire, request(url, { method: 'POST' }))).toMatchObject({
        code: 'PLATFORM_UNAVAILABLE',
        mayHaveHadEffect: true,
        internal: { cause: 'reset' },
      });
    }
  });

  it.each(framings.slice(0, 2))('P10 a body with %s ends with the connection', async (_name, headers) => {
    const { url } = await origin(rawOrigin((socket) => socket.end(halfAnswer(headers))));
    const { status, body } = await transport().send(request(url));
    expect([status, body.toString()]).toEqual([200, '{"half":']);
  });

  it.each(framings.slice(2))('P10 a body with %s does not end before its time', async (_name, headers) => {
    const { url } = await origin(rawOrigin((socket) => socket.end(halfAnswer(headers))));
    expect(await failure(transport(), request(url, { method: 'POST' }))).toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      mayHaveHadEffect: true,
      internal: { cause: 'reset' },
    });
  });

  const post: Partial<UpstreamRequest> = { method: 'POST', body: Buffer.from('order') };

  it.each(['GET', 'POST'])(
    'P10 a %s on a kept connection that is reset is sent once and may have had effect',
    async (method) => {
      const requests: string[] = [];
      const { url, connections } = await origin(
        rawOrigin((socket, text, nth) => {
          requests.push(text.split(' ', 1)[0]!);
          if (nth.chunk === 0) socket.write(answer('ok'));
          else socket.resetAndDestroy();
        }),
      );
      const wire = transport();
      await wire.send(request(url));
      const error = await failure(wire, request(url, { ...post, method }));
      expect(error).toMatchObject({
        code: 'PLATFORM_UNAVAILABLE',
        internal: { cause: 'reset' },
        mayHaveHadEffect: true,
      });
      expect(requests).toEqual(['GET', method]);
      expect(connections()).toBe(1);
      // The next one gets a connection of its own.
      expect((await wire.send(request(url))).status).toBe(200);
    },
  );

  it('P10 a connection closed while idle is noticed: the next write goes out on a new one', async () => {
    const { url, connections } = await origin(
      rawOrigin((socket) => {
        socket.write(answer('ok'));
        setImmediate(() => socket.end());
      }),
    );
    const wire = transport();
    await wire.send(request(url));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await wire.send(request(url, post))).status).toBe(200);
    expect(connections()).toBe(2);
  });

  it('P10 200 writes against a server that resets at random: none is sent twice', async () => {
    const received = new Map<string, number>();
    let n = 0;
    const { url } = await origin(
      rawOrigin((socket, text) => {
        const id = /^POST \/(\d+)/.exec(text)?.[1] ?? 'lost';
        received.set(id, (received.get(id) ?? 0) + 1);
        if (n++ % 3 === 0) socket.resetAndDestroy();
        else if (n % 7 === 0) socket.end(answer('ok'));
        else socket.write(answer('ok'));
      }),
    );
    const wire = transport({ maxConnections: 8 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) => wire.send(request(`${url}/${i}`, { method: 'POST' }))),
    );
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect([...received.values()].every((times) => times === 1)).toBe(true);
    expect(received.size).toBeLessThanOrEqual(200);
  });

  it.each([
    ['closes before it answers', (socket: import('node:net').Socket) => socket.end(), 'reset'],
    [
      'resets after the headers',
      (socket: import('node:net').Socket) =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx', () => socket.resetAndDestroy()),
      'reset',
    ],
    [
      'closes in the middle of a body',
      (socket: import('node:net').Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'),
      'reset',
    ],
    [
      'closes in the middle of a chunked body',
      (socket: import('node:net').Socket) =>
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'),
      'reset',
    ],
    [
      'speaks something else',
      (socket: import('node:net').Socket) => socket.write('220 smtp.example.com ESMTP\r\n'),
      'protocol',
    ],
    [
      'sends two lengths',
      (socket: import('node:net').Socket) =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'),
      'reset',
    ],
    [
      'sends a body that is no gzip',
      (socket: import('node:net').Socket) => socket.write(answer('nonsense', ['Content-Encoding: gzip'])),
      'protocol',
    ],
    [
      'switches protocols unasked',
      (socket: import('node:net').Socket) =>
        socket.write('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
      'reset',
    ],
  ])('a server that %s', async (_, misbehave, cause) => {
    const { url } = await origin(rawOrigin((socket) => void misbehave(socket)));
    const error = await failure(transport(), request(url, post));
    expect(error).toMatchObject({
      code: 'PLATFORM_UNAVAILABLE',
      internal: { cause },
      mayHaveHadEffect: true,
    });
  });

  it('an answer nobody asked for does not become the next one', async () => {
    const { url } = await origin(
      rawOrigin((socket, text) => {
        if (text.startsWith('GET /first')) socket.write(answer('first') + answer('poison'));
        else socket.write(answer('second'));
      }),
    );
    const wire = transport();
    expect((await wire.send(request(`${url}/first`))).body.toString()).toBe('first');
    expect((await wire.send(request(`${url}/second`))).body.toString()).toBe('second');
  });

  it('a port where nobody listens', async () => {
    const gone = await httpOrigin(() => {});
    await gone.close();
    const error = await failure(transport(), request(gone.url, post));
    expect(error).toMatchObject({ internal: { cause: 'refused' }, mayHaveHadEffect: false, retryable: true });
  });
});

/**
 * The HTTP server of every simulated third party: reads a request whole, passes it on, and can reset its
 * connection. Independent of Gatehouse.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface PeerRequest {
  method: string;
  /** Decoded path, without query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  cookies: Map<string, string>;
  body: Buffer;
}

export interface Reply {
  status: number;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

export interface PeerOptions {
  port?: number | undefined;
  handle: (request: PeerRequest) => Reply | Promise<Reply>;
  /** Asked as soon as the headers are there: `true` resets the connection without reading the body. */
  hangUp?: (path: string) => boolean;
}

export interface Peer {
  baseUrl: string;
  port: number;
  stop(): Promise<void>;
}

const MAX_BODY_BYTES = 20_000_000;

/** Listens on 127.0.0.1; port 0 (the default) is any free one. */
export async function startPeer({ port = 0, handle, hangUp = () => false }: PeerOptions): Promise<Peer> {
  // `stop` cuts off requests in progress: a test must not wait for them.
  const server = createServer((request, response) => {
    serve(request, response, handle, hangUp).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'content-type': 'text/plain' }).end(`Sandbox fault: ${String(error)}`);
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    baseUrl: `http://127.0.0.1:${bound}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  handle: PeerOptions['handle'],
  hangUp: (path: string) => boolean,
): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://127.0.0.1');
  if (!url) return void response.writeHead(400).end();
  const path = decoded(url.pathname);
  if (path === undefined) return void response.writeHead(400).end();
  if (hangUp(path)) return reset(request.socket);
  const body = await readBody(request);
  if (!body) return void response.writeHead(413).end();
  const reply = await handle({
    method: request.method ?? 'GET',
    path,
    query: url.searchParams,
    headers: request.headers,
    cookies: cookiesOf(request.headers.cookie),
    body,
  });
  // The switch may have changed while the request was handled.
  if (hangUp(path)) return reset(request.socket);
  response
    .writeHead(reply.status, reply.headers ?? {})
    .end(request.method === 'HEAD' ? undefined : reply.body);
}

/** RST, not FIN: what a crashed process behind a router looks like. */
function reset(socket: Socket): void {
  socket.resetAndDestroy();
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function cookiesOf(header = ''): Map<string, string> {
  const pairs = header.split(';').map((pair) => pair.trim().split('='));
  return new Map(pairs.map(([name = '', ...value]) => [name, value.join('=')]));
}

export function json(value: unknown, status = 200): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: typeof value === 'string' ? value : JSON.stringify(value),
  };
}

/** Third parties for the transport's tests: well-behaved ones, and raw sockets for every other kind. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { GatewayError } from '../../../../lib/runtime/errors.ts';
import type { Transport, UpstreamRequest } from '../../../../lib/vendors/http/transport.ts';

export interface Origin {
  url: string;
  port: number;
  /** Sockets accepted so far. */
  connections: () => number;
  close: () => Promise<void>;
}

/** A node:http server; keeps idle connections open for as long as a test lasts. */
export function httpOrigin(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Origin> {
  const server = createHttpServer({ keepAliveTimeout: 60_000 }, answer);
  return listen(server);
}

/** `onData` gets each chunk that arrives, and which socket and chunk it is, counted from 0. */
export function rawOrigin(
  onData: (socket: Socket, text: string, nth: { socket: number; chunk: number }) => void,
  onConnection: (socket: Socket) => void = () => {},
): Promise<Origin> {
  let sockets = 0;
  const server = createTcpServer((socket) => {
    const nth = { socket: sockets++, chunk: 0 };
    socket.on('error', () => {});
    onConnection(socket);
    socket.on('data', (chunk) => {
      onData(socket, chunk.toString('latin1'), { ...nth });
      nth.chunk++;
    });
  });
  return listen(server);
}

async function listen(server: Server): Promise<Origin> {
  const open = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** A GET with generous limits. */
export function request(url: string, rest: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    method: 'GET',
    url,
    headers: {},
    timeoutMs: 20_000,
    deadline: { at: Date.now() + 25_000 },
    maxBytes: 5_000_000,
    ...rest,
  };
}

/** The error of a request that must fail. */
export async function failure(transport: Transport, wanted: UpstreamRequest): Promise<GatewayError> {
  const answer = await transport.send(wanted).then(
    ({ status }) => status,
    (error: unknown) => error as GatewayError,
  );
  if (typeof answer === 'number') throw new Error(`answered ${answer} instead of failing`);
  return answer;
}

/** A whole answer with a body, to be written to a raw socket. */
export function answer(body: string, headers: string[] = []): string {
  return ['HTTP/1.1 200 OK', `Content-Length: ${body.length}`, ...headers, '', body].join('\r\n');
}

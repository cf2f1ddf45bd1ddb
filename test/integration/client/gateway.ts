/** A server that answers as a test tells it to, and remembers what it was asked. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface Asked {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Of the asker: the same where a connection was kept. */
  port: number | undefined;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Reset the connection instead. */
  reset?: boolean;
  /** Never answer. */
  hang?: boolean;
  /** End the connection in the middle of the body. */
  cut?: boolean;
  /** An answer before the answer: 103, with these headers. */
  early?: Record<string, string>;
}

export interface FakeGateway {
  baseUrl: string;
  asked: Asked[];
  /** Next answers in order; the last one stays. */
  answer(...answers: Answer[]): void;
  /** Ends the connections on which nothing is asked. */
  endIdle(): Promise<void>;
  stop(): Promise<void>;
}

export async function startGateway(): Promise<FakeGateway> {
  const asked: Asked[] = [];
  let answers: Answer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      asked.push({ method, url, headers, body: Buffer.concat(chunks), port: request.socket.remotePort });
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? {};
      if (answer.reset) request.socket.resetAndDestroy();
      if (answer.reset || answer.hang) return;
      if (answer.early) response.writeEarlyHints({ link: '</x>; rel=preload', ...answer.early });
      if (answer.cut) {
        response.writeHead(200, { 'content-length': '1000' });
        response.write(answer.body, () => request.socket.end());
        return;
      }
      response.writeHead(answer.status ?? 200, answer.headers ?? {}).end(answer.body ?? '');
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer(...next) {
      answers = next;
      asked.length = 0;
    },
    async endIdle() {
      server.closeIdleConnections();
      const count = () => promisify(server.getConnections.bind(server))();
      while ((await count()) > 0) await setImmediate();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const data = (value: unknown, meta: object = {}, headers: Record<string, string> = {}): Answer => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({
    success: true,
    data: value,
    meta: { requestId: 'r-1', attempts: 1, cached: false, stale: false, durationMs: 5, ...meta },
  }),
});

export function problem(code: string, status: number, rest: object = {}, retryAfter?: number): Answer {
  return {
    status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
    body: JSON.stringify({
      type: `urn:gatehouse:problem:${code}`,
      title: 'A title',
      status,
      code,
      detail: `Something about ${code}.`,
      requestId: 'r-9',
      retryable: false,
      ...rest,
    }),
  };
}

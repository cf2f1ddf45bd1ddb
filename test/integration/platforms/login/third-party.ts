/** A third party on a real socket: scripted answers, and everything it was asked. */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** How often this path was asked, this time included. */
  nth: number;
}

export interface Said {
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

/** `reset`: the connection breaks after the request was read. `hang`: nothing ever comes. */
export type Script = (asked: Asked) => Said | 'reset' | 'hang';

export interface ThirdParty {
  url: string;
  asked: Asked[];
  /** Requests of one path. */
  of(path: string): Asked[];
  close(): Promise<void>;
}

export async function startThirdParty(script: Script): Promise<ThirdParty> {
  const asked: Asked[] = [];
  const of = (path: string) => asked.filter((request) => request.path === path);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://x');
      const nth = of(path).length + 1;
      const { method = '', headers } = request;
      const one: Asked = { method, path, query, headers, body: Buffer.concat(chunks), nth };
      asked.push(one);
      const said = script(one);
      if (said === 'hang') return;
      if (said === 'reset') {
        request.socket.destroy();
        return;
      }
      response.writeHead(said.status ?? 200, said.headers ?? {});
      response.end(said.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    of,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

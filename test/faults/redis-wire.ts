/** Loses replies between the Redis adapter and the REST front: what was asked for has been carried out. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from '../../dev/host/body.ts';

export interface RedisWire {
  /** For `UPSTASH_REDIS_REST_URL`. */
  url: string;
  /** The next replies that tell of success are lost. The adapter asks once more. */
  loseReplies(count?: number): void;
  /** How many were lost. */
  lost(): number;
  stop(): Promise<void>;
}

const MAX_BYTES = 10 * 1024 * 1024;

/** @param upstream the URL of the REST front. */
export async function startRedisWire(upstream: string): Promise<RedisWire> {
  let losing = 0;
  let lost = 0;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization = '', 'upstash-encoding': encoding } = request.headers;
    const body = await readBody(request, MAX_BYTES);
    const answer = await fetch(upstream + (request.url ?? '/'), {
      method: request.method ?? 'POST',
      headers: { authorization, ...(encoding === undefined ? {} : { 'upstash-encoding': String(encoding) }) },
      ...(body ? { body: new Uint8Array(body) } : {}),
    });
    const text = await answer.text();
    // "No such script" is not what the test waits for: the script is sent after it, in pipelines with status 200 too.
    if (losing > 0 && answer.ok && !text.includes('"error":')) {
      losing -= 1;
      lost += 1;
      response.socket?.resetAndDestroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.socket?.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseReplies: (count = 1) => void (losing = count),
    lost: () => lost,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

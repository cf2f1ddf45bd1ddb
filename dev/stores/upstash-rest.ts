import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisUnreachable } from './redis-engine.ts';
import type { RedisEngine } from './redis-engine.ts';
import {
  BadCommand,
  execute,
  executeAll,
  executeAtomically,
  parseCommand,
  parseCommands,
} from './upstash-commands.ts';
import type { Encoding } from './upstash-commands.ts';

export interface RestFront {
  url: string;
  token: string;
  /** From now on every answer comes this many milliseconds late. For fault tests. */
  delay(ms: number): void;
  stop(): Promise<void>;
}

export interface RestFrontOptions {
  engine: RedisEngine;
  token: string;
  /** 0: any free one. */
  port?: number;
}

/** Upstash takes 1 MB on its free plan and 100 MB at most; nothing here needs more than this. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * Upstash's REST protocol in front of a Redis, on loopback: `POST /` with a command, `/pipeline` and
 * `/multi-exec` with several, `/{command}/{arg}...` in the path; bearer token (or `_token` in the query);
 * base64 replies on `Upstash-Encoding: base64`.
 * https://upstash.com/docs/redis/features/restapi
 */
export async function startRestFront({ engine, token, port = 0 }: RestFrontOptions): Promise<RestFront> {
  const isToken = sameSecret(token);
  let delayMs = 0;

  async function answer(request: IncomingMessage): Promise<[status: number, body: unknown]> {
    const url = request.url ?? '/';
    const body = await readBody(request);
    if (delayMs > 0) await sleep(delayMs);
    if (!isToken(presentedToken(request.headers.authorization, url)))
      return [401, { error: 'WRONGPASS invalid or missing auth token' }];
    const encoding: Encoding = request.headers['upstash-encoding'] === 'base64' ? 'base64' : 'utf8';

    if (url === '/pipeline') return [200, await executeAll(engine, parseCommands(parseJson(body)), encoding)];
    if (url === '/multi-exec') {
      const outcome = await executeAtomically(engine, parseCommands(parseJson(body)), encoding);
      return [Array.isArray(outcome) ? 200 : 400, outcome];
    }
    const command = url === '/' ? parseCommand(parseJson(body)) : commandOfPath(url, body);
    const outcome = await execute(engine, command, encoding);
    return ['error' in outcome ? 400 : 200, outcome];
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ([status, body]) => reply(response, status, body),
      (error: unknown) => reply(response, ...failure(error)),
    );
  });
  // Longer than clients keep theirs: a connection is not closed under a request on its way.
  server.keepAliveTimeout = 65_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    delay: (ms) => void (delayMs = ms),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function failure(error: unknown): [number, { error: string }] {
  if (error instanceof BadCommand) return [400, { error: error.message }];
  if (error instanceof RedisUnreachable) return [503, { error: 'ERR the database cannot be reached' }];
  return [500, { error: 'ERR internal error' }];
}

/** By events: an async iterator costs as much as the rest of a request. */
function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    request.on('end', () => {
      if (size > MAX_BODY_BYTES) return reject(new BadCommand('ERR max request size exceeded'));
      resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString());
    });
    request.on('error', reject);
  });
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new BadCommand('ERR failed to parse command');
  }
}

/** `/set/key/value?EX=100` is `SET key value EX 100`; a POST body is the last argument before the query's. */
function commandOfPath(url: string, body: string): readonly string[] {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const command = pathname.slice(1).split('/').map(decodeSegment);
  if (body !== '') command.push(body);
  for (const [name, value] of searchParams) {
    if (name !== '_token') command.push(name, ...(value === '' ? [] : [value]));
  }
  return parseCommand(command);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new BadCommand('ERR failed to parse command');
  }
}

function presentedToken(authorization: string | undefined, url: string): string {
  if (authorization?.startsWith('Bearer ')) return authorization.slice(7);
  return url.includes('_token=') ? (new URL(url, 'http://localhost').searchParams.get('_token') ?? '') : '';
}

/** Compares in constant time, whatever the lengths. */
function sameSecret(secret: string): (presented: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(secret);
  return (presented) => timingSafeEqual(digest(presented), expected);
}

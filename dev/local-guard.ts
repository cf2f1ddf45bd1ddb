/**
 * Keeps a server of the laptop to our own processes. Everybody on the machine can open its port, and so can every web
 * page in a browser: it answers only who knows the token of this start, which is the first segment of its address.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export const localToken = (): string => randomBytes(24).toString('base64url');

/** What a request is for, without the token; `undefined`: it is none of ours. */
export function admit({ url = '/', headers }: IncomingMessage, token: string): string | undefined {
  // A page's own script, or a name that was made to resolve to this machine.
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) return undefined;
  if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(headers.host ?? '')) return undefined;
  const [, presented = '', rest = ''] = /^\/([^/?]*)(.*)$/s.exec(url) ?? [];
  return isSame(presented, token) ? rest || '/' : undefined;
}

export function refuse(response: ServerResponse): void {
  response.writeHead(403, { 'content-type': 'application/json', connection: 'close' });
  response.end('{"message":"Forbidden"}');
}

/** Where a server listens, without its token: for messages. */
export const addressOf = (endpoint: string): string => new URL(endpoint).origin;

/** In constant time, whatever the lengths. */
function isSame(presented: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(presented), digest(expected));
}

/** What platforms of the cookbook read and write. */
import type { ServerResponse } from 'node:http';
import type { Seen } from '../../peer.ts';

export const jsonOf = ({ body }: Seen) => JSON.parse(body.toString()) as Record<string, string>;

export const formOf = ({ body }: Seen): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(body.toString()));

export const cookiesOf = ({ headers }: Seen): Record<string, string> =>
  Object.fromEntries((headers.cookie ?? '').split('; ').map((pair) => pair.split('=', 2)));

export function sendHtml(
  response: ServerResponse,
  text: string,
  headers: Record<string, string | string[]> = {},
): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(text);
}

export function redirect(response: ServerResponse, location: string, cookies: string[] = []): void {
  response.writeHead(302, { location, 'set-cookie': cookies }).end();
}

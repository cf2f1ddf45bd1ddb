import type { Deadline } from '../runtime/clock.ts';
import type { Principal } from '../access/roles.ts';

/** One request to the API, independent of any event format. */
export interface ApiRequest {
  method: string;
  /** Decoded: API Gateway's HTTP API decodes the path. */
  path: string;
  /** Without "?"; still encoded. */
  query: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
  sourceIp: string;
  requestId: string;
  principal: Principal;
  deadline: Deadline;
  /** What the route's pattern captured of the path. */
  params: Record<string, string>;
}

export interface ApiResponse {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
  /** The error behind a status from 500 on: for the log, never sent. */
  cause?: unknown;
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): ApiResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...headers,
    },
    body: JSON.stringify(value),
  };
}

export const noContent = (): ApiResponse => ({ status: 204, headers: {}, body: '' });

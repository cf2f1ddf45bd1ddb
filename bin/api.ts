import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from './json.ts';
import { isLoopback } from './loopback.ts';

/** Exit codes that scripts can use. */
export const EXIT = {
  OK: 0,
  /** The API answered with a problem. */
  FAILED: 1,
  /** Wrong arguments. */
  USAGE: 2,
  /** A file or value is not valid: nothing was sent. */
  INVALID: 3,
  /** The API cannot be reached. */
  UNREACHABLE: 4,
  /** No key, or one that may not do this. */
  DENIED: 5,
} as const;

/** Ends a command: a message for a person, and the exit code. */
export class CommandFailed extends Error {
  readonly exitCode: number;
  readonly details: unknown;
  constructor(message: string, exitCode: number, details?: unknown) {
    super(message);
    this.exitCode = exitCode;
    this.details = details;
  }
}

export interface Api {
  readonly url: string;
  get(path: string): Promise<unknown>;
  send(
    method: 'PUT' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<unknown>;
}

interface Problem {
  code?: string;
  title?: string;
  detail?: string;
  requestId?: string;
  errors?: { field: string; message: string }[];
}

/** The key: option, environment, or, for a stack on this machine, the one it made for itself. */
export function findKey(url: string, option: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const given = option ?? env['GATEHOUSE_KEY'] ?? env['GATEHOUSE_ADMIN_KEY'];
  if (given || !isLoopback(url)) return given;
  try {
    return readFileSync(join(env['GATEHOUSE_DATA_DIR'] ?? '.local', 'admin-key'), 'utf8').trim();
  } catch {
    return undefined;
  }
}

export function connectApi(url: string, key: string | undefined): Api {
  async function ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(new URL(path, url), {
        method,
        headers: {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(180_000),
      });
    } catch {
      throw new CommandFailed(
        `No Gatehouse answers at ${url}. Start one with "npm start", or name another with --url.`,
        EXIT.UNREACHABLE,
      );
    }
    const text = await response.text();
    if (!response.ok) throw failure(response.status, text);
    if (text === '') return undefined;
    try {
      return readJson(text);
    } catch {
      throw new CommandFailed(
        `What answers at ${url} is no Gatehouse: ${response.status} without JSON.`,
        EXIT.UNREACHABLE,
      );
    }
  }
  return { url, get: (path) => ask('GET', path), send: ask };
}

function failure(status: number, text: string): CommandFailed {
  let problem: Problem = {};
  try {
    problem = readJson(text) as Problem;
  } catch {
    // A gateway in between answered with something else: the status has to do.
  }
  const { code = String(status), title = 'The API refused', detail, requestId, errors = [] } = problem;
  const lines = [
    // With fields, the detail is the first of them once more.
    `${code}: ${errors.length > 0 ? title : detail || title}`,
    ...errors.map(({ field, message }) => `  ${field}: ${message}`),
    ...(requestId ? [`  request id ${requestId}`] : []),
  ];
  const denied = status === 401 || status === 403;
  return new CommandFailed(lines.join('\n'), denied ? EXIT.DENIED : EXIT.FAILED, problem);
}

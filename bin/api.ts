import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { encodeQuery } from '../client/body.ts';
import type { Query } from '../client/body.ts';
import { requestPath } from '../client/request.ts';
import type { RequestArguments } from '../client/request.ts';
import { ROUTES } from '../lib/api/routes.ts';
import { readJson } from './json.ts';
import { isLoopback } from './loopback.ts';
import type { ExportRouteId, JsonRouteId, RouteShape } from './route-types.ts';
import { visibleLine } from './visible.ts';

/** Exit codes that scripts can use. */
export const EXIT = {
  OK: 0,
  /** The API refused, or a check found something. */
  FAILED: 1,
  /** An unknown command, wrong arguments. */
  USAGE: 2,
  /** A file or value is not valid: nothing was sent. */
  INVALID: 3,
  /** The API cannot be reached. */
  UNREACHABLE: 4,
  /** No key, or one without permission. */
  DENIED: 5,
} as const;

/** Ends a command with a message and an exit code. */
export class CommandFailed extends Error {
  readonly exitCode: number;
  readonly details: unknown;
  constructor(message: string, exitCode: number, details?: unknown) {
    super(message);
    this.exitCode = exitCode;
    this.details = details;
  }
}

/** Did the API refuse with this code? */
export const isProblem = (error: unknown, code: string): boolean =>
  error instanceof CommandFailed && (error.details as Problem | undefined)?.code === code;

export interface RequestOptions {
  headers?: Record<string, string>;
  /** A body that is no JSON. */
  text?: { type: string; body: string };
}

export interface Api {
  readonly url: string;
  /**
   * Requests a route of the API by its name. Path, fields and answer are those of the route table: a wrong one does
   * not compile. @throws CommandFailed
   */
  request<Id extends JsonRouteId>(
    route: Id,
    ...rest: RequestArguments<RouteShape<Id>, RequestOptions>
  ): Promise<RouteShape<Id>['answer']>;
  /** The same for a route that answers with a file. */
  download(
    route: 'getCaptchaImage' | 'getLoginImage',
    params: Record<string, string>,
  ): Promise<{ contentType: string; bytes: Buffer }>;
  /** Each page of a list as a file, from link to link. */
  pages(route: ExportRouteId, query: Query): AsyncGenerator<Buffer, void, undefined>;
}

interface Problem {
  code?: string;
  title?: string;
  detail?: string;
  requestId?: string;
  errors?: { field: string; message: string }[];
  upstream?: { status: number; body: unknown };
}

export interface FoundKey {
  key?: string;
  /** Where it is from, or where there is none. */
  where: string;
}

/** The key: option, environment, or, for a stack on this machine, the one it generated. */
export function findKey(url: string, option: string | undefined, env: NodeJS.ProcessEnv): FoundKey {
  if (option) return { key: option, where: '--key' };
  for (const name of ['GATEHOUSE_KEY', 'GATEHOUSE_ADMIN_KEY']) {
    const key = env[name];
    if (key) return { key, where: `the variable ${name}` };
  }
  if (!isLoopback(url)) return { where: '--key and GATEHOUSE_KEY' };
  const file = resolve(env['GATEHOUSE_DATA_DIR'] ?? '.local', 'admin-key');
  try {
    return { key: readFileSync(file, 'utf8').trim(), where: file };
  } catch {
    return { where: `--key, GATEHOUSE_KEY and ${file}` };
  }
}

/** Of a 401: an HTTP header is no advice for a command line. */
const keyFault = (url: string, { key, where }: FoundKey): string =>
  key === undefined
    ? `there is no key in ${where}. Set GATEHOUSE_KEY; for a stack on this machine, GATEHOUSE_DATA_DIR as it was started with`
    : `${url} does not take the key from ${where}: it was revoked, has ended, or belongs to another stack`;

/** A request's input, untyped. */
interface UntypedInput {
  params?: Readonly<Record<string, string>> | undefined;
  query?: Query | undefined;
  body?: unknown;
}

/** @throws CommandFailed `USAGE` for an invalid URL. */
export function connectApi(url: string, found: FoundKey): Api {
  const { key } = found;
  const refused = (status: number, text: string) =>
    failure(status, text, status === 401 ? keyFault(url, found) : undefined);
  if (!/^https?:/.test(URL.parse(url)?.protocol ?? '')) {
    throw new CommandFailed(`"${url}" is not a URL: use one like http://127.0.0.1:3000.`, EXIT.USAGE);
  }

  async function request(
    route: JsonRouteId,
    { params = {}, query, body }: UntypedInput = {},
    { headers = {}, text: own }: RequestOptions = {},
  ): Promise<unknown> {
    const { method, path } = ROUTES[route];
    const target = new URL(filledPath(path, params) + encodeQuery(query), url);
    const init = {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(own && { 'content-type': own.type }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(own && { body: own.body }),
      signal: AbortSignal.timeout(180_000),
    };
    const { ok, status, bytes } = await fetchAll(target, init, url);
    const text = bytes.toString();
    if (!ok) throw refused(status, text);
    if (text === '') return undefined;
    try {
      return readJson(text);
    } catch {
      throw new CommandFailed(
        `${url} is not a Gatehouse API: it answered ${status} without JSON.`,
        EXIT.UNREACHABLE,
      );
    }
  }

  const download: Api['download'] = async (route, params) => {
    const target = new URL(filledPath(ROUTES[route].path, params), url);
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const { ok, status, type, bytes } = await fetchAll(target, { headers }, url);
    if (!ok) throw refused(status, bytes.toString());
    return { contentType: type, bytes };
  };

  async function* pages(route: ExportRouteId, query: Query): AsyncGenerator<Buffer, void, undefined> {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    let next: string | undefined = ROUTES[route].path + encodeQuery(query);
    while (next !== undefined) {
      const { ok, status, link, bytes } = await fetchAll(new URL(next, url), { headers }, url);
      if (!ok) throw refused(status, bytes.toString());
      yield bytes;
      next = /<([^>]+)>;\s*rel="next"/.exec(link)?.[1];
    }
  }

  // The route table's types do not exist at run time.
  return { url, request: request as Api['request'], download, pages };
}

function filledPath(path: string, params: Readonly<Record<string, string>>): string {
  try {
    return requestPath<string>(path, params);
  } catch (error) {
    throw new CommandFailed((error as Error).message, EXIT.USAGE);
  }
}

async function fetchAll(target: URL, init: RequestInit, url: string) {
  try {
    const response = await fetch(target, init);
    const { ok, status, headers } = response;
    const bytes = Buffer.from(await response.arrayBuffer());
    const [type, link] = [headers.get('content-type') ?? '', headers.get('link') ?? ''];
    return { ok, status, type, link, bytes };
  } catch {
    throw new CommandFailed(
      `No answer from ${url}. Start Gatehouse with "npm start", or set another URL with --url.`,
      EXIT.UNREACHABLE,
    );
  }
}

/** @param instead of the API's own words */
function failure(status: number, text: string, instead?: string): CommandFailed {
  let problem: Problem = {};
  try {
    problem = readJson(text) as Problem;
  } catch {
    // A gateway in between answered with something else: only the status is known.
  }
  const {
    code = String(status),
    title = 'The API refused the request',
    detail,
    requestId,
    errors = [],
    upstream,
  } = problem;
  const lines = [
    // With fields, the detail repeats the first of them.
    `${code}: ${instead ?? (errors.length > 0 ? title : detail || title)}`,
    ...errors.map(({ field, message }) => `  ${field}: ${message}`),
    ...(upstream
      ? [`  the third party answered ${upstream.status}: ${visibleLine(JSON.stringify(upstream.body) ?? '')}`]
      : []),
    ...(requestId ? [`  request id ${requestId}`] : []),
  ];
  const denied = status === 401 || status === 403;
  return new CommandFailed(lines.join('\n'), denied ? EXIT.DENIED : EXIT.FAILED, problem);
}

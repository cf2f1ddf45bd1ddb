/**
 * The client of Gatehouse's HTTP API, for business code. Needs `fetch` (Node 20, browsers) and nothing else.
 *
 * ```ts
 * const client = createClient({ baseUrl: 'https://gatehouse.example.com', apiKey: process.env.GATEHOUSE_KEY! });
 * const user = await client.call('CITY_CENTER_WORK_ORDER', 'getUserInfo', { userId: '10002' });
 * ```
 */
import { encodeBody, encodeQuery } from './body.ts';
import type { Query } from './body.ts';
import { systemClock } from './clock.ts';
import type { GatewayError } from './errors.ts';
import { parseExactJson } from './json.ts';
import { errorOfProblem, errorOfForeignAnswer, requestIdOf } from './problem.ts';
import { requestPath } from './request.ts';
import type { RequestInput } from './request.ts';
import { ROUTES } from './routes.generated.ts';
import type { OperationAnswer, Routes } from './routes.generated.ts';
import { send } from './send.ts';
import type { Channel } from './send.ts';
import type {
  AnyServices,
  BatchResult,
  CallMeta,
  CallOptions,
  CallResult,
  Client,
  ClientOptions,
  ProxyOptions,
  ServicesShape,
} from './types.ts';

export {
  AuthenticationError,
  CaptchaError,
  ConfigurationError,
  GatewayError,
  PlatformApiError,
  PlatformUnavailableError,
  QuotaExceededError,
  SessionExpiredError,
  SessionNeedsPersonError,
} from './errors.ts';
export type { ClientCode, GatewayErrorCode, GatewayErrorDetails, ProblemCode } from './errors.ts';
export type { ProxyBody, Query, QueryValue } from './body.ts';
export type { ClientClock } from './clock.ts';
export { EventVerificationError, verifyEvent } from './events.ts';
export type { EventHeaders, GatehouseEvent, VerifyOptions } from './events.ts';
export type { RequestArguments, RequestInput } from './request.ts';
export type * from './routes.generated.ts';
export type * from './types.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** What a URL resolves; a backslash is a slash there. */
const DOT_SEGMENT = /^[^?#]*[\\/](\.|%2e){1,2}([\\/?#]|$)/i;

/** @throws TypeError when `baseUrl` is not a URL, or `apiKey` cannot be one. */
export function createClient<S extends ServicesShape<S> = AnyServices>(options: ClientOptions): Client<S> {
  const { timeoutMs = 60_000, clock = systemClock, parseJson = parseExactJson } = options;
  const apiKey = options.apiKey.trim();
  // Checked here, as `Headers` would print it with its complaint.
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw new TypeError('`apiKey` is no API key: visible ASCII characters.');
  const base = new URL(options.baseUrl).href.replace(/\/$/, '');
  if (!/^https?:/.test(base)) throw new TypeError('`baseUrl` is an address as https://gatehouse.example.com');
  const channel: Channel = {
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    retries: options.retries ?? 2,
    clock,
    fraction: options.fraction ?? Math.random,
  };

  function headersFor(own: HeadersInit | undefined, { idempotencyKey, account }: CallOptions): Headers {
    const headers = new Headers(own);
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (!headers.has(name)) headers.set(name, value);
    }
    headers.set('authorization', `Bearer ${apiKey}`);
    if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey);
    if (account !== undefined) headers.set('x-gatehouse-account', account);
    return headers;
  }

  const limits = (call: CallOptions) => ({ timeoutMs: call.timeoutMs ?? timeoutMs, signal: call.signal });

  function documentOf(text: string): unknown {
    try {
      return parseJson(text);
    } catch {
      return undefined;
    }
  }

  /** Gatehouse's JSON answer, or none where the route has none; anything else is a failure. */
  async function readAnswer(response: Response): Promise<{ document: unknown; response: Response }> {
    const text = await response.text();
    const document = documentOf(text);
    const empty = response.status === 204 && text === '';
    if (response.ok && (document !== undefined || empty)) return { document, response };
    throw errorOfProblem(document, response) ?? errorOfForeignAnswer(response);
  }

  async function answerOf<R extends keyof Routes>(
    route: R,
    input: RequestInput<Routes[R]>,
    call: CallOptions = {},
  ): Promise<{ document: Routes[R]['answer']; response: Response }> {
    const { method, path } = ROUTES[route];
    const { params = {}, query, body } = input as UntypedInput;
    const headers = headersFor(body === undefined ? {} : { 'content-type': 'application/json' }, call);
    const outgoing = {
      method,
      url: base + requestPath<string>(path, params) + encodeQuery(query),
      headers,
      ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
      repeatable: isRepeatable(method, call),
      ...limits(call),
    };
    const { document, response } = await send(outgoing, channel, readAnswer);
    // The route table types the answer, and Gatehouse's handlers are checked against it.
    return { document: document as Routes[R]['answer'], response };
  }

  async function callWithMeta(
    service: string,
    operation: string,
    params: Record<string, unknown> = {},
    call: CallOptions = {},
  ): Promise<CallResult<unknown>> {
    const input = { params: { code: service, operation }, body: { params } };
    const { document, response } = await answerOf('callOperation', input, call);
    return resultOf(document, response);
  }

  async function batch(service: string, calls: Routes['callBatch']['body'], call?: CallOptions) {
    const { document, response } = await answerOf(
      'callBatch',
      { params: { code: service }, body: calls },
      call,
    );
    return document.items.map((item): BatchResult<unknown> => {
      if (item.success) return { success: true, ...resultOf(item, response) };
      return { success: false, error: batchError(item.error, response) };
    });
  }

  async function proxy(
    service: string,
    method: string,
    path: string,
    call: ProxyOptions = {},
  ): Promise<Response> {
    if (!path.startsWith('/')) throw new TypeError('A proxied path starts with "/".');
    if (DOT_SEGMENT.test(path)) {
      throw new TypeError('A proxied path has no dot segments: they would lead to another route.');
    }
    const headers = headersFor(call.headers, call);
    const body = call.body === undefined ? undefined : await encodeBody(call.body);
    if (body?.contentType !== undefined && !headers.has('content-type')) {
      headers.set('content-type', body.contentType);
    }
    const verb = method.toUpperCase();
    const target = requestPath(ROUTES.rawProxy.path, { code: service, path: path.slice(1) });
    const outgoing = {
      method: verb,
      url: base + target + encodeQuery(call.query),
      headers,
      ...(body === undefined ? {} : { body: body.bytes }),
      repeatable: isRepeatable(verb, call),
      ...limits(call),
    };
    return send(outgoing, channel, async (response) => {
      if (!isProblem(response)) return response;
      // A third party may send problem documents too: those are its answer, passed on unchanged.
      const problem = errorOfProblem(documentOf(await response.clone().text()), response);
      if (problem) throw problem;
      return response;
    });
  }

  const client = {
    call: async (service: string, operation: string, params?: Record<string, unknown>, call?: CallOptions) =>
      (await callWithMeta(service, operation, params, call)).data,
    callWithMeta,
    batch,
    proxy,
    request: async (route: keyof Routes, input: RequestInput<Routes[keyof Routes]>, call?: CallOptions) =>
      (await answerOf(route, input ?? {}, call)).document,
  };
  // The map of services has no run-time form: only the types differ.
  return client as unknown as Client<S>;
}

/** A request's input, untyped. */
interface UntypedInput {
  params?: Readonly<Record<string, string>>;
  query?: Query;
  body?: unknown;
}

const isRepeatable = (method: string, { idempotent, idempotencyKey }: CallOptions) =>
  SAFE_METHODS.has(method) || idempotent === true || idempotencyKey !== undefined;

const isProblem = (response: Response) =>
  response.headers.get('content-type')?.startsWith('application/problem+json') === true;

function resultOf({ data, meta }: OperationAnswer, response: Response): CallResult<unknown> {
  const session = response.headers.get('x-gatehouse-session') ?? undefined;
  return {
    data,
    meta: {
      requestId: meta?.requestId ?? requestIdOf(response.headers) ?? '',
      attempts: meta?.attempts ?? 1,
      cached: meta?.cached ?? false,
      stale: meta?.stale ?? false,
      durationMs: meta?.durationMs ?? 0,
      replayed: response.headers.get('idempotency-replayed') === 'true',
      account: meta?.account,
      session: session as CallMeta['session'],
    },
  };
}

/** In a batch the problem is inside an answer that has succeeded: its own status counts. */
function batchError(problem: unknown, { headers }: Response): GatewayError {
  const { status } = (problem ?? {}) as { status?: number };
  const context = { status: status ?? 0, headers };
  return errorOfProblem(problem, context) ?? errorOfForeignAnswer(context);
}

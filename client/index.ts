/**
 * The client of Gatehouse's HTTP API, for business code. Needs `fetch` (Node 20, browsers) and nothing else.
 *
 * ```ts
 * const client = createClient({ baseUrl: 'https://gatehouse.example.com', apiKey: process.env.GATEHOUSE_KEY! });
 * const user = await client.call('CITY_CENTER_WORK_ORDER', 'getUserInfo', { userId: '10002' });
 * ```
 */
import { encodeBody, encodeQuery } from './body.ts';
import { systemClock } from './clock.ts';
import type { GatewayError } from './errors.ts';
import { errorOfProblem, errorOfStranger, requestIdOf } from './problem.ts';
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
  SessionExpiredError,
} from './errors.ts';
export type { ClientCode, GatewayErrorCode, GatewayErrorDetails, ProblemCode } from './errors.ts';
export type { ProxyBody, Query, QueryValue } from './body.ts';
export type { ClientClock } from './clock.ts';
export type * from './types.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @throws TypeError when `baseUrl` is no URL */
export function createClient<S extends ServicesShape<S> = AnyServices>(options: ClientOptions): Client<S> {
  const {
    apiKey,
    timeoutMs = 60_000,
    clock = systemClock,
    parseJson = JSON.parse as (text: string) => unknown,
  } = options;
  const base = new URL(options.baseUrl).href.replace(/\/$/, '');
  const channel: Channel = {
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    retries: options.retries ?? 2,
    clock,
    fraction: options.fraction ?? Math.random,
  };

  function headersFor(own: HeadersInit | undefined, { idempotencyKey }: CallOptions): Headers {
    const headers = new Headers(own);
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (!headers.has(name)) headers.set(name, value);
    }
    headers.set('authorization', `Bearer ${apiKey}`);
    if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey);
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

  /** A JSON answer of ours; anything else is a failure. */
  async function readAnswer(response: Response): Promise<{ document: unknown; response: Response }> {
    const document = documentOf(await response.text());
    if (response.ok && document !== undefined) return { document, response };
    throw errorOfProblem(document, response) ?? errorOfStranger(response);
  }

  async function post(path: string, body: unknown, call: CallOptions = {}) {
    const headers = headersFor({ 'content-type': 'application/json' }, call);
    const repeatable = call.idempotent === true || call.idempotencyKey !== undefined;
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    const outgoing = { method: 'POST', url: base + path, headers, body: bytes, repeatable, ...limits(call) };
    return send(outgoing, channel, readAnswer);
  }

  async function callWithMeta(
    service: string,
    operation: string,
    params: unknown = {},
    call: CallOptions = {},
  ): Promise<CallResult<unknown>> {
    const path = `/v1/services/${encodeURIComponent(service)}/operations/${encodeURIComponent(operation)}`;
    const { document, response } = await post(path, { params }, call);
    return resultOf(document, response);
  }

  async function batch(service: string, calls: readonly unknown[], call?: CallOptions) {
    const { document, response } = await post(
      `/v1/services/${encodeURIComponent(service)}/batch`,
      calls,
      call,
    );
    const { items } = document as { items: { success: boolean; error?: unknown }[] };
    return items.map((item): BatchResult<unknown> => {
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
    const headers = headersFor(call.headers, call);
    const body = call.body === undefined ? undefined : await encodeBody(call.body);
    if (body?.contentType !== undefined && !headers.has('content-type')) {
      headers.set('content-type', body.contentType);
    }
    const verb = method.toUpperCase();
    const outgoing = {
      method: verb,
      url: `${base}/v1/services/${encodeURIComponent(service)}/proxy${path}${encodeQuery(call.query)}`,
      headers,
      ...(body === undefined ? {} : { body: body.bytes }),
      repeatable: SAFE_METHODS.has(verb) || call.idempotent === true || call.idempotencyKey !== undefined,
      ...limits(call),
    };
    return send(outgoing, channel, async (response) => {
      if (!isProblem(response)) return response;
      // A third party may write problems too: those are its answer, handed on whole.
      const problem = errorOfProblem(documentOf(await response.clone().text()), response);
      if (problem) throw problem;
      return response;
    });
  }

  const client = {
    call: async (service: string, operation: string, params?: unknown, call?: CallOptions) =>
      (await callWithMeta(service, operation, params, call)).data,
    callWithMeta,
    batch,
    proxy,
  };
  // The typed face over the untyped functions: nothing of the map of services exists at run time.
  return client as unknown as Client<S>;
}

const isProblem = (response: Response) =>
  response.headers.get('content-type')?.startsWith('application/problem+json') === true;

function resultOf(document: unknown, response: Response): CallResult<unknown> {
  const { data, meta } = document as { data: unknown; meta?: Partial<CallMeta> };
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
      session: session as CallMeta['session'],
    },
  };
}

/** In a batch the problem stands inside an answer that has succeeded: its own status counts. */
function batchError(problem: unknown, { headers }: Response): GatewayError {
  const { status } = (problem ?? {}) as { status?: number };
  const context = { status: status ?? 0, headers };
  return errorOfProblem(problem, context) ?? errorOfStranger(context);
}

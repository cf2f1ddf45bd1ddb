import type { ProxyBody, Query } from './body.ts';
import type { ClientClock } from './clock.ts';
import type { GatewayError } from './errors.ts';
import type { RequestArguments } from './request.ts';
import type { Routes } from './routes.generated.ts';

/** Input and result of an operation. */
export interface OperationShape {
  params: unknown;
  result: unknown;
}

/** Services by code, operations by name. Written so that an `interface` fits too. */
export type ServicesShape<S> = { [C in keyof S]: { [O in keyof S[C]]: OperationShape } };

/** Without a map of services: any code, any operation, result `unknown`. */
export type AnyServices = Record<
  string,
  Record<string, { params: Readonly<Record<string, unknown>>; result: unknown }>
>;

/** Distributes: of a union of operations, the union of what they take. */
export type Params<T> = T extends { params: infer P } ? P : never;
export type Result<T> = T extends { result: infer R } ? R : never;

/** `params` may be left out where nothing in it is required. */
export type CallArguments<P> =
  Partial<P> extends P ? [params?: P, options?: CallOptions] : [params: P, options?: CallOptions];

export interface ClientOptions {
  /** Where Gatehouse is: `https://gatehouse.example.com`. */
  baseUrl: string;
  /** `gh_...` */
  apiKey: string;
  /** Retries after the first try, for what may be repeated. Default 2. */
  retries?: number;
  /** For a whole call, retries included, milliseconds. Default 60,000. */
  timeoutMs?: number;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>;
  /** Reads JSON. Default: numbers that a double would round (19-digit ids) come as text, all others as numbers. */
  parseJson?: (text: string) => unknown;
  fetch?: typeof globalThis.fetch;
  /** For tests. */
  clock?: ClientClock;
  /** For tests: uniform in [0, 1). */
  fraction?: () => number;
}

export interface CallOptions {
  /** Makes a write repeatable: Gatehouse repeats the first answer instead of running it twice. */
  idempotencyKey?: string | undefined;
  /** Of a service with several accounts, the one to take; absent: the least used that is fit. */
  account?: string | undefined;
  /** The operation only reads, or may be done twice: retry it like a GET. */
  idempotent?: boolean | undefined;
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
}

export interface ProxyOptions extends CallOptions {
  query?: Query;
  headers?: HeadersInit;
  body?: ProxyBody;
}

export interface CallMeta {
  requestId: string;
  /** Requests sent to the third party; 0: the answer came from the cache. */
  attempts: number;
  cached: boolean;
  /** The third party is down, and this is an older answer. */
  stale: boolean;
  durationMs: number;
  /** The answer of an earlier request with the same `idempotencyKey`. */
  replayed: boolean;
  /** Of a service with several accounts, the one that was taken. */
  account: string | undefined;
  /** How the platform's session was obtained. */
  session: 'reused' | 'renewed' | 'login' | undefined;
}

export interface CallResult<T> {
  data: T;
  meta: CallMeta;
}

export type BatchResult<T> =
  { success: true; data: T; meta: CallMeta } | { success: false; error: GatewayError };

/** An entry of a batch, its params checked against its operation. */
export type BatchCall<Operations> = {
  [O in keyof Operations & string]: Partial<Params<Operations[O]>> extends Params<Operations[O]>
    ? { operation: O; params?: Params<Operations[O]> }
    : { operation: O; params: Params<Operations[O]> };
}[keyof Operations & string];

export type BatchResults<Operations, Calls extends readonly { operation: string }[]> = {
  -readonly [I in keyof Calls]: BatchResult<Result<Operations[Calls[I]['operation'] & keyof Operations]>>;
};

export interface Client<S extends ServicesShape<S> = AnyServices> {
  /** Calls an operation and answers with its data. Rejects with a `GatewayError`. */
  call<C extends keyof S & string, O extends keyof S[C] & string>(
    service: C,
    operation: O,
    ...rest: CallArguments<Params<S[C][O]>>
  ): Promise<Result<S[C][O]>>;

  /** As `call`, with what Gatehouse reports about it. */
  callWithMeta<C extends keyof S & string, O extends keyof S[C] & string>(
    service: C,
    operation: O,
    ...rest: CallArguments<Params<S[C][O]>>
  ): Promise<CallResult<Result<S[C][O]>>>;

  /** Up to 100 operations of a service, each with its own result, in order. */
  batch<C extends keyof S & string, const Calls extends readonly BatchCall<S[C]>[]>(
    service: C,
    calls: Calls,
    options?: CallOptions,
  ): Promise<BatchResults<S[C], Calls>>;

  /**
   * A raw request. The third party's answer comes back as it is, 4xx, 5xx and redirects too; only what
   * Gatehouse itself refuses rejects.
   * @param path as the third party knows it, already encoded: `/api/user/10002`
   */
  proxy(service: keyof S & string, method: string, path: string, options?: ProxyOptions): Promise<Response>;

  /**
   * A request to any other route of Gatehouse's API, by its name (`operationId` in its OpenAPI document):
   * `request('getAccount', { params: { accountId: 'user:10002' } })`. Answers with the JSON of the body, or
   * `undefined` where there is none. Repeated like `proxy`: safe methods, and calls marked `idempotent`.
   */
  request<R extends keyof Routes>(
    route: R,
    ...rest: RequestArguments<Routes[R], CallOptions>
  ): Promise<Routes[R]['answer']>;
}

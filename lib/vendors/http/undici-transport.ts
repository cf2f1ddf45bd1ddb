/** The transport to third parties, on undici's HTTP/1.1 client. */
import type { EventEmitter } from 'node:events';
import type { LookupFunction } from 'node:net';
import Client from 'undici/lib/dispatcher/client.js';
import type { Clock } from '../../runtime/clock.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Reach } from './address.ts';
import { Connections } from './connections.ts';
import type { ConnectionRules } from './connections.ts';
import { ACCEPT_ENCODING } from './content-coding.ts';
import { InFlightRequest } from './in-flight-request.ts';
import { outOfTime, unavailable } from './failure.ts';
import { guardedConnector } from './guarded-connector.ts';
import { originOf, splitTarget } from './target.ts';
import type { Transport, UpstreamRequest, UpstreamResponse } from './transport.ts';

export interface TransportOptions extends Reach {
  clock?: Clock;
  /** Connections kept to one origin; further requests are queued. */
  maxConnections?: number;
  /** Origins whose connections are kept; the least recently used idle one makes room. */
  maxOrigins?: number;
  /** How long an unused connection is kept where the server names no time of its own, milliseconds. */
  keepAliveMs?: number;
  /** Resolves host names; for tests. */
  lookup?: LookupFunction;
  /** PEM certificates to trust instead of the system's; for tests. */
  ca?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_KEEP_ALIVE_MS = 60_000;
const MAX_HEADER_BYTES = 64 * 1024;

/** Hop-by-hop, or computed while writing: set by the transport (RFC 9110 7.6.1). */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function createTransport(options: TransportOptions): Transport {
  return new UndiciTransport(options);
}

class UndiciTransport implements Transport {
  readonly #reach: Reach;
  readonly #clock: Clock;
  readonly #rules: ConnectionRules;
  readonly #maxOrigins: number;
  readonly #makeClient: (origin: string) => Client;
  readonly #origins = new Map<string, Connections>();
  /** By authority as written in URLs, so that a name is parsed and checked once, not per request. */
  readonly #byAuthority = new Map<string, Connections>();
  #closed = false;

  constructor(options: TransportOptions) {
    this.#reach = { isLocal: options.isLocal };
    this.#clock = options.clock ?? systemClock;
    this.#rules = {
      limit: options.maxConnections ?? 128,
      maxIdleMs: MAX_KEEP_ALIVE_MS,
      clock: this.#clock,
    };
    this.#maxOrigins = options.maxOrigins ?? 64;
    const connect = guardedConnector({ ...options, connectTimeoutMs: CONNECT_TIMEOUT_MS });
    const clientOptions = {
      connect,
      allowH2: false,
      pipelining: 1,
      // Requests keep their own time, over all phases together.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: options.keepAliveMs ?? 4_000,
      keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    this.#makeClient = (origin) => {
      const client = new Client(origin, clientOptions);
      // Errors reach the request; one without a request matters to no caller and must not end the process.
      (client as EventEmitter).on('error', () => {});
      return client;
    };
  }

  send(request: UpstreamRequest): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw unavailable('reset', false);
      const now = this.#clock.now();
      const leftMs = request.deadline.at - now;
      if (leftMs <= 0) throw outOfTime(true, false);
      const { authority, path } = splitTarget(request.url);
      const connections = this.#byAuthority.get(authority) ?? this.#open(authority);
      connections.usedAt = now;
      const options = {
        method: request.method,
        path,
        headers: wireHeaders(request.headers),
        body: request.body ?? null,
      };
      connections.send(new InFlightRequest(options, request, leftMs, { resolve, reject }));
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const connections of this.#origins.values()) connections.close();
    this.#origins.clear();
    this.#byAuthority.clear();
  }

  #open(authority: string): Connections {
    const origin = originOf(authority, this.#reach);
    let connections = this.#origins.get(origin);
    if (connections === undefined) {
      this.#evictIdleOrigin();
      connections = new Connections(origin, this.#makeClient, this.#rules);
      this.#origins.set(origin, connections);
    }
    this.#byAuthority.set(authority, connections);
    return connections;
  }

  /** Removes the idle origin unused for longest. Those in use stay, even above the limit. */
  #evictIdleOrigin(): void {
    if (this.#origins.size < this.#maxOrigins) return;
    let oldest: Connections | undefined;
    for (const connections of this.#origins.values()) {
      if (connections.isIdle && !(oldest && oldest.usedAt <= connections.usedAt)) oldest = connections;
    }
    if (oldest === undefined) return;
    oldest.dropIdle();
    this.#origins.delete(oldest.origin);
    for (const [authority, connections] of this.#byAuthority) {
      if (connections === oldest) this.#byAuthority.delete(authority);
    }
  }
}

/** As undici takes them: name, value, name, value. */
function wireHeaders(headers: Record<string, string>): string[] {
  const flat: string[] = [];
  let acceptEncoding = false;
  for (const name in headers) {
    if (OWN_HEADERS.has(name)) continue;
    if (name === 'accept-encoding') acceptEncoding = true;
    flat.push(name, headers[name]!);
  }
  if (!acceptEncoding) flat.push('accept-encoding', ACCEPT_ENCODING);
  return flat;
}

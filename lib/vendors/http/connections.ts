/** Kept-alive connections to one origin: each carries one request at a time, and none is sent twice. */
import type { Client } from 'undici';
import type { Clock } from '../../runtime/clock.ts';
import { LastUse } from '../../runtime/standstill.ts';
import type { Carrier, InFlightRequest } from './in-flight-request.ts';
import { unavailable } from './failure.ts';

/** Makes a client that holds one connection, opened when first needed and again after it was closed. */
export type ClientFactory = (origin: string) => Client;

export interface ConnectionRules {
  /** Connections to one origin. */
  limit: number;
  /** An idle connection is not used again after this time by the wall clock, milliseconds. */
  maxIdleMs: number;
  clock: Pick<Clock, 'now'>;
}

/**
 * The newest idle connection is used first, so that after a burst the others time out and close. A request
 * that finds none free is queued. A connection is not used again after any error, nor when it may have died
 * without a word since its last use: a write on a dead one cannot be repeated safely.
 */
export class Connections {
  readonly origin: string;
  /** Time of the latest request, milliseconds since the epoch. */
  usedAt = 0;
  readonly #factory: ClientFactory;
  readonly #rules: ConnectionRules;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  #waiting: InFlightRequest[] = [];

  constructor(origin: string, factory: ClientFactory, rules: ConnectionRules) {
    this.origin = origin;
    this.#factory = factory;
    this.#rules = rules;
  }

  /** No request is running or queued. */
  get isIdle(): boolean {
    return this.#idle.length === this.#all.size && this.#waiting.length === 0;
  }

  send(request: InFlightRequest): void {
    const connection = this.#takeIdle();
    if (connection !== undefined) connection.carry(request);
    else if (this.#all.size < this.#rules.limit) this.#add().carry(request);
    else this.#waiting.push(request);
  }

  /** Takes back a connection whose request is done. */
  release(connection: Connection): void {
    // It may have been closed meanwhile.
    if (!this.#all.has(connection)) return;
    const next = this.#next();
    if (next !== undefined) return connection.carry(next);
    connection.lastUse.note(this.#rules.clock.now());
    this.#idle.push(connection);
  }

  /** Forgets a connection that broke. */
  discard(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    const next = this.#next();
    if (next !== undefined) this.#add().carry(next);
  }

  /** Closes the idle connections. */
  dropIdle(): void {
    for (const connection of this.#idle.splice(0)) {
      this.#all.delete(connection);
      connection.close();
    }
  }

  /** Closes everything; running and queued requests fail as with a broken connection. */
  close(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const request of waiting) request.onResponseError(null, unavailable('reset', false));
    for (const connection of this.#all) connection.close();
    this.#all.clear();
    this.#idle.length = 0;
  }

  /** When the newest is not trusted any more, no idle one is. */
  #takeIdle(): Connection | undefined {
    const newest = this.#idle.at(-1);
    if (newest === undefined) return undefined;
    const { clock, maxIdleMs } = this.#rules;
    if (newest.lastUse.isWithin(maxIdleMs, clock.now())) return this.#idle.pop();
    this.dropIdle();
    return undefined;
  }

  #add(): Connection {
    const connection = new Connection(this, this.#factory(this.origin));
    this.#all.add(connection);
    return connection;
  }

  /** The first queued request that still waits. */
  #next(): InFlightRequest | undefined {
    while (this.#waiting.length > 0) {
      const request = this.#waiting.shift()!;
      if (!request.settled) return request;
    }
    return undefined;
  }
}

/**
 * One client of undici. Which connection carries a request is known by reference: a `Map` from one to the
 * other costs a quarter of the throughput, its retired tables keep what they held from garbage collection.
 */
class Connection implements Carrier {
  readonly lastUse = new LastUse();
  readonly #pool: Connections;
  readonly #client: Client;

  constructor(pool: Connections, client: Client) {
    this.#pool = pool;
    this.#client = client;
  }

  carry(request: InFlightRequest): void {
    request.carriedBy(this);
    this.#client.dispatch(request.options, request);
  }

  release(): void {
    this.#pool.release(this);
  }

  discard(): void {
    // Not from within its own callback: undici is still busy with it.
    queueMicrotask(() => this.close());
    this.#pool.discard(this);
  }

  close(): void {
    this.#client.destroy(() => {});
  }
}

/** One request on the wire and what comes back: undici calls the handlers, the promise settles once. */
import type { Dispatcher } from 'undici';
import { decode, decodersOf } from './content-coding.ts';
import { fromWireError, outOfTime, tooLarge } from './failure.ts';
import type { UpstreamRequest, UpstreamResponse } from './transport.ts';

/** The connection a request runs on, told of its outcome. */
export interface Carrier {
  /** The answer is complete and the connection may carry the next request. */
  release(): void;
  /** The connection, or the attempt to make one, is in an unknown state. */
  discard(): void;
}

export interface Settlement {
  resolve(response: UpstreamResponse): void;
  reject(error: Error): void;
}

/**
 * States: waiting (no connection yet, or connecting) → started (handed to a socket) → settled.
 * Only `waiting` is known to have had no effect.
 */
export class InFlightRequest implements Dispatcher.DispatchHandler {
  readonly options: Dispatcher.DispatchOptions;
  /** The caller has its answer or its error; further events of the socket are ignored. */
  settled = false;
  readonly #settlement: Settlement;
  readonly #maxBytes: number;
  readonly #deadlineCameFirst: boolean;
  readonly #timer: NodeJS.Timeout;
  #carrier: Carrier | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: Record<string, string | string[] | undefined> = {};
  #size = 0;
  #first: Buffer | undefined;
  #more: Buffer[] | undefined;

  /** @param leftMs milliseconds until the call's deadline. */
  constructor(
    options: Dispatcher.DispatchOptions,
    request: Pick<UpstreamRequest, 'timeoutMs' | 'maxBytes'>,
    leftMs: number,
    settlement: Settlement,
  ) {
    this.options = options;
    this.#settlement = settlement;
    this.#maxBytes = request.maxBytes;
    this.#deadlineCameFirst = leftMs <= request.timeoutMs;
    this.#timer = setTimeout(expire, Math.min(leftMs, request.timeoutMs), this);
  }

  get #started(): boolean {
    return this.#controller !== undefined;
  }

  /** Sets the connection that carries it. */
  carriedBy(carrier: Carrier): void {
    this.#carrier = carrier;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Nothing is written yet. A request given up while its connection was being made stops here.
    if (this.settled) return controller.abort(new Error('given up'));
    this.#controller = controller;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const announced = Number(headers['content-length']);
    if (announced > this.#maxBytes && this.#hasBody())
      this.#abort(controller, tooLarge(this.#maxBytes, this.#status));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.settled) return;
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) return this.#abort(controller, tooLarge(this.#maxBytes, this.#status));
    if (this.#first === undefined) this.#first = chunk;
    else if (this.#more === undefined) this.#more = [this.#first, chunk];
    else this.#more.push(chunk);
  }

  onResponseEnd(): void {
    this.#carrier?.release();
    if (this.settled) return;
    const encoding = this.#headers['content-encoding'];
    if (encoding === undefined) return this.#answer(this.#body());
    this.#decodeAndAnswer(String(encoding));
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#carrier?.discard();
    this.#fail(fromWireError(error, this.#started));
  }

  /** Time is up: the caller gets the error at once, the socket is closed. */
  expire(): void {
    if (this.settled) return;
    const error = outOfTime(this.#deadlineCameFirst, this.#started);
    this.#fail(error);
    if (this.#controller === undefined) this.#carrier?.discard();
    else this.#controller.abort(error);
  }

  #abort(controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
    controller.abort(error);
  }

  /** HEAD, 204 and 304 announce the length of a body they do not send (RFC 9110 8.6). */
  #hasBody(): boolean {
    return this.options.method !== 'HEAD' && this.#status !== 204 && this.#status !== 304;
  }

  #body(): Buffer {
    if (this.#more !== undefined) return Buffer.concat(this.#more, this.#size);
    return this.#first ?? EMPTY;
  }

  #decodeAndAnswer(encoding: string): void {
    const codings = decodersOf(encoding);
    if (codings === undefined) return this.#answer(this.#body());
    this.#headers['content-encoding'] = undefined;
    if (this.#size === 0 || codings.length === 0) return this.#answer(this.#body());
    // It is the length of the encoded body.
    this.#headers['content-length'] = undefined;
    decode(this.#body(), codings, this.#maxBytes).then(
      (body) => this.#answer(body),
      (error: unknown) => this.#fail(error as Error),
    );
  }

  #answer(body: Buffer): void {
    if (this.settled) return;
    this.#settle();
    const { headers, setCookies } = flatten(this.#headers);
    this.#settlement.resolve({ status: this.#status, headers, setCookies, body });
  }

  #fail(error: Error): void {
    if (this.settled) return;
    this.#settle();
    this.#settlement.reject(error);
  }

  #settle(): void {
    this.settled = true;
    clearTimeout(this.#timer);
  }
}

const EMPTY = Buffer.alloc(0);

function expire(request: InFlightRequest): void {
  request.expire();
}

/** Joins repeated headers and takes the cookies out. Deleting would turn the object into a slow hash table. */
function flatten(received: Record<string, string | string[] | undefined>): {
  headers: Record<string, string>;
  setCookies: string[];
} {
  const headers: Record<string, string> = {};
  for (const name in received) {
    const value = received[name];
    if (name === 'set-cookie' || value === undefined) continue;
    headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  const cookies = received['set-cookie'];
  const setCookies = cookies === undefined ? [] : typeof cookies === 'string' ? [cookies] : cookies;
  return { headers, setCookies };
}

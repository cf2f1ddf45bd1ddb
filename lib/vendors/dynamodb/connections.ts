import { buffer } from 'node:stream/consumers';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** Time to connect, milliseconds. */
const CONNECT_MS = 1_000;
const TIMEOUT_MS = 3_000;

/** Sockets to DynamoDB. A request ends with `TimeoutError`, which the SDK retries, when it takes longer than allowed. */
export type Connections = NodeHttpHandler;

/** @param timeoutMs per request, from the first byte sent to the last one received. */
export const openConnections = (timeoutMs = TIMEOUT_MS): Connections => new BoundedHandler(timeoutMs);

type Handle = NodeHttpHandler['handle'];

/** The SDK's own limit ends with the headers: a body that stalls after them would hold its caller for ever. */
class BoundedHandler extends NodeHttpHandler {
  readonly #timeoutMs: number;
  constructor(timeoutMs: number) {
    super({ connectionTimeout: CONNECT_MS });
    this.#timeoutMs = timeoutMs;
  }

  override async handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), this.#timeoutMs);
    try {
      const { response } = await super.handle(request, { ...options, abortSignal: limit.signal });
      response.body = await buffer(response.body as AsyncIterable<Uint8Array>);
      return { response };
    } catch (error) {
      if (!limit.signal.aborted) throw error;
      const late = new Error(`No answer within ${this.#timeoutMs} ms.`, { cause: error });
      throw Object.assign(late, { name: 'TimeoutError' });
    } finally {
      clearTimeout(timer);
    }
  }
}

import type { Agent } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** Time to connect, milliseconds. */
const CONNECT_MS = 1_000;

type Handle = NodeHttpHandler['handle'];

/**
 * The AWS SDK's sockets with a limit on the whole request, body included: its own ends with the headers, and a body that
 * stalls after them would hold its caller for ever. Ends with a `TimeoutError`, which the SDK retries.
 */
export class BoundedHandler extends NodeHttpHandler {
  readonly #timeoutMs: number;

  /** @param timeoutMs per request, from the first byte sent to the last one received. */
  constructor(timeoutMs: number, agents: { httpAgent: Agent } | { httpsAgent: Agent }) {
    super({ connectionTimeout: CONNECT_MS, ...agents });
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

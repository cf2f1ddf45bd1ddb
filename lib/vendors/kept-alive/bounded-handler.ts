import type { Agent } from 'node:http';
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

  /** @param timeoutMs per request that has no `requestTimeout`, from the first byte sent to the last one received. */
  constructor(timeoutMs: number, agents: { httpAgent: Agent } | { httpsAgent: Agent }) {
    super({ connectionTimeout: CONNECT_MS, ...agents });
    this.#timeoutMs = timeoutMs;
  }

  override async handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const { requestTimeout: timeoutMs = this.#timeoutMs, ...others } = options ?? {};
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeoutMs);
    try {
      const { response } = await super.handle(request, { ...others, abortSignal: limit.signal });
      response.body = await whole(response.body as AsyncIterable<Buffer>);
      return { response };
    } catch (error) {
      if (!limit.signal.aborted) throw error;
      const late = new Error(`No answer within ${timeoutMs} ms.`, { cause: error });
      throw Object.assign(late, { name: 'TimeoutError' });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** `node:stream/consumers` would make a `Blob` of it first. */
async function whole(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Upstash's REST protocol on connections of our own: the SDK's `fetch` keeps its own, and cannot be told not to. */
import type { Agent as HttpAgent, IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Requester, UpstashRequest, UpstashResponse } from '@upstash/redis';
import { httpModule, keptAliveAgent } from '../kept-alive/agents.ts';

export interface RestOptions {
  url: string;
  token: string;
  /** For one request with its answer and its repetition, milliseconds. */
  timeoutMs: number;
}

/** Redis, or what stands before it, refused a command. `message` is Redis' own. */
class RedisRefused extends Error {
  override readonly name = 'RedisRefused';
}

const REPEAT_AFTER_MS = 50;

/** Sends a command, or several, and repeats it once when its connection broke. */
export class RestRequester implements Requester {
  readonly readYourWrites = true;
  /** Upstash's answers carry it, and the next request does: whichever replica answers has seen our writes. */
  upstashSyncToken = '';
  readonly #options: RestOptions;
  readonly #agent: HttpAgent;

  constructor(options: RestOptions) {
    this.#options = options;
    this.#agent = keptAliveAgent(options.url);
  }

  async request<T>({ path = [], body }: UpstashRequest): Promise<UpstashResponse<T>> {
    const signal = AbortSignal.timeout(this.#options.timeoutMs);
    const url = [this.#options.url.replace(/\/$/, ''), ...path].join('/');
    const send = () => this.#send(url, JSON.stringify(body), signal);
    const { status, text } = await send().catch(async (error: unknown) => {
      if (signal.aborted) throw error;
      await sleep(REPEAT_AFTER_MS);
      return send();
    });
    const answer = JSON.parse(text) as UpstashResponse<T>;
    if (status !== 200) throw new RedisRefused(answer.error ?? `status ${status}`);
    return answer;
  }

  #send(url: string, body: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
    const headers = {
      authorization: `Bearer ${this.#options.token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'upstash-sync-token': this.upstashSyncToken,
    };
    return new Promise((resolve, reject) => {
      const sent = httpModule(url).request(url, { method: 'POST', headers, agent: this.#agent, signal });
      sent.on('error', reject).on('response', (response) => {
        this.upstashSyncToken = String(response.headers['upstash-sync-token'] ?? '');
        const { statusCode: status = 0 } = response;
        readText(response).then((text) => resolve({ status, text }), reject);
      });
      sent.end(body);
    });
  }
}

function readText(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    // Cut short: `close` without `end`.
    response.on('error', reject).on('close', () => reject(new Error('The answer was cut short.')));
  });
}

/** Upstash's REST protocol, on connections that are kept no longer than they can be known to be good. */
import type { Agent as HttpAgent, IncomingMessage, RequestOptions } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpModule, keptAliveAgent } from '../kept-alive/agents.ts';

export interface RestOptions {
  url: string;
  token: string;
  /** For one request with its answer and its repetition, milliseconds. */
  timeoutMs: number;
}

export interface RestRequest {
  /** After the address: `pipeline`. */
  path?: string;
  /** A command, or several. */
  body: unknown;
}

/** Redis, or what stands before it, refused a command. `message` is Redis' own. */
export class RedisRefused extends Error {
  override readonly name = 'RedisRefused';
}

/** There was no answer in time. */
class RedisTimeout extends Error {
  override readonly name = 'TimeoutError';
}

const REPEAT_AFTER_MS = 50;

/** Sends a command, or several, and repeats it once when its connection broke. */
export class RestRequester {
  readonly #timeoutMs: number;
  readonly #http: ReturnType<typeof httpModule>;
  readonly #target: RequestOptions & { path: string };
  readonly #headers: Record<string, string>;
  /** Upstash's answers carry it, and the next request does: whichever replica answers has seen our writes. */
  #syncToken = '';

  constructor({ url, token, timeoutMs }: RestOptions) {
    const { protocol, hostname, port, pathname } = new URL(url);
    const agent: HttpAgent = keptAliveAgent(url);
    this.#timeoutMs = timeoutMs;
    this.#http = httpModule(url);
    this.#target = { protocol, hostname, port, path: pathname.replace(/\/$/, ''), method: 'POST', agent };
    this.#headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  }

  /** Rejects with `RedisRefused`, `TimeoutError`, or what became of the connection. */
  async request<T>({ path = '', body }: RestRequest): Promise<T> {
    const until = performance.now() + this.#timeoutMs;
    const sent = JSON.stringify(body);
    const { status, text } = await this.#send(path, sent, until).catch(async (error: unknown) => {
      if (error instanceof RedisTimeout) throw error;
      await sleep(REPEAT_AFTER_MS);
      return this.#send(path, sent, until);
    });
    const answer = JSON.parse(text) as T & { error?: string };
    if (status !== 200) throw new RedisRefused(answer.error ?? `status ${status}`);
    return answer;
  }

  #send(path: string, body: string, until: number): Promise<{ status: number; text: string }> {
    const headers = {
      ...this.#headers,
      'content-length': Buffer.byteLength(body),
      'upstash-sync-token': this.#syncToken,
    };
    return new Promise((resolve, reject) => {
      const sent = this.#http.request({ ...this.#target, path: `${this.#target.path}/${path}`, headers });
      let late: RedisTimeout | undefined;
      const timer = setTimeout(() => sent.destroy((late = new RedisTimeout())), until - performance.now());
      const failed = (error: Error) => {
        clearTimeout(timer);
        reject(late ?? error);
      };
      sent.on('error', failed).on('response', (response) => {
        this.#syncToken = String(response.headers['upstash-sync-token'] ?? '');
        const { statusCode: status = 0 } = response;
        const answered = (text: string) => {
          clearTimeout(timer);
          resolve({ status, text });
        };
        readText(response).then(answered, failed);
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

import { RedisRefused } from './rest-requester.ts';
import type { RestRequest } from './rest-requester.ts';

export type Command = readonly (string | number)[];
type Reply = { result: unknown } | { error: string };

/** Upstash takes more; nobody waits for long behind so many. */
const MAX_COMMANDS = 100;
/** Under so many requests, what is asked for waits for the next one to come back: a burst is a few requests. */
const MAX_REQUESTS = 2;
/** But no longer than this, milliseconds: a connection that hangs holds up nobody but its own. */
const MAX_WAIT_MS = 20;

interface Asked {
  command: Command;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** Commands that share requests: those asked for in one turn of the event loop, and while others are under way. */
export class Pipeline {
  readonly #requester: { request<T>(request: RestRequest): Promise<T> };
  #waiting: Asked[] = [];
  #underWay = 0;
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;

  constructor(requester: { request<T>(request: RestRequest): Promise<T> }) {
    this.#requester = requester;
  }

  /** Rejects as the request does, and with `RedisRefused` when this command alone is refused. */
  ask(command: Command): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, resolve, reject });
      this.#whenFree();
    });
  }

  #whenFree(): void {
    if (this.#waiting.length === 0 || this.#isDue) return;
    if (this.#underWay < MAX_REQUESTS) {
      this.#isDue = true;
      // What is asked for in the same turn goes along.
      queueMicrotask(() => this.#flush());
    } else this.#timer ??= setTimeout(() => this.#flush(), MAX_WAIT_MS);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
    void this.#send(this.#waiting.splice(0, MAX_COMMANDS));
    this.#whenFree();
  }

  async #send(asked: Asked[]): Promise<void> {
    this.#underWay += 1;
    try {
      const body = asked.map(({ command }) => command);
      const replies = await this.#requester.request<Reply[]>({ path: 'pipeline', body });
      for (const [at, { resolve, reject }] of asked.entries()) {
        const reply = replies[at]!;
        if ('error' in reply) reject(new RedisRefused(reply.error));
        else resolve(reply.result);
      }
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
    this.#underWay -= 1;
    this.#whenFree();
  }
}

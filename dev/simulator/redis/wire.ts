/** The way to the simulated Redis and back: Upstash's REST protocol under `node:http`, as our requester speaks it. */
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Journal } from '../journal.ts';
import { circumstance } from '../time/process.ts';
import type { Circumstance } from '../time/process.ts';
import { fateOf, lateMs, travelMs } from '../weather.ts';
import type { Weather } from '../weather.ts';
import { Keyspace } from './commands.ts';
import type { Reply } from './commands.ts';
import { Scripts } from './lua.ts';

type Answer = { result: unknown } | { error: string };

/** One for all: a VM costs milliseconds, and scripts keep nothing in it. */
let scripts: Scripts | undefined;

export class RedisWire {
  readonly keyspace: Keyspace;
  readonly #known = new Map<string, string>();
  readonly #weather: Weather;
  readonly #journal: Journal;
  /** Requests that met trouble on their way. */
  troubled = 0;
  /** Nobody listens until then, by true time. */
  downUntil = 0;

  constructor(now: () => number, weather: Weather, journal: Journal) {
    this.keyspace = new Keyspace(now);
    this.#weather = weather;
    this.#journal = journal;
  }

  /** One HTTP request: commands in order, each with its answer. */
  send(
    body: string,
    here: Circumstance,
    done: (status: number, text: string) => void,
    broken: () => void,
  ): void {
    const { timeline, process, chance } = here;
    const fate = timeline.now() < this.downUntil ? 'lost-request' : fateOf(this.#weather.redis, chance);
    if (fate !== 'none') this.troubled += 1;
    const there = travelMs(fate, chance);
    const back = travelMs(fate, chance);
    const answer = (run: () => void) => void timeline.after(back, 'redis answers', here, process, run);
    const arrive = (afterMs: number, then: (text: string) => void) =>
      timeline.after(afterMs, `redis ${fate} ${body}`, here, undefined, () => {
        const text = JSON.stringify(this.#carryOut(JSON.parse(body) as string[][] | string[]));
        this.#journal.note(timeline.now(), undefined, here.step, `= ${text}`);
        then(text);
      });
    if (fate === 'lost-request') answer(broken);
    else if (fate === 'late-request') {
      answer(broken);
      arrive(there + lateMs(chance), () => {});
    } else if (fate === 'silence') arrive(there, () => {});
    else arrive(there, (text) => answer(fate === 'lost-reply' ? broken : () => done(200, text)));
  }

  #carryOut(commands: string[][] | string[]): Answer | Answer[] {
    if (Array.isArray(commands[0])) return (commands as string[][]).map((command) => this.#answer(command));
    return this.#answer(commands as string[]);
  }

  #answer(command: string[]): Answer {
    try {
      return { result: plain(this.#run(command.map(String))) };
    } catch (error) {
      return { error: (error as Error).message };
    }
  }

  #run([name = '', ...args]: string[]): Reply {
    const upper = name.toUpperCase();
    if (upper !== 'EVAL' && upper !== 'EVALSHA') return this.keyspace.run([name, ...args]);
    const [script = '', count = '0', ...rest] = args;
    const source = upper === 'EVAL' ? script : this.#known.get(script);
    if (source === undefined) throw new Error('NOSCRIPT No matching script. Please use EVAL.');
    if (upper === 'EVAL') this.#known.set(createHash('sha1').update(source).digest('hex'), source);
    const keys = rest.slice(0, Number(count));
    return (scripts ??= new Scripts()).run(source, this.keyspace, keys, rest.slice(Number(count)));
  }
}

const plain = (reply: Reply): unknown => {
  if (Array.isArray(reply)) return reply.map(plain);
  return reply !== null && typeof reply === 'object' ? reply.ok : reply;
};

/** Every request of a process in a simulation goes to its Redis. Once, before the first simulation. */
export function simulateRedis(): void {
  const http = process.getBuiltinModule('node:http');
  const request = http.request;
  http.request = ((...given: Parameters<typeof request>) => {
    const here = circumstance();
    return here ? simulatedRequest(here) : request(...given);
  }) as typeof http.request;
}

function simulatedRequest(here: Circumstance) {
  const sent = new EventEmitter();
  let isOver = false;
  const once = (run: () => void) => () => {
    if (!isOver) run();
    isOver = true;
  };
  const broken = once(() =>
    sent.emit('error', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })),
  );
  const done = (status: number, text: string) =>
    once(() => {
      const response = Object.assign(new EventEmitter(), { statusCode: status, headers: {} });
      sent.emit('response', response);
      response.emit('data', Buffer.from(text));
      response.emit('end');
    })();
  return Object.assign(sent, {
    end: (body: string) => here.network.redis.send(body, here, done, broken),
    destroy: (error: Error) => once(() => sent.emit('error', error))(),
  });
}

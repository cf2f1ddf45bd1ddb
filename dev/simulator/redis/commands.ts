/** The commands of Redis that the house uses, on a map in memory. Every one is atomic: it runs at one moment. */

export type Reply = string | number | null | { ok: string } | Reply[];

interface Entry {
  value: string | Map<string, string>;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

const OK = { ok: 'OK' };
const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';

type Command = (this: Keyspace, args: string[]) => Reply;

export class Keyspace {
  readonly #entries = new Map<string, Entry>();
  #now: () => number;

  /** @param now Redis' own clock, milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws Error with Redis' own message; naming the command when it is none that the house uses. */
  run([name = '', ...args]: readonly string[]): Reply {
    const command = COMMANDS[name.toUpperCase()];
    if (!command) throw new Error(`ERR unknown command '${name}' (simulated Redis)`);
    return command.call(this, args);
  }

  /** As after a failover without a replica. */
  empty(): void {
    this.#entries.clear();
  }

  live(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry || entry.expiresAt > this.#now()) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  text(key: string): string | null {
    const { value } = this.live(key) ?? { value: null };
    if (value instanceof Map) throw new Error(WRONG_TYPE);
    return value;
  }

  hash(key: string, isMade = false): Map<string, string> {
    const { value } = this.live(key) ?? {};
    if (typeof value === 'string') throw new Error(WRONG_TYPE);
    const map = value ?? new Map<string, string>();
    if (isMade && !value) this.#entries.set(key, { value: map, expiresAt: Infinity });
    return map;
  }

  set(key: string, value: string, expiresAt = Infinity): void {
    this.#entries.set(key, { value, expiresAt });
  }

  delete(key: string): boolean {
    return this.live(key) !== undefined && this.#entries.delete(key);
  }

  expire(key: string, ms: number): number {
    const entry = this.live(key);
    if (entry) entry.expiresAt = this.#now() + ms;
    return entry ? 1 : 0;
  }

  leftMs(key: string): number {
    const entry = this.live(key);
    if (!entry) return -2;
    return entry.expiresAt === Infinity ? -1 : Math.ceil(entry.expiresAt - this.#now());
  }

  /** Keeps the time to live. */
  add(key: string, amount: string): number {
    const sum = integer(this.text(key) ?? '0') + integer(amount);
    this.#entries.set(key, { value: String(sum), expiresAt: this.live(key)?.expiresAt ?? Infinity });
    return sum;
  }

  store(key: string, value: string, options: string[]): Reply {
    let expiresAt = Infinity;
    for (let at = 0; at < options.length; at++) {
      const option = options[at]!.toUpperCase();
      if (option === 'NX' && this.live(key)) return null;
      if (option === 'XX' && !this.live(key)) return null;
      if (option === 'PX' || option === 'EX') {
        expiresAt = this.#now() + integer(options[(at += 1)] ?? '') * (option === 'EX' ? 1_000 : 1);
      } else if (option !== 'NX' && option !== 'XX')
        throw new Error(`ERR syntax error: ${option} (simulated Redis)`);
    }
    this.set(key, value, expiresAt);
    return OK;
  }
}

function integer(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new Error('ERR value is not an integer or out of range');
  return Number(text);
}

const COMMANDS: Record<string, Command> = {
  PING: () => ({ ok: 'PONG' }),
  GET([key = '']) {
    return this.text(key);
  },
  MGET(keys) {
    return keys.map((key) => (this.live(key)?.value instanceof Map ? null : this.text(key)));
  },
  SET([key = '', value = '', ...options]) {
    return this.store(key, value, options);
  },
  DEL(keys) {
    return keys.filter((key) => this.delete(key)).length;
  },
  EXISTS(keys) {
    return keys.filter((key) => this.live(key)).length;
  },
  INCR([key = '']) {
    return this.add(key, '1');
  },
  INCRBY([key = '', amount = '']) {
    return this.add(key, amount);
  },
  DECRBY([key = '', amount = '']) {
    return this.add(key, String(-integer(amount)));
  },
  EXPIRE([key = '', seconds = '']) {
    return this.expire(key, 1_000 * integer(seconds));
  },
  PEXPIRE([key = '', ms = '']) {
    return this.expire(key, integer(ms));
  },
  PTTL([key = '']) {
    return this.leftMs(key);
  },
  HGET([key = '', field = '']) {
    return this.hash(key).get(field) ?? null;
  },
  HMGET([key = '', ...fields]) {
    return fields.map((field) => this.hash(key).get(field) ?? null);
  },
  HGETALL([key = '']) {
    return [...this.hash(key)].flat();
  },
  HSET([key = '', ...pairs]) {
    const hash = this.hash(key, true);
    const before = hash.size;
    for (let at = 0; at < pairs.length; at += 2) hash.set(pairs[at]!, pairs[at + 1]!);
    return hash.size - before;
  },
  HINCRBY([key = '', field = '', amount = '']) {
    const hash = this.hash(key, true);
    const sum = integer(hash.get(field) ?? '0') + integer(amount);
    hash.set(field, String(sum));
    return sum;
  },
};

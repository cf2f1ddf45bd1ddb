import { createHash } from 'node:crypto';
import { GatewayError } from '../../runtime/errors.ts';
import { Pipeline } from './pipeline.ts';
import type { Command } from './pipeline.ts';
import { RestRequester } from './rest-requester.ts';

/** A Lua script and its SHA-1, by which Redis finds it. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

export function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

export interface SetOptions {
  /** Time to live, milliseconds. */
  px?: number;
  /** Only set when the key does not exist. */
  nx?: boolean;
}

/**
 * The few Redis commands this product needs. Values are strings as stored, not parsed.
 * Every method rejects with `STORE_UNAVAILABLE` when Redis cannot answer in time: callers decide whether
 * that lets a call through (quotas) or not (login lock).
 */
export interface Redis {
  get(key: string): Promise<string | null>;
  mget(keys: string[]): Promise<(string | null)[]>;
  /** `true` when the value was written (always, without `nx`). */
  set(key: string, value: string, options?: SetOptions): Promise<boolean>;
  del(...keys: string[]): Promise<number>;
  /** Runs a script atomically. `T` is what it returns: strings, integers, null, arrays of these. */
  run<T>(script: Script, keys: string[], args: (string | number)[]): Promise<T>;
  ping(): Promise<void>;
}

export interface RedisOptions {
  url: string;
  token: string;
  /** Per request, milliseconds. */
  timeoutMs?: number;
}

/** Redis over Upstash's REST protocol. What is asked for at the same time goes in one request. */
export function connectRedis({ url, token, timeoutMs = 1_000 }: RedisOptions): Redis {
  const pipeline = new Pipeline(new RestRequester({ url, token, timeoutMs }));

  async function answered<T>(verb: string, work: () => Promise<unknown>): Promise<T> {
    try {
      return (await work()) as T;
    } catch (error) {
      throw unavailable(verb, error);
    }
  }
  const ask = <T>(verb: string, ...args: Command): Promise<T> =>
    answered(verb, () => pipeline.ask([verb, ...args]));

  return {
    get: (key) => ask('GET', key),
    mget: (keys) => ask('MGET', ...keys),
    set: async (key, value, { px, nx = false } = {}) => {
      const options = [...(px === undefined ? [] : ['PX', px]), ...(nx ? ['NX'] : [])];
      return (await ask('SET', key, value, ...options)) !== null;
    },
    del: (...keys) => ask('DEL', ...keys),
    run: <T>({ sha, source }: Script, keys: string[], args: (string | number)[]) =>
      answered<T>('EVALSHA', async () => {
        const given = [keys.length, ...keys, ...args.map(String)];
        try {
          return await pipeline.ask(['EVALSHA', sha, ...given]);
        } catch (error) {
          if (!String(error).includes('NOSCRIPT')) throw error;
          return await pipeline.ask(['EVAL', source, ...given]);
        }
      }),
    ping: async () => void (await ask('PING')),
  };
}

/** Redis' messages may contain the command with keys and values: only its name is kept. */
function unavailable(command: string, error: unknown): GatewayError {
  const kind = error instanceof Error ? error.name : 'unknown';
  return new GatewayError('STORE_UNAVAILABLE', `Redis did not answer ${command} (${kind}).`, {
    retryAfterSeconds: 1,
  });
}

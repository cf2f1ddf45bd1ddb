import { createHash } from 'node:crypto';
import { Redis as UpstashClient } from '@upstash/redis';
import { GatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
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

/** Given a requester, the SDK takes no options: they are set here. */
class PlainClient extends UpstashClient {
  constructor(requester: RestRequester) {
    super(requester);
    this.opts = { automaticDeserialization: false };
    return this.autoPipeline();
  }
}

/** Redis over Upstash's REST protocol. What is asked within one turn of the event loop goes in one request. */
export function connectRedis({ url, token, timeoutMs = 1_000 }: RedisOptions): Redis {
  const client = new PlainClient(new RestRequester({ url, token, timeoutMs }));

  async function ask<T>(command: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw unavailable(command, error);
    }
  }

  return {
    get: (key) => ask('GET', () => client.get<string>(key)),
    mget: (keys) => ask('MGET', () => client.mget<(string | null)[]>(...keys)),
    set: (key, value, { px, nx } = {}) =>
      ask('SET', async () => {
        const options = omitUndefined({ px, nx: nx || undefined });
        return (await client.set(key, value, options)) !== null;
      }),
    del: (...keys) => ask('DEL', () => client.del(...keys)),
    run: <T>({ sha, source }: Script, keys: string[], args: (string | number)[]) =>
      ask('EVALSHA', async () => {
        const values = args.map(String);
        try {
          return await client.evalsha<string[], T>(sha, keys, values);
        } catch (error) {
          if (!String(error).includes('NOSCRIPT')) throw error;
          return await client.eval<string[], T>(source, keys, values);
        }
      }),
    ping: () => ask('PING', async () => void (await client.ping())),
  };
}

/** The SDK's messages contain the whole command with keys and values: only its name is kept. */
function unavailable(command: string, error: unknown): GatewayError {
  const kind = error instanceof Error ? error.name : 'unknown';
  return new GatewayError('STORE_UNAVAILABLE', `Redis did not answer ${command} (${kind}).`, {
    retryAfterSeconds: 1,
  });
}

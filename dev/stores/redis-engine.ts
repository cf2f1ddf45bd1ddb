import { createRequire } from 'node:module';
import { createHash } from 'node:crypto';
import { Redis as IoRedis } from 'ioredis';

/** A reply as Redis gives it: bulk and status replies are bytes; a command that failed inside EXEC is an Error. */
export type Reply = Buffer | string | number | null | Error | Reply[];

/** What answers commands behind the REST front. */
export interface RedisEngine {
  /** @throws Error with Redis' own message. Commands run in the order of calls. */
  run(command: readonly string[]): Promise<Reply>;
  /** As one MULTI/EXEC. @throws Error when the transaction as a whole was refused. */
  transaction(commands: readonly (readonly string[])[]): Promise<Reply[]>;
  close(): Promise<void>;
}

/** Redis cannot be reached: an answer of ours, not of Redis. */
export class RedisUnreachable extends Error {
  override readonly name = 'RedisUnreachable';
}

/** Over one connection to a redis-server on a unix socket. @throws when it does not answer within 10 s. */
export async function connectEngine(socketPath: string): Promise<RedisEngine> {
  const client = new IoRedis({
    path: socketPath,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 50,
  });
  // Each caller hears of it by its own command.
  client.on('error', () => {});
  await untilReady(client);

  const send = (command: readonly string[]) =>
    client.callBuffer(command[0]!, ...command.slice(1)).catch(reachable) as Promise<Reply>;
  return {
    run: send,
    async transaction(commands) {
      // One connection and one tick: nothing comes in between.
      const sent = [['MULTI'], ...commands, ['EXEC']].map(send);
      const settled = await Promise.allSettled(sent);
      const executed = settled.at(-1)!;
      if (executed.status === 'rejected') throw executed.reason as Error;
      return executed.value as Reply[];
    },
    async close() {
      client.disconnect();
    },
  };
}

async function untilReady(client: IoRedis): Promise<void> {
  const until = Date.now() + 10_000;
  await client.connect().catch(() => {});
  for (;;) {
    // A server that loads its data says LOADING until it is done.
    const answered = await client.ping().then(
      () => true,
      () => false,
    );
    if (answered) return;
    if (Date.now() > until) throw new Error('redis-server did not answer within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

function reachable(error: Error): never {
  if (error.name === 'ReplyError') throw error;
  throw new RedisUnreachable('Redis cannot be reached');
}

/** ioredis-mock carries no types of its own. */
type Mock = Record<string, (...args: string[]) => Promise<Reply>>;

/** ioredis-mock: Redis in our own process, for machines without redis-server. Keeps nothing, knows no cjson. */
export function createMockEngine(): RedisEngine {
  const MockRedis = createRequire(import.meta.url)('ioredis-mock') as new (options: object) => Mock;
  // Mocks with the same address share their data.
  const client = new MockRedis({ host: `embedded-${mocks++}`, enableOfflineQueue: true });
  const scripts = new Map<string, string>();

  async function run([name = '', ...args]: readonly string[]): Promise<Reply> {
    const command = name.toLowerCase();
    if (command === 'script') return script(args);
    if (command === 'eval') return evaluate(remember(args[0] ?? ''), args.slice(1));
    if (command === 'evalsha') return evaluate(args[0]!.toLowerCase(), args.slice(1));
    return plain(command, command === 'set' ? upperCaseOptions(args) : args);
  }

  async function plain(command: string, args: string[]): Promise<Reply> {
    const call = client[`${command}Buffer`] ?? client[command];
    if (typeof call !== 'function') {
      throw new Error(`ERR unknown command '${command}' (embedded Redis)`);
    }
    return call.apply(client, args);
  }

  function remember(source: string): string {
    const sha = createHash('sha1').update(source).digest('hex');
    scripts.set(sha, source);
    return sha;
  }

  async function evaluate(sha: string, args: string[]): Promise<Reply> {
    const source = scripts.get(sha);
    if (source === undefined) throw new Error('NOSCRIPT No matching script. Please use EVAL.');
    return client['eval']!(source, ...args);
  }

  function script([action = '', ...args]: string[]): Reply {
    if (/^load$/i.test(action)) return remember(args[0] ?? '');
    if (/^exists$/i.test(action)) return args.map((sha) => (scripts.has(sha.toLowerCase()) ? 1 : 0));
    if (/^flush$/i.test(action)) return (scripts.clear(), 'OK');
    throw new Error(`ERR unknown subcommand '${action}'`);
  }

  return {
    run,
    // Nothing else runs in this process between two commands that are not awaited on a socket.
    transaction: async (commands) => {
      const sent = commands.map((command) => run(command).catch((error: unknown) => error as Error));
      return Promise.all(sent);
    },
    close: async () => {},
  };
}

let mocks = 0;

/** ioredis-mock silently ignores `nx` and `px` in lower case. */
function upperCaseOptions([key = '', value = '', ...options]: string[]): string[] {
  return [key, value, ...options.map((option) => option.toUpperCase())];
}

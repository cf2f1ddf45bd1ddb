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

/** Redis cannot be reached: raised here, not by Redis. */
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

import { RedisUnreachable } from './redis-engine.ts';
import type { RedisEngine, Reply } from './redis-engine.ts';

export type Command = readonly string[];
export type Encoding = 'base64' | 'utf8';
export type Answer = { result: unknown } | { error: string };

/** A request that is not a command: Upstash answers 400 with this message. */
export class BadCommand extends Error {
  override readonly name = 'BadCommand';
}

/** One command to its answer. @throws RedisUnreachable */
export async function execute(engine: RedisEngine, command: Command, encoding: Encoding): Promise<Answer> {
  try {
    return { result: encode(await engine.run(permitted(command)), encoding) };
  } catch (error) {
    return refusal(error);
  }
}

/** Commands in order, not atomic; each has its own answer. @throws RedisUnreachable */
export function executeAll(engine: RedisEngine, commands: Command[], encoding: Encoding): Promise<Answer[]> {
  return Promise.all(commands.map((command) => execute(engine, command, encoding)));
}

/** MULTI/EXEC; one error when the transaction is refused. @throws RedisUnreachable */
export async function executeAtomically(
  engine: RedisEngine,
  commands: Command[],
  encoding: Encoding,
): Promise<Answer[] | { error: string }> {
  try {
    const replies = await engine.transaction(commands.map(permitted));
    return replies.map((reply) =>
      reply instanceof Error ? { error: reply.message } : { result: encode(reply, encoding) },
    );
  } catch (error) {
    return refusal(error);
  }
}

/** Reads a command from JSON: a non-empty array of strings, numbers, booleans and null; objects as JSON. */
export function parseCommand(value: unknown): Command {
  if (!Array.isArray(value) || value.length === 0) throw new BadCommand('ERR failed to parse command');
  return value.map((part: unknown) => (typeof part === 'string' ? part : JSON.stringify(part)));
}

export function parseCommands(value: unknown): Command[] {
  if (!Array.isArray(value)) throw new BadCommand('ERR failed to parse pipeline request');
  return value.map(parseCommand);
}

/**
 * One connection is shared by all: what would block it, change its state or touch the server itself is
 * refused, as at Upstash.
 */
const REFUSED = new Set(
  (
    'ACL AUTH BGREWRITEAOF BGSAVE BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT CLUSTER ' +
    'CONFIG DEBUG DISCARD EXEC FAILOVER HELLO LATENCY MEMORY MIGRATE MODULE MONITOR MULTI OBJECT PSUBSCRIBE ' +
    'PSYNC PUNSUBSCRIBE QUIT REPLICAOF RESET RESTORE SAVE SELECT SHUTDOWN SLAVEOF SLOWLOG SSUBSCRIBE SUBSCRIBE ' +
    'SUNSUBSCRIBE SWAPDB SYNC UNSUBSCRIBE UNWATCH WAIT WAITAOF WATCH'
  ).split(' '),
);

function permitted(command: Command): Command {
  const name = command[0]!.toUpperCase();
  const blocking =
    (name === 'XREAD' || name === 'XREADGROUP') && command.some((part) => /^block$/i.test(part));
  if (REFUSED.has(name) || blocking) throw new BadCommand(`ERR Command is not available: '${name}'`);
  if (name === 'EVAL' || (name === 'SCRIPT' && /^load$/i.test(command[1] ?? '')))
    return withoutShebang(command);
  return command;
}

/** Upstash's own flag line (`#!lua flags=allow-key-locking`) is an error to any other Redis. */
function withoutShebang(command: Command): Command {
  const at = command[0]!.length === 4 ? 1 : 2;
  const source = command[at];
  if (source === undefined || !source.startsWith('#!lua')) return command;
  return command.with(at, source.replace(/^#!lua[^\n]*\n?/, ''));
}

function encode(reply: Reply, encoding: Encoding): unknown {
  if (Array.isArray(reply)) return reply.map((item) => encode(item, encoding));
  if (reply instanceof Error) return encode(reply.message, encoding);
  if (reply === null || typeof reply === 'number') return reply;
  const text = typeof reply === 'string' ? reply : undefined;
  if (encoding === 'utf8') return text ?? reply.toString();
  // The one reply clients expect as it is.
  const bytes = typeof reply === 'string' ? Buffer.from(reply) : reply;
  return bytes.length === 2 && bytes[0] === 0x4f && bytes[1] === 0x4b ? 'OK' : bytes.toString('base64');
}

function refusal(error: unknown): { error: string } {
  if (error instanceof RedisUnreachable) throw error;
  return { error: error instanceof Error ? error.message : 'ERR internal error' };
}

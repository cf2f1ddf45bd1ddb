import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { evalOf, outcomesOf } from './mock-lua.ts';
import type { ScriptRun } from './mock-lua.ts';
import type { RedisEngine, Reply } from './redis-engine.ts';

/** ioredis-mock carries no types of its own. */
type Mock = Record<string, (...args: string[]) => Promise<Reply>>;

interface Job {
  run: ScriptRun | { command: string; args: string[] };
  settle: (outcome: Reply | Error | Promise<Reply>) => void;
}

/** Scripts of one VM: enough to spread its cost, few enough to answer soon. */
const BATCH = 50;

/**
 * ioredis-mock: Redis in our own process, for machines without redis-server. Keeps nothing over a restart.
 * Commands wait for the end of the current turn and then run in their order, scripts that follow each other
 * in one VM. UTF-8 text only: other bytes do not survive the mock's Lua.
 */
export function createMockEngine(): RedisEngine {
  const MockRedis = createRequire(import.meta.url)('ioredis-mock') as new (options: object) => Mock;
  // Mocks with the same address share their data.
  const client = new MockRedis({ host: `embedded-${(mocks += 1)}` });
  const scripts = new Map<string, string>();
  let queue: Job[] = [];

  function run([name = '', ...args]: readonly string[]): Promise<Reply> {
    const command = name.toLowerCase();
    if (command === 'eval') return evaluate(remember(args[0] ?? ''), args.slice(1));
    if (command === 'evalsha') return evaluate((args[0] ?? '').toLowerCase(), args.slice(1));
    return enqueue({ command, args });
  }

  async function evaluate(sha: string, [count = '0', ...rest]: string[]): Promise<Reply> {
    const source = scripts.get(sha);
    if (source === undefined) throw new Error('NOSCRIPT No matching script. Please use EVAL.');
    return enqueue({ source, keys: rest.slice(0, Number(count)), args: rest.slice(Number(count)) });
  }

  function enqueue(run: Job['run']): Promise<Reply> {
    if (queue.length === 0) setImmediate(drain);
    return new Promise((resolve, reject) => {
      queue.push({
        run,
        settle: (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)),
      });
    });
  }

  /** The mock acts while it is called, and only answers later: the order of calls is the order of effects. */
  function drain(): void {
    const jobs = queue;
    queue = [];
    for (let at = 0; at < jobs.length;) {
      const batch = scriptsFrom(jobs, at);
      if (batch.length > 0) runScripts(batch);
      else jobs[at]!.settle(plain(jobs[at]!.run as { command: string; args: string[] }));
      at += Math.max(1, batch.length);
    }
  }

  function runScripts(batch: Job[]): void {
    client['eval']!(...evalOf(batch.map((job) => job.run as ScriptRun)))
      .then((text) => outcomesOf(text as string).forEach((outcome, index) => batch[index]!.settle(outcome)))
      .catch((error: unknown) => batch.forEach((job) => job.settle(error as Error)));
  }

  async function plain({ command, args }: { command: string; args: string[] }): Promise<Reply> {
    if (command === 'script') return script(args);
    const call = client[`${command}Buffer`] ?? client[command];
    if (typeof call !== 'function') throw new Error(`ERR unknown command '${command}' (embedded Redis)`);
    if (args.length === 0 && !KEYLESS.has(command)) {
      throw new Error(`ERR wrong number of arguments for '${command}' command`);
    }
    const reply = await call.apply(client, command === 'set' ? upperCaseOptions(args) : args);
    // The mock increments a value that is not a number to NaN.
    if (Number.isNaN(reply)) throw new Error('ERR value is not an integer or out of range');
    return reply;
  }

  function script([action = '', ...args]: string[]): Reply {
    if (/^load$/i.test(action)) return remember(args[0] ?? '');
    if (/^exists$/i.test(action)) return args.map((sha) => (scripts.has(sha.toLowerCase()) ? 1 : 0));
    if (!/^flush$/i.test(action)) throw new Error(`ERR unknown subcommand '${action}'`);
    scripts.clear();
    return 'OK';
  }

  function remember(source: string): string {
    const sha = createHash('sha1').update(source).digest('hex');
    scripts.set(sha, source);
    return sha;
  }

  return {
    run,
    // Queued in one go, run in one go.
    transaction: (commands) =>
      Promise.all(commands.map((command) => run(command).catch((error: unknown) => error as Error))),
    close: async () => {},
  };
}

let mocks = 0;
const KEYLESS = new Set(['ping', 'time', 'dbsize', 'flushall', 'flushdb', 'randomkey', 'info']);

function scriptsFrom(jobs: Job[], from: number): Job[] {
  let to = from;
  while (to < jobs.length && to - from < BATCH && 'source' in jobs[to]!.run) to += 1;
  return jobs.slice(from, to);
}

/** ioredis-mock silently ignores `nx` and `px` in lower case. */
function upperCaseOptions([key = '', value = '', ...options]: string[]): string[] {
  return [key, value, ...options.map((option) => option.toUpperCase())];
}

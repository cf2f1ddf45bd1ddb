import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const TETHER = fileURLToPath(new URL('./tether.sh', import.meta.url));

/** A child process that lives no longer than this process, even when this one is killed with `kill -9`. */
export interface Tethered {
  /** Pid of the shell that holds the tether; the command is its child. */
  readonly pid: number;
  /** The last 4 KB of what the command has written so far. */
  output(): string;
  /** Resolves when the command has ended, with the last lines it wrote: what a failed start has to say. */
  readonly ended: Promise<{ code: number | null; output: string }>;
  /** SIGTERM, SIGKILL after 5 s; resolves when it is gone. */
  stop(): Promise<void>;
}

/** A pipe of a child process is a socket, which its type does not say. */
interface Handle {
  ref(): void;
  unref(): void;
}

export interface TetherOptions {
  /** A directory to remove when the command has ended. */
  cleanup?: string;
  /** A file that stands while the command runs. One left by a killed predecessor is waited for, at most 6 s. */
  mark?: string;
}

/**
 * Starts `command` so that it ends with this process, by a pipe (see tether.sh). In a process group of its own: a
 * Ctrl-C in the terminal reaches only this process, so that requests in flight still find their store.
 * @throws when the shell cannot be started; a command that cannot be is seen in `ended`.
 */
export async function spawnTethered(
  command: string,
  args: string[],
  { cleanup, mark }: TetherOptions = {},
): Promise<Tethered> {
  if (mark !== undefined) await predecessorGone(mark);
  const child = spawn('/bin/sh', [TETHER, command, ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], TETHER_CLEANUP: cleanup, TETHER_MARK: mark },
  });
  await once(child, 'spawn');

  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4_096);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.stdin.on('error', () => {});

  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, output: output.trim() }));
  });
  // The child alone must not keep this process running.
  const handles = [child, child.stdin, child.stdout, child.stderr] as unknown as Handle[];
  for (const handle of handles) handle.unref();

  return {
    pid: child.pid!,
    output: () => output,
    ended,
    async stop() {
      for (const handle of handles) handle.ref();
      child.stdin.end();
      await ended;
    },
  };
}

/** Waits for a predecessor whose parent was killed to end. */
async function predecessorGone(mark: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < 6_000; waitedMs += 20) {
    const pid = await readFile(mark, 'utf8').then(Number, () => undefined);
    if (pid === undefined || !isAlive(pid)) break;
    await sleep(20);
  }
  await rm(mark, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

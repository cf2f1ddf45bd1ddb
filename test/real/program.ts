/** A real program in a process of its own, with its data in a directory that goes with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../../dev/stores/free-port.ts';

export interface Program {
  url: string;
  /** Removed at the end. */
  dataDir: string;
  /** What it has printed so far: what it prints before it answers is there when the answer is. */
  output(): string;
  /** Ended and started again, with the same data on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface Start {
  command: string;
  args: string[];
  env?: Record<string, string>;
  /** Asked until it is answered, whatever the status. Absent: it is ready when it takes connections. */
  readyPath?: string;
}

const READY_MS = 60_000;
const STOP_MS = 5_000;
const POLL_MS = 50;

/** @param how given the data directory and a free port of 127.0.0.1. @throws Error with what it printed. */
export async function startProgram(
  name: string,
  how: (place: { dataDir: string; port: number }) => Start | Promise<Start>,
): Promise<Program> {
  const dataDir = mkdtempSync(path.join(tmpdir(), `gatehouse-real-${name}-`));
  const logFile = path.join(dataDir, 'output.log');
  const output = () => readFileSync(logFile, 'utf8');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const remove = () => rmSync(dataDir, { recursive: true, force: true });
  try {
    const start = await how({ dataDir, port });
    const launch = () => launched(start, url, logFile);
    let end = await launch();
    return {
      url,
      dataDir,
      output,
      restart: async () => {
        await end();
        end = await launch();
      },
      stop: async () => {
        await end();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** @returns what ends it. */
async function launched(
  { command, args, env, readyPath }: Start,
  url: string,
  logFile: string,
): Promise<() => Promise<void>> {
  const log = openSync(logFile, 'a');
  // setpriv (every Debian has it): a run that is killed leaves no program behind.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'close');
  const end = async () => {
    child.kill('SIGTERM');
    const forced = setTimeout(() => void child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(forced);
  };
  try {
    const listens = async () => {
      if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}.`);
      return readyPath === undefined ? isOpen(url) : isAnswered(url + readyPath);
    };
    await until(listens, `${command} listens`, READY_MS);
    return end;
  } catch (error) {
    const printed = readFileSync(logFile, 'utf8');
    await end();
    throw new Error(`${(error as Error).message}\n${printed}`, { cause: error });
  }
}

async function isAnswered(url: string): Promise<boolean> {
  const answer = await fetch(url, { redirect: 'manual' }).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer !== undefined;
}

async function isOpen(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const opened = await once(socket, 'connect').catch(() => undefined);
  socket.destroy();
  return opened !== undefined;
}

/** How often it was asked for exactly this, where it prints `SEEN GET /path` for each request. */
export const seen = (program: Program, request: `${'GET' | 'POST'} /${string}`): number =>
  program.output().split(`SEEN ${request}\n`).length - 1;

/** Real programs keep their own time: asks again until it is so. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 30_000,
): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`Not within ${limitMs / 1_000} s: ${what}.`);
    await new Promise((resolve) => void setTimeout(resolve, POLL_MS));
  }
}

/** The clients of all languages, each in a process of its own language: one test for all of them. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Job {
  do:
    | 'open'
    | 'call'
    | 'callNumbers'
    | 'callWithMeta'
    | 'batch'
    | 'proxy'
    | 'request'
    | 'verify'
    | 'leaks'
    | 'fork';
  client?: {
    baseUrl: string;
    apiKey: string;
    /** `timeout` in seconds; `ca` is a file of certificates to trust. */
    options?: { retries?: number; timeout?: number; headers?: Record<string, string>; ca?: string };
  };
  service?: string;
  operation?: string;
  params?: Record<string, unknown>;
  calls?: { operation: string; params?: Record<string, unknown> }[];
  method?: string;
  path?: string;
  query?: Record<string, string | number | boolean | null | (string | null)[]>;
  headers?: Record<string, string>;
  /** Bytes as `{base64}`. */
  body?: unknown;
  secrets?: string | string[];
  options?: { idempotencyKey?: string; account?: string; idempotent?: boolean; timeout?: number };
}

export interface ShownError {
  class: string;
  text: string;
  isGatewayError?: boolean;
  code?: string;
  detail?: string;
  status?: number;
  requestId?: string | null;
  retryable?: boolean;
  retryAfter?: number | null;
  errors?: unknown;
  upstream?: unknown;
}

export interface Reply {
  /** Numbers as their digits behind `#`. */
  value?: unknown;
  error?: ShownError;
  /** Between tries, milliseconds. */
  slept: number[];
}

export interface Driver {
  do: (job: Job) => Promise<Reply>;
  stop: () => void;
}

export interface Language {
  name: string;
  /** What it throws where the caller has made a mistake. */
  mistake: string;
  present: boolean;
  start: () => Driver;
}

const file = (name: string) => join(import.meta.dirname, name);
/** Traces with their arguments, as a developer's machine has them. */
const PHP = ['-d', 'zend.exception_ignore_args=0', '-d', 'zend.exception_string_param_max_len=1000'];

export const LANGUAGES: Language[] = [
  language('TypeScript', 'TypeError', process.execPath, [file('driver.ts')], ['--version']),
  language(
    'Python',
    'ValueError',
    'python3',
    [file('driver.py')],
    ['-c', 'import ssl, sys; assert sys.version_info >= (3, 9)'],
  ),
  language(
    'PHP',
    'InvalidArgumentException',
    'php',
    [...PHP, file('driver.php')],
    ['-r', 'exit(PHP_VERSION_ID >= 80100 && extension_loaded("curl") ? 0 : 1);'],
  ),
];

function language(name: string, mistake: string, command: string, args: string[], check: string[]): Language {
  const present = spawnSync(command, check).status === 0;
  if (!present) process.stdout.write(`skipped: no ${command} here that runs the client of ${name}\n`);
  return { name, mistake, present, start: () => started(command, args) };
}

function started(command: string, args: string[]): Driver {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  // Its end is noticed where its answer is read.
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async do(job) {
      child.stdin.write(`${JSON.stringify(job)}\n`);
      const line = await lines.next();
      if (line.done === true) throw new Error(`${command} has ended.`);
      return JSON.parse(line.value) as Reply;
    },
    stop: () => void child.kill(),
  };
}

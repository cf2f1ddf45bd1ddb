/** `npm start` in a process group of its own, on a data directory of its own: to be killed, and started again. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../dev/stores/free-port.ts';

const ROOT = join(import.meta.dirname, '..');
const READY_WITHIN_MS = 45_000;

export class ProductProcess {
  url = '';
  /** What the last start has printed. */
  output = '';
  readonly adminKey = `gh_${randomBytes(32).toString('base64url')}`;
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-kill-'));
  readonly #env: Record<string, string>;
  #child: ChildProcess | undefined;

  /** @param env beside what it needs: stores that it is to use. */
  constructor(env: Record<string, string> = {}) {
    this.#env = env;
  }

  /** Again, where somebody took its free port first. */
  async start(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#startOnce();
      } catch (error) {
        if (tries === 3) throw error;
      }
    }
  }

  async #startOnce(): Promise<void> {
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const child = spawn(process.execPath, ['dev/start.mjs'], {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        PORT: String(port),
        GATEHOUSE_DATA_DIR: this.#dataDir,
        GATEHOUSE_ADMIN_KEY: this.adminKey,
        GATEHOUSE_SANDBOX: 'off',
        ...this.#env,
      },
    });
    this.#child = child;
    this.output = '';
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('not ready in time')), READY_WITHIN_MS);
      child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)));
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        if (!this.output.includes('gatehouse ready on')) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Resolves with its exit code and signal. */
  exited(): Promise<unknown[]> {
    return once(this.#child!, 'exit');
  }

  /** SIGKILL. The stores run in groups of their own, whose leaders they name in the data directory. */
  kill({ stores = false } = {}): void {
    const marks = stores ? readdirSync(this.#dataDir).filter((name) => name.endsWith('.pid')) : [];
    assert.equal(marks.includes('dynamodb.pid'), stores);
    const groups = marks.map((name) => Number(readFileSync(join(this.#dataDir, name), 'utf8')));
    for (const group of [this.#child!.pid!, ...groups]) kill(-group);
  }

  /** SIGTERM. @returns its exit code and signal. */
  async stop(): Promise<unknown[]> {
    const child = this.#child!;
    child.kill('SIGTERM');
    const ended = await once(child, 'exit');
    this.#child = undefined;
    return ended;
  }

  /** Whatever has become of it; nothing is left. */
  async clear(): Promise<void> {
    if (this.#child) kill(-this.#child.pid!);
    await this.nobodyLeft();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  /** The stores see their holder go, and follow; given ten seconds, which they do not need. */
  async nobodyLeft(): Promise<void> {
    for (let waitedMs = 0; waitedMs < 10_000 && this.processes().length > 0; waitedMs += 50) await wait(50);
    assert.deepEqual(this.processes(), []);
  }

  /** Pids of processes that have its data directory in their arguments or environment (Linux). */
  processes(): string[] {
    if (process.platform !== 'linux') return [];
    return readdirSync('/proc').filter(
      (pid) => /^\d+$/.test(pid) && ['cmdline', 'environ'].some((file) => this.#isMentioned(pid, file)),
    );
  }

  #isMentioned(pid: string, file: string): boolean {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(this.#dataDir);
    } catch {
      return false;
    }
  }

  async get<T = unknown>(path: string): Promise<T> {
    const answer = await fetch(this.url + path, { headers: { authorization: `Bearer ${this.adminKey}` } });
    assert.equal(answer.status, 200, path);
    return (await answer.json()) as T;
  }

  async send<T = unknown>(method: 'PUT' | 'POST', path: string, body: object): Promise<T> {
    const headers = { authorization: `Bearer ${this.adminKey}`, 'content-type': 'application/json' };
    const answer = await fetch(this.url + path, { method, headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return (await answer.json()) as T;
  }

  /** URS as a partner with this key. */
  async registerUrs(appKey: string, webhook: object = {}): Promise<void> {
    const path = '/v1/admin/services/URS_PROMOTION';
    await this.send('PUT', path, {
      code: 'URS_PROMOTION',
      name: 'URS',
      baseUrl: 'http://127.0.0.1:9/api',
      auth: { type: 'SIGNATURE' },
      webhook: { path: 'urs', rateLimit: { limit: 1_000_000, windowSeconds: 60 }, ...webhook },
      settings: { diamondRatio: 300, fundUserId: 15, controlUserId: 16 },
    });
    await this.send('PUT', `${path}/credentials`, { appKey });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../dev/stores/free-port.ts';
import { deliver, seal } from '../urs-partner.ts';
import type { Delivered } from '../urs-partner.ts';

const ROOT = join(import.meta.dirname, '../..');
const DEPOSITS = 400;
const USERS = 8;
const FIRST_USER = 20_001;
const AT_ONCE = 8;
const READY_WITHIN_MS = 45_000;

const adminKey = `gh_${randomBytes(32).toString('base64url')}`;
const appKey = randomBytes(16).toString('hex');
let dataDir: string;
let url: string;
let product: ChildProcess | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-kill-'));
});
afterEach(async () => {
  if (product) kill(-product.pid!);
  await nobodyLeft();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Deposit {
  userId: number;
  usdtAmount: string;
  transactionId: string;
}

/** Amounts differ, so that a lost one cannot hide behind one that came twice. */
const deposits = Array.from({ length: DEPOSITS }, (_, at): Deposit => ({
  userId: FIRST_USER + (at % USERS),
  usdtAmount: `${at + 1}.${String(at).padStart(10, '0')}`,
  transactionId: `kill-${at}`,
}));

test.each([
  ['the product', false],
  ['the product and its stores', true],
])(
  'L6 %s is killed in the middle of 400 deposits; delivered again, they are 400',
  async (_, storesToo) => {
    await start();
    await registerUrs();
    // The product, two stores and who ties each to it: what must be gone in the end can be seen.
    expect(ours().length).toBeGreaterThanOrEqual(process.platform === 'linux' ? 3 : 0);

    const acknowledged = await depositUntilKilled(storesToo);
    await start();
    const again = await inParallel(deposits, send);

    expect(tally(again.map(({ status }) => status))).toEqual({ 200: DEPOSITS });
    const forgotten = [...acknowledged].filter((at) => !again[at]!.json.replayed);
    expect(forgotten).toEqual([]);
    // Some were posted without an answer, or none was: never fewer than were acknowledged.
    expect(again.filter(({ json }) => json.replayed).length).toBeGreaterThanOrEqual(acknowledged.size);

    const statements = await Promise.all(
      Array.from({ length: USERS }, (__, at) => statementOf(FIRST_USER + at)),
    );
    const posted = statements.flatMap(({ ids }) => ids);
    expect(posted.toSorted()).toEqual(deposits.map(({ transactionId }) => transactionId).toSorted());
    expect(statements.map(({ balance }) => balance)).toEqual(expectedBalances());
    expect(await get('/v1/admin/ledger/trial-balance?deep=true')).toMatchObject({
      total: '0',
      transfers: DEPOSITS,
      users: USERS,
      balanced: true,
    });

    product!.kill('SIGTERM');
    expect(await once(product!, 'exit')).toEqual([0, null]);
    product = undefined;
    await nobodyLeft();
  },
  90_000,
);

/** `npm start` in a process group of its own, ready to be asked; again, where somebody took its free port first. */
async function start(): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOnce();
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

async function startOnce(): Promise<void> {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ['dev/start.mjs'], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      GATEHOUSE_DATA_DIR: dataDir,
      GATEHOUSE_ADMIN_KEY: adminKey,
      GATEHOUSE_SANDBOX: 'off',
    },
  });
  product = child;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('not ready in time')), READY_WITHIN_MS);
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (!text.includes('gatehouse ready on')) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

async function registerUrs(): Promise<void> {
  const path = '/v1/admin/services/URS_PROMOTION';
  await put(path, {
    code: 'URS_PROMOTION',
    name: 'URS',
    baseUrl: 'http://127.0.0.1:9/api',
    auth: { type: 'SIGNATURE' },
    webhook: { path: 'urs', rateLimit: { limit: 1_000_000, windowSeconds: 60 } },
    settings: { diamondRatio: 300, fundUserId: 15, controlUserId: 16 },
  });
  await put(`${path}/credentials`, { appKey });
}

/** @returns which deposits were answered before the kill. */
async function depositUntilKilled(storesToo: boolean): Promise<Set<number>> {
  const acknowledged = new Set<number>();
  const exited = once(product!, 'exit');
  await inParallel(deposits, async (deposit, at) => {
    const answer = await send(deposit).catch(() => undefined);
    if (answer?.status === 200 && acknowledged.add(at).size === DEPOSITS / 2) killAll(storesToo);
  });
  await exited;
  expect(acknowledged.size).toBeGreaterThanOrEqual(DEPOSITS / 2);
  expect(acknowledged.size).toBeLessThan(DEPOSITS);
  return acknowledged;
}

/** The stores run in groups of their own, whose leaders they name in the data directory. */
function killAll(storesToo: boolean): void {
  const marks = storesToo ? readdirSync(dataDir).filter((name) => name.endsWith('.pid')) : [];
  expect(marks.includes('dynamodb.pid')).toBe(storesToo);
  const groups = marks.map((name) => Number(readFileSync(join(dataDir, name), 'utf8')));
  for (const group of [product!.pid!, ...groups]) kill(-group);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const send = ({ userId, usdtAmount, transactionId }: Deposit): Promise<Delivered> =>
  deliver(
    `${url}/webhook/urs/deposit`,
    seal(`{"userId":${userId},"usdtAmount":${usdtAmount},"transactionId":"${transactionId}"}`, appKey),
  );

async function inParallel<T, R>(items: T[], task: (item: T, at: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await task(items[at]!, at);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

async function statementOf(userId: number): Promise<{ ids: string[]; balance: string }> {
  const { balance } = await get<{ balance: string }>(`/v1/accounts/user:${userId}`);
  const { items } = await get<{ items: { transactionId: string }[] }>(
    `/v1/accounts/user:${userId}/entries?limit=200`,
  );
  return { balance, ids: items.map(({ transactionId }) => transactionId) };
}

/** 300 DIAMOND for a USDT, added up in whole numbers of 10⁻¹⁰. */
function expectedBalances(): string[] {
  const sums = Array.from({ length: USERS }, () => 0n);
  for (const { userId, usdtAmount } of deposits) {
    sums[userId - FIRST_USER]! += BigInt(usdtAmount.replace('.', '')) * 300n;
  }
  return sums.map((sum) => {
    const digits = String(sum).padStart(11, '0');
    return `${digits.slice(0, -10)}.${digits.slice(-10)}`.replace(/\.?0+$/, '');
  });
}

async function get<T = unknown>(path: string): Promise<T> {
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${adminKey}` } });
  expect([path, answer.status]).toEqual([path, 200]);
  return (await answer.json()) as T;
}

async function put(path: string, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method: 'PUT', headers, body: JSON.stringify(body) });
  expect([path, answer.ok]).toEqual([path, true]);
}

function tally(values: number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** The stores see their holder go, and follow; given ten seconds, which they do not need. */
async function nobodyLeft(): Promise<void> {
  for (let waitedMs = 0; waitedMs < 10_000 && ours().length > 0; waitedMs += 50) await wait(50);
  expect(ours()).toEqual([]);
}

/** Pids of processes that have our data directory in their arguments or environment (Linux). */
function ours(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && ['cmdline', 'environ'].some(mentions(pid)),
  );
}

const mentions = (pid: string) => (file: string) => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(dataDir);
  } catch {
    return false;
  }
};

/** Commands that show what there is, against the running stack; and what a shell completes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runGatehouse } from '../command-line.ts';
import { startGatehouse } from '../gatehouse.ts';
import type { Gatehouse } from '../gatehouse.ts';
import { deliver, seal } from '../urs-partner.ts';

const CODE = 'URS_PROMOTION';
const appKey = 'a-key-of-thirty-two-characters-!';

let gatehouse: Gatehouse;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-lists-'));
  gatehouse = await startGatehouse();
  await gatehouse.register(
    {
      code: CODE,
      name: '推广系统',
      baseUrl: 'http://127.0.0.1:9/api',
      auth: { type: 'SIGNATURE' },
      webhook: { path: 'urs' },
      settings: { diamondRatio: 300 },
    },
    { appKey },
  );
  await gatehouse.register({
    code: 'DOWN',
    name: 'Nobody is there',
    baseUrl: 'http://127.0.0.1:9',
    auth: { type: 'NONE' },
    retry: { networkTimeout: { attempts: 1, delaysSeconds: [0] } },
    operations: { ping: { method: 'GET', path: '/ping' } },
  });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await gatehouse.stop();
});

const run = (...args: string[]) =>
  runGatehouse(args, { GATEHOUSE_URL: gatehouse.url, GATEHOUSE_KEY: gatehouse.stack.adminKey });
const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).out) as never;

describe('gatehouse transfers list', () => {
  const list = (...args: string[]) => run('transfers', 'list', '--service', CODE, ...args);

  it('has what settled, page by page, of the last day or of a range', async () => {
    expect((await list()).out).toBe('There are none.\n');
    for (const transactionId of ['L1', 'L2']) {
      const order = seal({ userId: 7, usdtAmount: 2, transactionId }, appKey);
      await deliver(`${gatehouse.url}/webhook/urs/deposit`, order);
    }
    const all = await list();
    expect(all.code).toBe(0);
    expect(all.out).toMatch(/^settledAt +transactionId +type +userId +amount\n/);
    for (const id of ['L1', 'L2']) expect(all.out).toMatch(new RegExp(`Z +${id} +deposit +7 +2\\n`));
    const [, more] = /There is more: (.+)/.exec((await list('--limit', '1')).out)!;
    const rest = await json('transfers', 'list', '--service', CODE, '--limit', '1', ...more!.split(' '));
    expect(rest).toMatchObject({ items: [{ type: 'deposit', userId: '7', usdtAmount: '2' }] });
    expect((await list('--to', '2026-01-02T00:00:00Z')).out).toBe('There are none.\n');
    expect((await list('--from', 'yesterday')).code).toBe(2);
    expect((await run('transfers', 'list')).code).toBe(2);
  });
});

describe('gatehouse transfers adjust, gatehouse ledger balance', () => {
  it('gives and takes once, with a reason, and shows that the book still adds up', async () => {
    const give = () => run('transfers', 'adjust', '77', '300', '--id', 'A1', '--reason', 'promised');
    for (const answer of [await give(), await give()]) {
      expect(answer.out).toMatch(/^A1: 300 DIAMOND from house:\d+ to user:77\.\n$/);
    }
    const take = ['--id', 'A2', '--reason', 'twice', '--', '77', '-1'];
    expect((await run('transfers', 'adjust', ...take)).out).toMatch(
      /^A2: 1 DIAMOND from user:77 to house:\d+\.\n$/,
    );
    const unnamed = await run('transfers', 'adjust', '77', '300', '--reason', 'promised');
    expect([unnamed.code, unnamed.err]).toEqual([2, expect.stringContaining('--id')]);
    const { out, code } = await run('ledger', 'balance', '--deep');
    expect(code).toBe(0);
    expect(out).toMatch(/^book {7}main, in DIAMOND\n/);
    expect(out).toMatch(/^total {6}0\nadds up {4}yes\n$/m);
    expect(await json('ledger', 'balance')).toMatchObject({ total: '0', balanced: true });
    expect((await run('ledger', 'balance', '--book', 'No book')).code).toBe(1);
  });
});

describe('gatehouse services', () => {
  it('lists them, and shows one as a file that apply takes', async () => {
    const list = await run('services', 'list');
    expect([list.code, list.out]).toEqual([0, expect.stringMatching(/^code +name +status/)]);
    expect(list.out).toMatch(/URS_PROMOTION +推广系统 +ACTIVE +SIGNATURE/);
    const shown = await run('services', 'show', 'DOWN');
    const definition = JSON.parse(shown.out) as Record<string, unknown>;
    expect(definition).toMatchObject({ code: 'DOWN', operations: { ping: { path: '/ping' } } });
    for (const name of ['revision', 'createdAt', 'updatedAt']) expect(definition).not.toHaveProperty(name);
  });

  it('deletes one whose name is said twice', async () => {
    await gatehouse.register({
      code: 'OLD',
      name: 'Old',
      baseUrl: 'http://127.0.0.1:9',
      auth: { type: 'NONE' },
    });
    const wrong = await run('services', 'delete', 'OLD', '--yes', 'DOWN');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('--yes says DOWN, not OLD.')]);
    expect((await run('services', 'delete', 'OLD')).code).toBe(2);
    expect((await run('services', 'delete', 'OLD', '--yes', 'OLD')).code).toBe(0);
    const gone = await run('services', 'show', 'OLD');
    expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('NOT_FOUND')]);
  });
});

describe('gatehouse calls', () => {
  it('finds a failed one by its code, and shows it by its request id', async () => {
    const failed = await gatehouse.ask('POST', '/v1/services/DOWN/operations/ping', { body: { params: {} } });
    const requestId = failed.at<string>('requestId');
    const list = await run('calls', 'list', '--service', 'DOWN', '--code', 'PLATFORM_UNAVAILABLE');
    expect(list.out).toContain(requestId);
    const shown = await run('calls', 'show', requestId);
    expect(shown.out).toMatch(/operation +ping/);
    expect(shown.out).toMatch(/cause +refused/);
    const none = await run('calls', 'show', 'nothing');
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('There is no call')]);
    const { items } = await json('calls', 'list', '--operation', 'other');
    expect(items).toEqual([]);
  });

  it('goes on with the next page', async () => {
    await gatehouse.ask('POST', '/v1/services/DOWN/operations/ping', { body: { params: {} } });
    const first = await run('calls', 'list', '--limit', '1');
    const cursor = /There is more: --cursor (\S+)/.exec(first.out)?.[1];
    const next = await run('calls', 'list', '--limit', '1', '--cursor', cursor!);
    expect(next.code).toBe(0);
    expect(next.out.split('\n')[1]).not.toBe(first.out.split('\n')[1]);
    const wrong = await run('calls', 'list', '--limit', 'many');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('--limit')]);
  });
});

describe('gatehouse deliveries', () => {
  it('finds those of an order, and counts those that nobody signed', async () => {
    const order = { userId: 5, usdtAmount: '1', transactionId: 'cli-1' };
    await deliver(`${gatehouse.url}/webhook/urs/deposit`, seal(order, appKey));
    await deliver(`${gatehouse.url}/webhook/urs/deposit`, seal(order, 'another-key-of-32-characters-!!!'));
    const list = await run('deliveries', 'list', '--transaction-id', 'cli-1');
    expect(list.out).toMatch(/URS_PROMOTION +deposit +accepted +cli-1/);
    const unverified = await run('deliveries', 'unverified', '--service', CODE, '--hours', '1');
    expect(unverified.out).toMatch(/URS_PROMOTION +SIGNATURE +1/);
  });
});

describe('gatehouse captchas', () => {
  it('says when nothing waits, and what is not there', async () => {
    expect((await run('captchas', 'list')).out.trim()).toBe('Nothing waits.');
    const image = await run('captchas', 'image', 'nothing', join(folder, 'image'));
    expect([image.code, image.err]).toEqual([1, expect.stringContaining('NOT_FOUND')]);
    const answer = await run('captchas', 'answer', 'nothing', 'abcd');
    expect([answer.code, answer.err]).toEqual([1, expect.stringContaining('NOT_FOUND')]);
  });
});

describe('gatehouse completion', () => {
  const complete = (script: string, ...words: string[]) => {
    const line = `COMP_WORDS=(gatehouse ${words.join(' ')}); COMP_CWORD=${words.length}; _gatehouse; echo "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', `${script}\n${line}`], { encoding: 'utf8' }).trim();
  };

  it('completes commands, their commands and their options in bash', async () => {
    const { out } = await run('completion', 'bash');
    expect(complete(out, 'transf')).toBe('transfers');
    expect(complete(out, 'transfers', 're')).toBe('reverse');
    expect(complete(out, '--json', 'replay', '--dry')).toBe('--dry-run');
    expect(complete(out, 'transfers', 'redr')).toBe('');
  });

  it('offers what an option takes, where that is known', async () => {
    const { out } = await run('completion', 'bash');
    expect(complete(out, 'keys', 'create', '--role', "''")).toBe('caller viewer operator admin');
    expect(complete(out, 'export', 'calls', '--format', 'nd')).toBe('ndjson');
    expect(complete(out, 'alerts', 'channels', 'add', '-t', 'DI')).toBe('DINGTALK');
    expect(complete(out, 'keys', 'create', '--expires', 'v')).toBe('');
    expect((await run('completion', 'fish')).out).toContain("-l role -x -a 'caller viewer operator admin'");
  });

  it('has a script for zsh and fish, and no other', async () => {
    expect((await run('completion', 'zsh')).out).toMatch(/^#compdef gatehouse\n/);
    expect((await run('completion', 'fish')).out).toContain('-l dry-run');
    expect((await run('completion', 'tcsh')).code).toBe(2);
  });
});

it('gatehouse --version is the version of the package', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect((await run('--version')).out.trim()).toBe(version);
});

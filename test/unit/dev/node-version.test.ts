import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';

const ENTRY = join(import.meta.dirname, '../../fixtures/needs-node.mjs');

function start(...args: string[]) {
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const firstLine = once(createInterface({ input: child.stdout }), 'line').then(
    ([line]) => JSON.parse(line as string) as { pid: number; args: string[] },
  );
  firstLine.catch(() => {});
  return { child, exit, firstLine };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a Node that is new enough runs the program itself', async () => {
  const { child, exit, firstLine } = start('24.0.0', '/none', '5');
  expect((await firstLine).pid).toBe(child.pid);
  expect(await exit).toEqual([5, null]);
});

test('an older one hands over to the one in node_modules: arguments, exit code', async () => {
  const { child, exit, firstLine } = start('20.19.0', process.execPath, '3', 'a b', '--c=$d');
  const { pid, args } = await firstLine;
  expect(pid).not.toBe(child.pid);
  expect(args.slice(3)).toEqual(['a b', '--c=$d']);
  expect(await exit).toEqual([3, null]);
});

test('SIGTERM reaches the program, and its exit code comes back', async () => {
  const { child, exit, firstLine } = start('20.19.0', process.execPath, 'stay');
  await firstLine;
  child.kill('SIGTERM');
  expect(await exit).toEqual([7, null]);
});

test('killed with kill -9, it takes the program with it', async () => {
  const { child, exit, firstLine } = start('20.19.0', process.execPath, 'stay');
  const { pid } = await firstLine;
  child.kill('SIGKILL');
  await exit;
  await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
});

test('without another, it says what to do', async () => {
  const { child, exit } = start('20.19.0', '/none', '0');
  const said = once(child.stderr, 'data');
  expect(String(await said)).toMatch(/needs Node 24.*this is Node 20\.19\.0.*npm ci/);
  expect(await exit).toEqual([1, null]);
});

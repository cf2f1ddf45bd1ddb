import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

test('the demo tells its story to the end, against a stack of its own, and every claim holds', async () => {
  // Port 1: nobody's Gatehouse.
  const env = { ...process.env, PORT: '1', GATEHOUSE_DATA_DIR: resolve(root, 'test/e2e/no-such-folder') };
  const { stdout } = await run(process.execPath, ['dev/demo.mjs'], { cwd: root, env }).catch(
    (failure: { stdout: string }) => failure,
  );
  expect(stdout).not.toContain('DOES NOT HOLD');
  for (const title of [
    'Cold start',
    'Calls',
    'callers find out at once',
    'Keepalive',
    'goes down',
    'comes back',
    'three superiors',
    'A deposit comes in',
    'another amount',
    'race for a balance',
    'Every digit counts',
    'corrects a balance',
    'The statement',
    'still answered',
    'The trial balance',
  ]) {
    expect(stdout).toContain(title);
  }
  expect(stdout.trim().endsWith('Everything held.')).toBe(true);
  // What it speaks with stays its own.
  expect(stdout).not.toMatch(/gh_|PHPSESSID|gongdan|knY4NP4S/);
}, 120_000);

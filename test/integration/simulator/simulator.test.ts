/** The simulator itself: the same seed is the same day, and a bug is seen. Its seeds at length are CI's. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

async function simulator(script: string, ...options: string[]): Promise<string[]> {
  const { stdout } = await run(process.execPath, [`dev/simulator/${script}.ts`, ...options]).catch(
    (failed: { stdout: string }) => failed,
  );
  return stdout.trim().split('\n');
}

describe('the simulator', () => {
  it('plays the same day for the same seed, in whichever process', async () => {
    const [alone, again, other] = await Promise.all([
      simulator('main', '--seed', '7', '--steps', '40'),
      simulator('main', '--seed', '7', '--steps', '40'),
      simulator('main', '--seed', '8', '--steps', '40'),
    ]);
    expect(alone.at(-1)).toMatch(/^digest: [0-9a-f]{64}$/);
    expect(again).toEqual(alone);
    expect(other.at(-1)).not.toBe(alone.at(-1));
  }, 60_000);

  it('repeats what it has shrunk', async () => {
    const [whole, part] = await Promise.all([
      simulator('main', '--seed', '7', '--steps', '40', '--keep', 's1,s2,s3', '--without', 'stale,skews'),
      simulator('main', '--seed', '7', '--steps', '40', '--keep', 's1,s2,s3', '--without', 'stale,skews'),
    ]);
    expect(whole[0]).toMatch(/^seed 7: 3 steps/);
    expect(part).toEqual(whole);
  }, 60_000);

  it('holds for a few seeds, and says so', async () => {
    const said = await simulator('main', '--seeds', '6', '--steps', '40');
    expect(said[0]).toMatch(/^seeds 1 to 6, 40 steps each, \d+ events: everything holds/);
  }, 60_000);

  it('finds a bug that is planted', async () => {
    const said = await simulator('self-test/run', 'below zero');
    expect(said[0]).toMatch(/^found {3}an account may go below zero: by seed \d+ after \d+ steps/);
    expect(said.at(-1)).toBe('1 of 1 planted bugs were found');
  }, 60_000);
});

/**
 * `npm start` as a user sees it: the ready line is printed, the printed curl lines work as printed, a second one on
 * the same port says so, SIGTERM stops it with nothing left behind. Exit code 1 and one line per fault.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './stores/free-port.ts';

const READY_WITHIN_MS = 90_000;
const ROOT = join(import.meta.dirname, '..');
const faults: string[] = [];
const expect = (holds: boolean, fault: string) => void (holds || faults.push(fault));

const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-smoke-'));
const port = await freePort();
/** Identifies started processes in the process table, whatever their parent. */
const MARK = `GATEHOUSE_DATA_DIR=${dataDir}`;
const env = { ...process.env, PORT: String(port), GATEHOUSE_DATA_DIR: dataDir };

try {
  for (const round of ['first start', 'second start, on the same data']) await play(round);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
for (const fault of faults) console.error(fault);
console.log(`smoke: ${faults.length === 0 ? 'ok' : `${faults.length} faults`}`);
process.exit(faults.length > 0 ? 1 : 0);

async function play(round: string): Promise<void> {
  const child = spawn('npm', ['start'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const output = await untilReady(child);
    expect(
      output.endsWith(`gatehouse ready on http://127.0.0.1:${port}\n`),
      `${round}: no ready line:\n${output}`,
    );
    const lines = output.split('\n').filter((line) => line.startsWith('curl '));
    expect(lines.length === 3, `${round}: ${lines.length} curl lines instead of 3`);
    for (const line of lines) {
      const answer = spawnSync('sh', ['-c', line.replace('curl ', 'curl --fail-with-body ')], {
        encoding: 'utf8',
      });
      expect(answer.status === 0, `${round}: curl failed: ${answer.stdout} ${answer.stderr}`);
    }
    const second = spawnSync('npm', ['start'], { cwd: ROOT, env, encoding: 'utf8', timeout: 60_000 });
    expect(second.status === 1, `${round}: a taken port ended with ${second.status}`);
    expect(second.stderr.includes(`Port ${port} is taken`), `${round}: a taken port said ${second.stderr}`);
  } finally {
    const code = await end(child);
    expect(code === 0, `${round}: SIGTERM ended it with ${code}`);
    expect(leftoverProcesses().length === 0, `${round}: left behind: ${leftoverProcesses().join(', ')}`);
  }
}

function untilReady(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(output), READY_WITHIN_MS);
    const done = () => {
      clearTimeout(timer);
      resolve(output);
    };
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (/^gatehouse ready on .*\n$/m.test(output)) done();
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => process.stderr.write(chunk));
    child.once('exit', done);
  });
}

function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.kill('SIGTERM');
  });
}

/** Processes whose environment contains this run's data directory (Linux). */
function leftoverProcesses(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(MARK);
      } catch {
        return false;
      }
    })
    .map((pid) => `${pid} ${execFileSync('ps', ['-o', 'args=', '-p', pid], { encoding: 'utf8' }).trim()}`);
}

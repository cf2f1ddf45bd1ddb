import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { spawnTethered } from './tether.ts';
import type { Tethered } from './tether.ts';

export interface EmbeddedDynamoDb {
  endpoint: string;
  describe: string;
  stop(): Promise<void>;
}

/**
 * DynamoDB on a free port of a loopback address that nobody guesses: dynoxide, one binary over SQLite. Data is kept in
 * `{dataDir}/dynamodb.sqlite`, every acknowledged write before its answer; `memory` keeps nothing.
 * @throws Error saying what to do on a platform without a binary.
 */
export async function startDynamoDb(dataDir: string): Promise<EmbeddedDynamoDb> {
  const binary = findBinary();
  const memory = dataDir === 'memory';
  const store = memory ? [] : ['--db-path', join(dataDir, 'dynamodb.sqlite')];
  if (!memory) await mkdir(dataDir, { recursive: true });

  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const host = hiddenLoopback();
    const args = ['serve', '--host', host, '--port', String(port), ...store];
    const child = await spawnTethered(binary, args, memory ? {} : { mark: join(dataDir, 'dynamodb.pid') });
    const endpoint = `http://${host}:${port}`;
    const failure = await untilReady(child);
    if (failure === undefined) {
      const where = memory ? 'in memory' : join(dataDir, 'dynamodb.sqlite');
      return { endpoint, describe: `DynamoDB (embedded, ${where}) at ${endpoint}`, stop: () => child.stop() };
    }
    // Another program may have taken the port, or a killed predecessor may still hold the file.
    if (attempt === 5) throw new Error(`The embedded DynamoDB did not start: ${failure}`);
  }
}

/**
 * dynoxide takes any credentials, and lets every web page read its answers. It has no token, but Linux has 16 million
 * loopback addresses: a page cannot try them all.
 */
function hiddenLoopback(): string {
  if (process.platform !== 'linux') return '127.0.0.1';
  const [a = 0, b = 0, c = 0] = randomBytes(3);
  return `127.${a}.${b}.${Math.min(254, Math.max(2, c))}`;
}

/** @throws Error saying what to do where there is none. */
export function findBinary(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@dynoxide/${platform}-${arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/dynoxide`);
  } catch {
    throw new Error(
      `The embedded DynamoDB is not available on this platform (package ${name} is not installed). ` +
        'Run a DynamoDB yourself (DynamoDB Local, for one) and set AWS_ENDPOINT_URL_DYNAMODB to its address; ' +
        'on linux-x64, `npm ci` installs it.',
    );
  }
}

/** `undefined` when it listens; otherwise why it does not. */
async function untilReady(child: Tethered): Promise<string | undefined> {
  let failure: string | undefined;
  void (async () => {
    const { code, output } = await child.ended;
    failure = output || `it ended with status ${code}`;
  })();
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 10) {
    if (failure !== undefined) return failure;
    // Wait for its own message: an answer on the port could be another program's.
    if (child.output().includes('listening on')) return undefined;
    await sleep(10);
  }
  await child.stop();
  return 'it did not listen within 10 s';
}

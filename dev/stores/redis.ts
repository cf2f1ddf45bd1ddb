import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { connectEngine } from './redis-engine.ts';
import { createMockEngine } from './redis-mock.ts';
import type { RedisEngine } from './redis-engine.ts';
import { spawnTethered } from './tether.ts';

export interface EmbeddedRedis {
  engine: RedisEngine;
  describe: string;
  stop(): Promise<void>;
}

export interface RedisStart {
  /** Where its data is kept; `memory` keeps nothing. */
  dataDir: string;
  /** `mock`: the embedded one even where redis-server is installed. */
  engine?: 'auto' | 'mock';
}

/**
 * Redis: `redis-server` when one is on PATH, on a unix socket that only this user can open; otherwise
 * ioredis-mock in this process. On disk it keeps what was written until a second before a kill
 * (`appendfsync everysec` is about power cuts: what the process wrote, the kernel keeps).
 */
export async function startRedis({ dataDir, engine = 'auto' }: RedisStart): Promise<EmbeddedRedis> {
  const binary = engine === 'mock' ? undefined : findOnPath('redis-server');
  if (binary === undefined) {
    return {
      engine: createMockEngine(),
      describe: 'Redis (embedded, in memory; install redis-server to keep sessions over a restart)',
      stop: async () => {},
    };
  }

  // Not in the data directory: a socket's path may have 107 characters.
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-redis-'));
  const socket = join(folder, 'redis.sock');
  const child = await spawnTethered(
    binary,
    [...SETTINGS, '--unixsocket', socket, ...(await persistence(dataDir))],
    {
      cleanup: folder,
      ...(dataDir === 'memory' ? {} : { mark: join(dataDir, 'redis.pid') }),
    },
  );
  const failed = child.ended.then(({ output }) => {
    throw new Error(`redis-server did not start: ${output.split('\n').at(-1)}`);
  });
  failed.catch(() => {});
  const connected = connectEngine(socket);
  connected.catch(() => {});
  const connection = await Promise.race([connected, failed]).catch(async (error: unknown) => {
    await child.stop();
    throw error;
  });

  return {
    engine: connection,
    describe: `Redis (${binary}, ${dataDir === 'memory' ? 'in memory' : join(dataDir, 'redis')})`,
    async stop() {
      await connection.close();
      await child.stop();
    },
  };
}

const SETTINGS = [
  '--port',
  '0',
  '--unixsocketperm',
  '700',
  '--daemonize',
  'no',
  '--loglevel',
  'warning',
  '--save',
  '',
];

async function persistence(dataDir: string): Promise<string[]> {
  if (dataDir === 'memory') return ['--appendonly', 'no'];
  const folder = join(dataDir, 'redis');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return ['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'everysec'];
}

function findOnPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

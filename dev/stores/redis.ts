import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
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
 * ioredis-mock in this process. What it acknowledged survives `kill -9`; a power cut may take the last second.
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

  const { socket, cleanup } = await placeSocket(dataDir);
  const args = [...SETTINGS, '--unixsocket', socket, ...(await persistence(dataDir))];
  const child = await spawnTethered(binary, args, {
    ...(cleanup === undefined ? {} : { cleanup }),
    ...(dataDir === 'memory' ? {} : { mark: join(dataDir, 'redis.pid') }),
  });
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

/** A socket's path may have 107 characters; where the data directory's is too long, a temporary one serves. */
async function placeSocket(dataDir: string): Promise<{ socket: string; cleanup?: string }> {
  const socket = resolve(dataDir, 'redis.sock');
  if (dataDir !== 'memory' && Buffer.byteLength(socket) <= 100) return { socket };
  const cleanup = await mkdtemp(join(tmpdir(), 'gatehouse-redis-'));
  return { socket: join(cleanup, 'redis.sock'), cleanup };
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

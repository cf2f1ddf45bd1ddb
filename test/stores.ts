import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { startRedis } from '../dev/stores/redis.ts';
import { ensureSecret, putSecret } from '../dev/stores/secrets-api.ts';
import { createTables, deleteTables } from '../dev/stores/tables.ts';
import { startRestFront } from '../dev/stores/upstash-rest.ts';
import type { RestFront } from '../dev/stores/upstash-rest.ts';
import { names, readConfig } from '../lib/runtime/config.ts';
import type { Config, Names } from '../lib/runtime/config.ts';
import { connectDocuments } from '../lib/vendors/dynamodb/documents.ts';
import type { Documents } from '../lib/vendors/dynamodb/documents.ts';
import { connectRedis } from '../lib/vendors/redis/redis.ts';
import type { Redis } from '../lib/vendors/redis/redis.ts';

export interface TestStores {
  /** A fresh one, as `t3f9c2a1b`: tables and secrets are this test's own. Redis keys are shared: use a service code of your own. */
  stage: string;
  names: Names;
  config: Config;
  /** The environment a child process needs to see the same stores. */
  env: Record<string, string>;
  redis: Redis;
  documents: Documents;
  /** Writes secrets as an operator would; the product reads them through its own client. */
  secrets: { put(name: string, value: object): Promise<void> };
  close(): Promise<void>;
}

/** A fresh stage with its tables and session key on the stores of this run. */
export async function openStores(): Promise<TestStores> {
  const stage = `t${randomBytes(4).toString('hex')}`;
  const env: Record<string, string> = { ...inject('storesEnv'), GATEHOUSE_STAGE: stage };
  const config = readConfig(env);
  // The SDKs take their credentials from here, as in Lambda.
  process.env['AWS_ACCESS_KEY_ID'] ??= env['AWS_ACCESS_KEY_ID'];
  process.env['AWS_SECRET_ACCESS_KEY'] ??= env['AWS_SECRET_ACCESS_KEY'];

  const account = { region: config.region, accessKeyId: process.env['AWS_ACCESS_KEY_ID']! };
  const dynamoDb = { endpoint: config.endpoints.dynamodb!, ...account };
  const secretsManager = { endpoint: config.endpoints.secretsManager!, ...account };
  const staged = names(stage);
  await Promise.all([
    createTables(dynamoDb, stage),
    ensureSecret(secretsManager, staged.secrets.sessionKey, () =>
      JSON.stringify({ keyId: 'k1', key: randomBytes(32).toString('base64') }),
    ),
  ]);

  return {
    stage,
    names: staged,
    config,
    env,
    redis: connectRedis({ ...config.redis, timeoutMs: 5_000 }),
    documents: connectDocuments({ region: config.region, endpoint: dynamoDb.endpoint, timeoutMs: 10_000 }),
    secrets: { put: (name, value) => putSecret(secretsManager, name, JSON.stringify(value)) },
    close: () => deleteTables(dynamoDb, stage),
  };
}

export interface PrivateRedis {
  redis: Redis;
  url: string;
  token: string;
  /** Nobody listens any more: connections are refused. */
  stop(): Promise<void>;
  /** Listens again at the same address, with the same data. */
  restart(): Promise<void>;
  /** From now on every answer comes this late. */
  pause(ms: number): void;
  /** Answers at once again. */
  resume(): void;
  /** Forgets everything, as after a failover without a replica. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export interface PrivateRedisOptions {
  /** Of the client, per request. Default 1,000, as in production. */
  timeoutMs?: number;
  engine?: 'auto' | 'mock';
}

/** A Redis of the test's own, to take down, slow down or empty. Call `close` at the end. */
export async function openPrivateRedis({
  timeoutMs,
  engine = 'auto',
}: PrivateRedisOptions = {}): Promise<PrivateRedis> {
  const server = await startRedis({ dataDir: 'memory', engine });
  const token = randomBytes(16).toString('hex');
  let front: RestFront | undefined = await startRestFront({ engine: server.engine, token });
  const { url } = front;
  const stop = async () => {
    await front?.stop();
    front = undefined;
  };
  return {
    redis: connectRedis({ url, token, ...(timeoutMs === undefined ? {} : { timeoutMs }) }),
    url,
    token,
    stop,
    restart: async () =>
      void (front ??= await startRestFront({
        engine: server.engine,
        token,
        port: Number(new URL(url).port),
      })),
    pause: (ms) => front?.delay(ms),
    resume: () => front?.delay(0),
    empty: async () => void (await server.engine.run(['FLUSHALL'])),
    async close() {
      await stop();
      await server.stop();
    },
  };
}

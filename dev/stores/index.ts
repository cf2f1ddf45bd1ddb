import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { names, readConfig } from '../../lib/runtime/config.ts';
import { takeDataDir } from './data-dir.ts';
import { startDynamoDb } from './dynamodb.ts';
import { startRedis } from './redis.ts';
import { ensureSecret } from './secrets-api.ts';
import { startSecretsManager } from './secrets-manager.ts';
import { createTables } from './tables.ts';
import { startRestFront } from './upstash-rest.ts';

export interface Stores {
  /** The environment functions read, complete: what was given, and addresses of what was started. */
  env: Record<string, string>;
  /** One line per store, for a person: what it is, where it keeps its data. */
  describe: string[];
  stop(): Promise<void>;
}

export interface StoresOptions {
  /** Where data is kept; `memory` keeps nothing. */
  dataDir: string;
  /** Stores that it names are used as they are and not started. */
  env: Record<string, string | undefined>;
  /** `mock`: the embedded Redis even where redis-server is installed. */
  redis?: 'auto' | 'mock';
}

type Stop = () => Promise<void> | void;

/**
 * Everything the functions keep their state in, on 127.0.0.1, with the stage's tables and session key in
 * place. Stops whatever it has started when one of them fails.
 * @throws Error for a person: data directory in use, binary missing, store not reachable.
 */
export async function startStores({ dataDir, env: given, redis = 'auto' }: StoresOptions): Promise<Stores> {
  const env = withDefaults(given);
  const describe: string[] = [];
  const stops: Stop[] = [];
  const stop = async () => {
    for (let step = stops.pop(); step; step = stops.pop()) await step();
  };
  const started = { dataDir, env, describe, stops };

  try {
    if (dataDir !== 'memory') stops.push(takeDataDir(dataDir));
    const outcomes = await Promise.allSettled([
      provideDynamoDb(started),
      provideRedis(started, redis),
      provideSecrets(started),
    ]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    await prepareStores(env);
    return { env, describe, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Started {
  dataDir: string;
  env: Record<string, string>;
  describe: string[];
  stops: Stop[];
}

async function provideDynamoDb({ dataDir, env, describe, stops }: Started): Promise<void> {
  const given = env['AWS_ENDPOINT_URL_DYNAMODB'];
  if (given !== undefined) return void describe.push(`DynamoDB at ${given}`);
  const dynamoDb = await startDynamoDb(dataDir);
  stops.push(() => dynamoDb.stop());
  describe.push(dynamoDb.describe);
  env['AWS_ENDPOINT_URL_DYNAMODB'] = dynamoDb.endpoint;
}

async function provideRedis(
  { dataDir, env, describe, stops }: Started,
  engine: 'auto' | 'mock',
): Promise<void> {
  const given = env['UPSTASH_REDIS_REST_URL'];
  if (given !== undefined) return void describe.push(`Redis at ${given}`);
  const redis = await startRedis({ dataDir, engine });
  stops.push(() => redis.stop());
  const front = await startRestFront({ engine: redis.engine, token: randomBytes(24).toString('hex') });
  stops.push(() => front.stop());
  describe.push(`${redis.describe} at ${front.url}`);
  env['UPSTASH_REDIS_REST_URL'] = front.url;
  env['UPSTASH_REDIS_REST_TOKEN'] = front.token;
}

async function provideSecrets({ dataDir, env, describe, stops }: Started): Promise<void> {
  const given = env['AWS_ENDPOINT_URL_SECRETS_MANAGER'];
  if (given !== undefined) return void describe.push(`Secrets Manager at ${given}`);
  const secrets = await startSecretsManager({ dataDir, region: env['AWS_REGION']! });
  stops.push(() => secrets.stop());
  describe.push(secrets.describe);
  env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] = secrets.endpoint;
}

/** Tables, and the key sessions are encrypted with. */
async function prepareStores(env: Record<string, string>): Promise<void> {
  const { stage, region, endpoints } = readConfig(env);
  const account = { region, accessKeyId: env['AWS_ACCESS_KEY_ID']! };
  await Promise.all([
    patiently(() => createTables({ endpoint: endpoints.dynamodb!, ...account }, stage)),
    patiently(() =>
      ensureSecret({ endpoint: endpoints.secretsManager!, ...account }, names(stage).secrets.sessionKey, () =>
        JSON.stringify({ keyId: 'k1', key: randomBytes(32).toString('base64') }),
      ),
    ),
  ]);
}

/** A store of the user's own, as one that has just been started in a container, may not answer its first request. */
async function patiently<T>(run: () => Promise<T>): Promise<T> {
  for (let waitMs = 250; ; waitMs *= 2) {
    try {
      return await run();
    } catch (error) {
      if (waitMs > 2_000) throw error;
      await wait(waitMs);
    }
  }
}

/** An empty variable counts as not set. The SDK requires credentials even where they are not checked. */
function withDefaults(given: Record<string, string | undefined>): Record<string, string> {
  const set = Object.entries(given).filter((entry): entry is [string, string] => !!entry[1]);
  return {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    ...Object.fromEntries(set),
  };
}

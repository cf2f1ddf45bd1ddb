import type { TestProject } from 'vitest/node';
import { startStores } from '../dev/stores/index.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Environment of the stores all test files share. */
    storesEnv: Record<string, string>;
  }
}

/** One set of stores in memory for the whole run; each test file takes a stage of its own (stores.ts). */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { AWS_ENDPOINT_URL_DYNAMODB, UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = process.env;
  const stores = await startStores({
    dataDir: 'memory',
    // GATEHOUSE_TEST_REDIS=mock: as on a machine without redis-server.
    redis: process.env['GATEHOUSE_TEST_REDIS'] === 'mock' ? 'mock' : 'auto',
    env: {
      GATEHOUSE_STAGE: 'test',
      AWS_ENDPOINT_URL_DYNAMODB,
      UPSTASH_REDIS_REST_URL,
      UPSTASH_REDIS_REST_TOKEN,
    },
  });
  const redis = stores.describe.find((line) => line.startsWith('Redis'));
  if (redis?.includes('embedded')) console.log(`Tests run on the embedded Redis: ${redis}`);
  project.provide('storesEnv', stores.env);
  return () => stores.stop();
}

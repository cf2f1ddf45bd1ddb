import { once } from '../../lib/runtime/once.ts';
import { connectRedis } from '../../lib/vendors/redis/redis.ts';
import { config } from './environment.ts';

// On a laptop Redis may be slow without being down.
export const redis = once(() =>
  connectRedis({ ...config().redis, timeoutMs: config().isLocal ? 10_000 : 3_000 }),
);

import { once } from '../../lib/runtime/once.ts';
import { connectRedis } from '../../lib/vendors/redis/redis.ts';
import { config } from './environment.ts';

// A laptop shares its cores with everything else on it: there, slow is not down.
export const redis = once(() =>
  connectRedis({ ...config().redis, timeoutMs: config().isLocal ? 10_000 : 3_000 }),
);

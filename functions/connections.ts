/** What this deployment is connected to. Made at first use: a function pays for what it uses. */
import { names, readConfig } from '../lib/runtime/config.ts';
import { connectDocuments } from '../lib/vendors/dynamodb/documents.ts';
import { createLogger } from '../lib/vendors/log/log.ts';
import { connectRedis } from '../lib/vendors/redis/redis.ts';
import { omitUndefined } from '../lib/runtime/omit-undefined.ts';
import { once } from '../lib/runtime/once.ts';
import { connectSecrets } from '../lib/vendors/secrets/secrets.ts';

export const config = once(() => readConfig());
export const resourceNames = once(() => names(config().stage));
export const log = once(() => createLogger(config(), 'api'));
export const documents = once(() =>
  connectDocuments(omitUndefined({ region: config().region, endpoint: config().endpoints.dynamodb })),
);
/** The ledger repeats what failed by itself, and then knows what it has sent. */
export const ledgerDocuments = once(() =>
  connectDocuments(
    omitUndefined({ region: config().region, endpoint: config().endpoints.dynamodb, maxAttempts: 1 }),
  ),
);
export const secrets = once(() =>
  connectSecrets({ region: config().region, endpoint: config().endpoints.secretsManager }),
);
// A laptop shares its cores with everything else on it: there, slow is not down.
export const redis = once(() =>
  connectRedis({ ...config().redis, timeoutMs: config().isLocal ? 10_000 : 3_000 }),
);

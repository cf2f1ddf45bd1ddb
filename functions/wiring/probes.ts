import { once } from '../../lib/runtime/once.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';
import { redis } from './redis.ts';
import { secrets } from './secrets.ts';

/** Does a store answer? Each rejects where it does not. */
export const probes = once(() => {
  const { tables, secrets: secretNames } = resourceNames();
  return {
    dynamodb: () => documents().get(tables.registry, { pk: 'HEALTH', sk: 'HEALTH' }),
    redis: () => redis().ping(),
    secretsManager: () => secrets().getVersion(secretNames.sessionKey, 'AWSCURRENT'),
  };
});

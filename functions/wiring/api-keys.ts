import { createApiKeys } from '../../lib/access/api-keys.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { createTtlCache } from '../../lib/runtime/ttl-cache.ts';
import { documents } from './dynamodb.ts';
import { config, resourceNames } from './environment.ts';
import { secrets } from './secrets.ts';

export const apiKeys = once(() =>
  createApiKeys({
    documents: documents(),
    names: resourceNames(),
    clock,
    random,
    wellKnown: wellKnownKeys(),
  }),
);

/** The local key, or the one that a deployment created for its first admin. */
function wellKnownKeys(): () => Promise<{ id: string; key: string }[]> {
  const { localAdminKey, isLocal } = config();
  if (isLocal) return async () => (localAdminKey === undefined ? [] : [{ id: 'local', key: localAdminKey }]);
  const first = createTtlCache<string>(clock, { freshMs: 300_000 });
  return async () => {
    const key = await first.get(
      'key',
      async () => (await secrets().getVersion(resourceNames().secrets.adminKey, 'AWSCURRENT'))?.text,
    );
    return key === undefined ? [] : [{ id: 'admin-key', key }];
  };
}

import { createCredentialStore } from '../../lib/access/credentials/create-store.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { deriveKeys } from '../../lib/vendors/secrets/derived-keys.ts';
import { resourceNames } from './environment.ts';
import { redis } from './redis.ts';
import { secrets } from './secrets.ts';

export const credentials = once(() =>
  createCredentialStore({
    secrets: secrets(),
    redis: redis(),
    names: resourceNames(),
    clock,
    fingerprintKeys: () => deriveKeys(secrets(), resourceNames().secrets.sessionKey, 'fingerprint'),
  }),
);

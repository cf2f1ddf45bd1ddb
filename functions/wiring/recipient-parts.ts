import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { deriveKeys } from '../../lib/vendors/secrets/derived-keys.ts';
import { createVault } from '../../lib/vendors/secrets/vault.ts';
import { eventsPlace } from './delivery-waking.ts';
import { config, resourceNames } from './environment.ts';
import { secrets } from './secrets.ts';

/** What subscriptions and channels are kept with: their secrets are sealed under one key, each bound to its owner. */
export const recipientParts = once(() => {
  const keys = () => deriveKeys(secrets(), resourceNames().secrets.sessionKey, 'subscription');
  const vault = createVault(keys, random, clock);
  return { ...eventsPlace(), vault, random, isLocal: config().isLocal };
});

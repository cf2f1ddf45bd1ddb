import { once } from '../../lib/runtime/once.ts';
import { connectSecrets } from '../../lib/vendors/secrets/secrets.ts';
import { config } from './environment.ts';

export const secrets = once(() =>
  connectSecrets({ region: config().region, endpoint: config().endpoints.secretsManager }),
);

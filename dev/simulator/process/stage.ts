/** The stage that simulated processes run in: names, secrets, the environment. */
import { names } from '../../../lib/runtime/config.ts';

export const STAGE = 'sim';
export const NAMES = names(STAGE);
export const REGION = 'us-east-1';

export const REDIS = { url: 'http://redis.simulated', token: 'simulated' };

/** What the SDK takes from the environment; read once, when its first client is made. */
export function prepareEnvironment(): void {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
    AWS_REGION: REGION,
  });
}

export const SESSION_KEY = JSON.stringify({ keyId: 'k1', key: 'simulated-session-key-of-this-stage' });
export const appKeyOf = (code: string): string => `app-key-of-${code}-in-simulations`;

/** Secrets Manager behind our own interface: values that never change during a simulation. */
import { GatewayError } from '../../../lib/runtime/errors.ts';
import { systemClock } from '../../../lib/runtime/clock.ts';
import type { Secrets } from '../../../lib/vendors/secrets/secrets.ts';
import { circumstance } from '../time/process.ts';
import { fateOf, travelMs } from '../weather.ts';

const refuse = () => Promise.reject(new Error('The simulated Secrets Manager is only read.'));

/** @param values by the secret's name. */
export function simulatedSecrets(values: ReadonlyMap<string, string>): Secrets {
  return {
    async getVersion(id, stage) {
      const here = circumstance()!;
      const fate = fateOf(here.network.weather.secrets, here.chance);
      await systemClock.sleep(2 * travelMs(fate, here.chance));
      if (fate === 'internal-error') {
        throw new GatewayError('STORE_UNAVAILABLE', 'Secrets Manager did not answer.', {
          retryAfterSeconds: 1,
        });
      }
      const text = values.get(id);
      if (text === undefined || stage !== 'AWSCURRENT') return undefined;
      return { versionId: 'v1', text, createdAt: '2026-01-01T00:00:00.000Z' };
    },
    put: refuse,
    replace: refuse,
    removeStage: refuse,
    delete: refuse,
  };
}

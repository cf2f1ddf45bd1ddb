import * as z from 'zod';
import { createSealing } from '../partners/urs/sealing.ts';
import { REFUSAL_FIELDS } from './refusal.ts';
import { strategy } from './strategy.ts';
import { secretValues } from '../access/credentials/values.ts';

/** The URS envelope (SPEC 6): every payload is encrypted and signed. */
export const signature = strategy({
  schema: z.strictObject({ type: z.literal('SIGNATURE'), ...REFUSAL_FIELDS }),
  credentials: ['appKey'],
  seals: true,
  async authenticate(service, _options, deps) {
    const { values } = await deps.credentials.current(service.definition.code, service.account);
    return {
      headers: {},
      secrets: secretValues(values),
      sealing: await createSealing(service, deps),
    };
  },
});

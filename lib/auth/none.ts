import * as z from 'zod';
import { REFUSAL_FIELDS } from './refusal.ts';
import { strategy } from './strategy.ts';

/** No authentication: an open API, or one that allows the gateway's IP address. */
export const none = strategy({
  schema: z.strictObject({ type: z.literal('NONE'), ...REFUSAL_FIELDS }),
  anonymous: true,
  oneAccount: 'a service without authentication has one account',
  authenticate: async () => ({ headers: {} }),
});

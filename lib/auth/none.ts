import * as z from 'zod';
import { strategy } from './strategy.ts';

/** Nothing to prove: an open API, or one that knows us by our address. */
export const none = strategy({
  schema: z.strictObject({ type: z.literal('NONE') }),
  authenticate: async () => ({ headers: {} }),
});

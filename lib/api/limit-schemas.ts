/** What the API takes and gives of quotas and breakers. */
import * as z from 'zod';
import { Quota } from '../calls/definition.ts';
import { FORCED } from '../calls/guard/operator.ts';
import { Timestamp } from './schemas.ts';

export const QuotaUseView = Quota.extend({
  account: z.string().optional().describe('Of a service with several: each is counted for itself'),
  used: z.int().describe('Calls counted in the window of now'),
  remaining: z.int(),
  resetsAt: Timestamp.describe('End of that window, ISO 8601, UTC'),
});
export const QuotaUseList = z.object({ items: z.array(QuotaUseView) });
export const QuotasRequest = z.strictObject({
  quotas: z.array(Quota).max(5).describe('All there are to be; none: calls are not limited'),
});

export const BreakerView = z.object({
  state: z.enum(['closed', 'open', 'half-open']).describe('`open`: calls are refused'),
  failures: z.int().describe('In a row'),
  until: Timestamp.nullable().describe(
    'Until when calls are refused; `null`: they are not, or until told otherwise',
  ),
  forced: z.enum(FORCED).describe('`auto`: by what calls report'),
});
export const BreakerRequest = z.strictObject({
  forced: z.enum(FORCED).describe('`open` refuses all, `closed` lets all pass, `auto` begins anew, closed'),
});

/** What the API takes and gives of the audit. */
import * as z from 'zod';
import { PageQuery, Timestamp } from './schemas.ts';
import { Time, inOrder } from './times.ts';

export const AuditQuery = PageQuery.extend({
  who: z.string().max(256).optional().describe('Key id, `user:alice`, `admin-key`'),
  action: z.string().max(64).optional().describe("A route's `operationId`: `putCredentials`"),
  target: z
    .string()
    .max(512)
    .optional()
    .describe('It, and what lies under it: `services/CODE` finds `services/CODE/quotas`'),
  from: Time.optional(),
  to: Time.optional(),
}).refine(...inOrder);

export const AuditEntryView = z.object({
  id: z.string(),
  seq: z.int().describe('Counts all entries, from 1'),
  at: Timestamp,
  who: z.string().describe('Key id, `user:alice`, `admin-key`'),
  action: z.string().describe("The route's `operationId`"),
  target: z.string().describe('`services/CODE/quotas`, `keys/k_1`'),
  before: z.unknown().describe('`null`: there was nothing'),
  after: z.unknown().describe('What was about to be; `null`: nothing'),
  from: z.string().describe('Address that the request came from'),
  requestId: z.string(),
  of: z.int().optional().describe('`seq` of an action that did not happen, or of which nobody can tell'),
  failed: z.string().optional().describe('Its error code'),
});
export const AuditList = z.object({
  items: z.array(AuditEntryView),
  cursor: z.string().optional().describe('There are more: send it with the next request'),
});

export const AuditVerifyQuery = z.strictObject({
  cursor: z.string().optional().describe('Go on where the step before ended'),
});
export const AuditVerificationView = z.object({
  ok: z.boolean().describe('Nothing was found, by the steps before either'),
  checked: z.int().describe('Entries looked at'),
  violations: z.array(
    z.object({
      seq: z.int(),
      id: z.string().optional().describe('Unknown of an entry that is missing'),
      what: z.string(),
    }),
  ),
  hash: z.string().describe('Of the last entry that was looked at: keep it elsewhere'),
  cursor: z.string().optional().describe('There are more: send it with the next request'),
});

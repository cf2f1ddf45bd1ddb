/** What the API takes and gives about alerts. */
import * as z from 'zod';
import { ALERT_SEVERITIES, ALERT_STATES } from '../watch/alerts/alerts.ts';
import { PageQuery, Timestamp } from './schemas.ts';

export const AlertsQuery = PageQuery.extend({ state: z.enum(ALERT_STATES).optional() });

export const AlertView = z.object({
  id: z.string().describe('The same for the same kind and subject'),
  kind: z.string(),
  subject: z.string().describe('A service code, or another subject'),
  severity: z.enum(ALERT_SEVERITIES),
  summary: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  state: z.enum(ALERT_STATES),
  firstAt: Timestamp,
  lastAt: Timestamp,
  count: z.int(),
  acknowledgedBy: z.string().optional().describe("A key's or a user's id"),
  resolvedAt: Timestamp.optional(),
  told: z.boolean().describe('Has a channel taken a message about it, since it fired?'),
});
export const AlertList = z.object({
  items: z.array(AlertView),
  cursor: z.string().optional().describe('Present when there are more'),
});

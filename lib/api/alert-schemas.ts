/** What the API takes and gives about alerts. */
import * as z from 'zod';
import { CHANNEL_TYPES } from '../events/channel.ts';
import { ALERT_SEVERITIES, ALERT_STATES } from '../watch/alerts/alerts.ts';
import { COOL_DOWN_SECONDS } from '../watch/alerts/reminders.ts';
import { PageQuery, Timestamp } from './schemas.ts';
import { Attempt } from './subscription-schemas.ts';

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

const ChannelServices = z
  .array(z.string().min(1).max(64))
  .min(1)
  .max(50)
  .describe('Codes; absent: alerts of all services, and those of none');
const ChannelSeverities = z.array(z.enum(ALERT_SEVERITIES)).min(1).describe('Absent: all');

export const ChannelRequest = z.strictObject({
  name: z.string().trim().min(1).max(100),
  type: z.enum(CHANNEL_TYPES),
  url: z
    .string()
    .min(1)
    .max(2_000)
    .describe("https, and public; in stage `local` http on loopback, too. Of `SNS` the topic's ARN"),
  secret: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe(
      'Of `DINGTALK`, `FEISHU`: of a robot that checks signatures; of `WEBHOOK`: `whsec_...`, else one is made',
    ),
  services: ChannelServices.optional(),
  severities: ChannelSeverities.optional(),
  coolDownSeconds: z
    .int()
    .min(60)
    .max(86_400)
    .default(COOL_DOWN_SECONDS)
    .describe('After so long it is told again of an alert that is still raised'),
});
export const ChannelView = z.object({
  id: z.string(),
  name: z.string(),
  type: z.enum(CHANNEL_TYPES),
  url: z.string().describe('Its key is masked'),
  services: z.array(z.string()).optional(),
  severities: z.array(z.enum(ALERT_SEVERITIES)).optional(),
  coolDownSeconds: z.int().describe('After so long it is told again of an alert that is still raised'),
  failures: z.int().describe('Tries that failed since the last one that did not'),
  lastError: z.string().optional().describe('Of the latest of them'),
  lastErrorAt: Timestamp.optional(),
  createdAt: Timestamp,
  createdBy: z.string(),
});
export const ChannelList = z.object({ items: z.array(ChannelView) });
export const NewChannel = ChannelView.extend({
  secret: z.string().optional().describe('Of a `WEBHOOK` without a given one: shown this once'),
});
export const ChannelTest = Attempt.extend({
  id: z.string().describe('Of the message'),
  delivered: z.boolean(),
});

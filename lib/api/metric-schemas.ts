/** What the API takes and gives of metrics, and of the past of quotas. */
import * as z from 'zod';
import { QUOTA_TYPES } from '../calls/definition.ts';
import { Timestamp } from './schemas.ts';
import { Time, inOrder } from './times.ts';

const Range = { from: Time.optional(), to: Time.optional() };

export const MetricsQuery = z
  .strictObject({ service: z.string().max(64).optional().describe('Absent: all'), ...Range })
  .refine(...inOrder);

const Milliseconds = z.number().nullable().describe('Milliseconds, of all calls; `null`: there was none');
const Times = z.int().min(0);

export const MetricsMinute = z.object({
  service: z.string(),
  minute: Timestamp.describe('When it began, ISO 8601, UTC'),
  calls: Times.describe('Calls that began in it'),
  errors: z.record(z.string(), Times).describe('Failed calls by code'),
  p50: Milliseconds,
  p95: Milliseconds,
  p99: Milliseconds,
  availability: z.number().nullable().describe('1 − `PLATFORM_UNAVAILABLE` / all; `null`: no call'),
  logins: Times,
  captchas: Times.describe('Answers of solvers, and of people'),
  captchaHits: Times.describe('Those that the platform took'),
  captchaPoints: z
    .number()
    .min(0)
    .describe("What solvers' answers cost by the price list, before points that are given back"),
  transfers: Times.describe('Transfers that settled'),
  events: Times.describe('Events of the service, whether anybody is told of them or not'),
});
export const MetricsMinuteList = z.object({
  items: z
    .array(MetricsMinute)
    .describe('By service and time; minutes in which nothing happened are left out'),
});

export const QuotaHistoryQuery = z
  .strictObject({ by: z.enum(['hour', 'day']).default('hour'), ...Range })
  .refine(...inOrder);
export const QuotaHistory = z.object({
  items: z
    .array(
      z.object({
        from: Timestamp.describe("When the hour or day began, in the service's time zone; ISO 8601, UTC"),
        calls: Times.describe('Counted or refused by the quotas'),
        refused: Times,
      }),
    )
    .describe('Whole hours or days, oldest first'),
});

export const WhatIfQuery = z
  .strictObject({
    type: z.enum(QUOTA_TYPES),
    limit: z.coerce.number<number | string>().int().min(0).max(1_000_000_000).describe('Calls per window'),
    ...Range,
  })
  .refine(...inOrder);
export const WhatIfView = z.object({ calls: Times, allowed: Times, refused: Times });

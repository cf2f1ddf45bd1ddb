/** What a definition says about watching a service: health checks and thresholds (SPEC 10). */
import * as z from 'zod';
import { Path, seconds } from '../definition/fields.ts';
import { BaseDefinition } from '../definition/service.ts';
import { parseStored } from '../definition/stored.ts';

export const WATCH_FIELDS = {
  healthCheck: z
    .strictObject({
      enabled: z.boolean().default(true).describe('false: it is described, and not checked.'),
      intervalSeconds: z
        .int()
        .min(60)
        .max(86_400)
        .default(300)
        .describe('How often the endpoints are asked.'),
      timeoutSeconds: seconds(60).default(10).describe('How long one request may take.'),
      retryTimes: z
        .int()
        .min(0)
        .max(10)
        .default(3)
        .describe('Further requests before a round counts as failed.'),
      alertThreshold: z
        .int()
        .min(1)
        .max(100)
        .default(3)
        .describe('Failed rounds in a row that raise an alert.'),
      endpoints: z
        .record(z.string(), Path)
        .describe('Paths by name, sent as they are; each is up (2xx, 3xx) or down by itself.'),
    })
    .optional()
    .describe('Requests that show whether the service is up.'),
  monitor: z
    .strictObject({
      responseTimeMs: z
        .number()
        .positive()
        .default(5_000)
        .describe('The slowest that 95 of 100 calls may be.'),
      errorRate: z.number().min(0).max(1).default(0.05).describe('The share of calls that may fail.'),
      availability: z
        .number()
        .min(0)
        .max(1)
        .default(0.99)
        .describe('The share of calls that must find the service up.'),
      intervalSeconds: z.int().min(60).max(86_400).default(60).describe('How often this is looked at.'),
    })
    .optional()
    .describe('Thresholds that raise alerts.'),
};

/** The part of a definition that the monitor reads; other keys are ignored. */
const { code, status, baseUrl } = BaseDefinition.shape;
const WatchedDefinition = z.object({ code, status, baseUrl, ...WATCH_FIELDS });
export type WatchedDefinition = z.output<typeof WatchedDefinition>;

/** From the store. @throws GatewayError `VALIDATION_FAILED` naming every field at fault. */
export const parseWatchedDefinition = (document: unknown): WatchedDefinition =>
  parseStored(WatchedDefinition, document);

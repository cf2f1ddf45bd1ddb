/** What a definition says about watching a service: health checks and thresholds (SPEC 10). */
import * as z from 'zod';
import { Path, seconds } from '../definition/fields.ts';

export const WATCH_FIELDS = {
  healthCheck: z
    .strictObject({
      enabled: z.boolean().default(true),
      intervalSeconds: z.int().min(60).max(86_400).default(300),
      timeoutSeconds: seconds(60).default(10),
      retryTimes: z.int().min(0).max(10).default(3),
      alertThreshold: z.int().min(1).max(100).default(3),
      endpoints: z.record(z.string(), Path),
    })
    .optional(),
  monitor: z
    .strictObject({
      responseTimeMs: z.number().positive().default(5_000),
      errorRate: z.number().min(0).max(1).default(0.05),
      availability: z.number().min(0).max(1).default(0.99),
      intervalSeconds: z.int().min(60).max(86_400).default(60),
    })
    .optional(),
};

/** What the API gives of health checks. */
import * as z from 'zod';
import { HEALTH_STATES } from '../watch/health/endpoint-health.ts';
import { Timestamp } from './schemas.ts';

const EndpointView = z.object({
  state: z.enum(HEALTH_STATES).describe('By the last round; `unknown`: there was none'),
  failures: z.int().describe('Failed rounds in a row'),
  at: Timestamp.nullable().describe('When the last round was over'),
  error: z.string().optional().describe('What was wrong with a failed one'),
});

export const ServiceHealthView = z.object({
  endpoints: z.record(z.string(), EndpointView).describe('By name; none: nothing is checked'),
});

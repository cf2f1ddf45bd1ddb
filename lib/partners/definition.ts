import * as z from 'zod';
import { seconds } from '../definition/fields.ts';

export const Webhook = z.strictObject({
  /** `POST /webhook/{path}/{action}` reaches this service. Absent: no webhook. */
  path: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .optional(),
  windowSeconds: seconds(3_600).default(300),
  rateLimit: z
    .strictObject({ limit: z.int().min(1).default(60), windowSeconds: z.int().min(1).max(3_600).default(60) })
    .prefault({}),
  settlement: z.enum(['SYNC', 'QUEUED']).default('SYNC'),
});

/** What the room of partners reads of a service. */
export interface PartnerService {
  definition: {
    code: string;
    /** Absent: it sends us nothing. */
    webhook?: object | undefined;
    settings: Record<string, unknown>;
  };
}

export interface PartnerCatalog {
  list(): Promise<PartnerService[]>;
}

/** What may be exported, and as what. Filters are those of the lists. */
import * as z from 'zod';
import { AuditQuery } from './audit-schemas.ts';
import { DeliveriesQuery } from './delivery-schemas.ts';
import { SettledQuery } from './money-schemas.ts';
import { CallsQuery } from './schemas.ts';

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const format = {
  format: z
    .enum(EXPORT_FORMATS)
    .default('csv')
    .describe('RFC 4180 with a header row, or a JSON object per line'),
  limit: z.coerce
    .number<number | string>()
    .int()
    .min(1)
    .max(10_000)
    .default(10_000)
    .describe('Rows of a page at most; it ends earlier where they are large'),
};

export const CallsExport = CallsQuery.safeExtend(format);
export const DeliveriesExport = DeliveriesQuery.safeExtend(format);
export const AuditExport = AuditQuery.safeExtend(format);
export const TransfersExport = SettledQuery.safeExtend(format);

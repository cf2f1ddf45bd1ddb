/** What partners have sent: shapes of the routes about deliveries. */
import * as z from 'zod';
import { VERDICTS } from '../partners/deliveries.ts';
import { Service } from './money-schemas.ts';
import { PageQuery } from './schemas.ts';
import { Time, inOrder } from './times.ts';

export const DeliveriesQuery = PageQuery.extend({
  service: z.string().optional(),
  action: z.string().max(256).optional(),
  verdict: z.enum(VERDICTS).optional(),
  cause: z.string().max(256).optional(),
  code: z.string().optional(),
  source: z.string().max(256).optional(),
  transactionId: z.string().max(256).optional(),
  requestId: z.string().max(256).optional(),
  from: Time.optional(),
  to: Time.optional(),
}).refine(...inOrder);

export const UnverifiedQuery = z.object({
  service: z.string().optional(),
  to: Time.optional().describe('Default: now'),
  hours: z.coerce.number().int().min(1).max(24).default(1).describe('How many, back from `to`'),
});

const FILTERS = ['service', 'action', 'code', 'from', 'to', 'all'] as const;
const hasFilter = (body: { [name in (typeof FILTERS)[number]]?: unknown }) =>
  FILTERS.some((name) => body[name] !== undefined);

export const DeliveriesReplay = z
  .strictObject({
    deliveries: z
      .array(z.string().min(1).max(64))
      .min(1)
      .max(100)
      .optional()
      .describe('Ids of their records'),
    service: Service.optional(),
    action: z.string().max(64).optional(),
    code: z.string().max(64).optional().describe('The error that they ended in'),
    from: Time.optional().describe('Came at or after'),
    to: Time.optional().describe('Came before'),
    all: z.literal(true).optional().describe('Every one that waits; needed where nothing else is said'),
    dryRun: z.literal(true).optional().describe('Count them, and do nothing'),
  })
  .refine(...inOrder)
  .refine(
    (body) => body.deliveries !== undefined || hasFilter(body),
    'say which: `deliveries`, a filter, or `all`',
  )
  .refine((body) => !body.deliveries || !hasFilter(body), 'takes either `deliveries`, or a filter');
export const DeliveriesReplayed = z.object({
  count: z.int().describe('Failed deliveries that were asked for'),
  replayed: z.int().describe('Of these, how many were carried out, or refused for good'),
  verdicts: z
    .partialRecord(z.enum(VERDICTS), z.int())
    .describe(
      'How often each came; `replayed`: the partner itself had sent it again, and nothing moved twice',
    ),
  more: z.boolean().describe('Time ran out: ask again for the rest'),
});

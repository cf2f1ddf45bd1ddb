/** What the API takes and gives about subscriptions: who in the business is told of what. */
import * as z from 'zod';
import { DELIVERY_STATES } from '../events/delivery.ts';
import { EVENT_TYPES } from '../events/event.ts';
import { EVENT_PATTERNS } from '../events/selection.ts';
import { PageQuery, Timestamp } from './schemas.ts';
import { Time, inOrder } from './times.ts';

const Url = z
  .string()
  .min(1)
  .max(2_000)
  .describe('https, and public; in stage `local` http on loopback, too');
const Events = z
  .array(z.string().refine((pattern) => EVENT_PATTERNS.includes(pattern), 'is no event'))
  .min(1)
  .max(EVENT_PATTERNS.length)
  .describe(`Of \`${EVENT_PATTERNS.join('`, `')}\``);
const Services = z
  .array(z.string().min(1).max(64))
  .min(1)
  .max(50)
  .describe('Codes; absent: events of all services, and those of none');
const Description = z.string().trim().max(200);

export const SubscriptionRequest = z.strictObject({
  url: Url,
  events: Events,
  services: Services.optional(),
  description: Description.optional(),
  ordered: z
    .boolean()
    .default(false)
    .describe("One account's transfers one after the other: slower, and one that fails holds up the next"),
});
export const SubscriptionChange = z.strictObject({
  url: Url.optional(),
  events: Events.optional(),
  services: Services.nullable().optional().describe('`null`: of all'),
  description: Description.optional(),
  enabled: z.boolean().optional(),
});
export const SubscriptionView = z.object({
  id: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  services: z.array(z.string()).optional(),
  description: z.string().optional(),
  ordered: z.boolean(),
  enabled: z.boolean(),
  disabled: z
    .object({ at: Timestamp, reason: z.enum(['PERSON', 'GONE', 'FAILING']) })
    .optional()
    .describe('`GONE`: it answered 410; `FAILING`: five days without one success'),
  createdAt: Timestamp,
  createdBy: z.string(),
  updatedAt: Timestamp,
  failingSince: Timestamp.optional(),
  formerSecretUntil: Timestamp.optional().describe(
    'Until then the secret before the last rotation signs, too',
  ),
});
export const SubscriptionList = z.object({ items: z.array(SubscriptionView) });

const Secret = z.string().describe('`whsec_` and base64: shown this once');
export const NewSubscription = SubscriptionView.extend({ secret: Secret });
export const RotatedSecret = z.object({ secret: Secret });

export const Attempt = z.object({
  at: Timestamp,
  durationMs: z.number().describe('Milliseconds'),
  status: z.int().optional().describe('Of the answer'),
  error: z
    .string()
    .optional()
    .describe(
      'Without an answer: `TIMEOUT`, `REFUSED`, `RESET`, `DNS`, `TLS`, `PROTOCOL`, `ADDRESS_REFUSED`; what a robot says that answers 200 and means no',
    ),
});

export const EventDeliveriesQuery = PageQuery.extend({
  state: z.enum(DELIVERY_STATES).optional(),
  from: Time.optional(),
  to: Time.optional(),
}).refine(...inOrder);
export const EventDeliveryView = z.object({
  id: z.string().describe("The event's: `webhook-id`"),
  type: z.enum(EVENT_TYPES),
  at: Timestamp,
  service: z.string().optional(),
  state: z.enum(DELIVERY_STATES),
  attempts: z.int().describe('Since it was made, or last replayed'),
  dueAt: Timestamp.optional(),
  last: Attempt.optional().describe('The latest try'),
});
export const EventDeliveryList = z.object({
  items: z.array(EventDeliveryView),
  cursor: z.string().optional().describe('Present when there are more'),
});

export const SubscriptionTest = Attempt.extend({
  id: z.string().describe('`webhook-id` of the test event'),
  delivered: z.boolean(),
});

const EventId = z.string().min(1).max(100);
const ReplayCursor = z
  .string()
  .max(1_000)
  .optional()
  .describe('Of the answer before, beside the same selection: goes on where that one ended');
export const ReplayRequest = z
  .union(
    [
      z.strictObject({
        since: Time.describe('Everything that happened from then on'),
        cursor: ReplayCursor,
      }),
      z.strictObject({
        deliveries: z.array(EventId).min(1).max(500).describe('Ids of events'),
        cursor: ReplayCursor,
      }),
      z.strictObject({
        failed: z.literal(true).describe('Dead ones, and those that wait for another try'),
        cursor: ReplayCursor,
      }),
    ],
    { error: 'takes one of `since`, `deliveries` and `failed`, and a `cursor` to go on' },
  )
  .describe('Which deliveries are made once more');
export const ReplayAnswer = z.object({
  count: z.int().describe('Made due by this request'),
  more: z.literal(true).optional().describe('Time ran out: the same request with `cursor` goes on'),
  cursor: z.string().optional(),
});

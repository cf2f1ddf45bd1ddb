import * as z from 'zod';
import type { Documents, Item, TransactItem } from '../vendors/dynamodb/documents.ts';
import { StoredNumber } from '../vendors/dynamodb/stored-number.ts';
import { excerpt } from '../watch/records/excerpt.ts';
import type { Cursors } from '../text/cursors.ts';
import { equals, RecordPosition, searchRecords } from '../watch/records/search.ts';
import type { ListQuery } from '../watch/records/search.ts';
import { partitionSource, shardedSources, shardOf, timeSort } from '../watch/records/sources.ts';
import { withinBudget } from '../runtime/budget.ts';
import type { Clock } from '../runtime/clock.ts';

/** How a delivery ended. `rejected`: nobody proved that it is the partner's. `failed`: through our own fault. */
export const VERDICTS = ['accepted', 'replayed', 'refused', 'rejected', 'failed'] as const;

/** One received webhook request, kept for 30 days. */
export interface Delivery {
  id: string;
  at: string;
  service: string;
  action: string;
  /** Source address. */
  source: string;
  /** Status the sender received. */
  status: number;
  verdict: (typeof VERDICTS)[number];
  code?: string;
  /** Why an envelope is invalid, or what failed: `SIGNATURE`, `EXPIRED` ... */
  cause?: string;
  transactionId?: string;
  /** Which key it was sealed with. */
  keyVersionId?: string;
  durationMs: number;
  requestId: string;
  /** Redacted. */
  payload?: string;
  /** Of the delivery that was done again here. */
  replayOf?: string;
}

export interface DeliveryQuery extends ListQuery {
  service?: string;
  action?: string;
  verdict?: string;
  cause?: string;
  code?: string;
  source?: string;
  transactionId?: string;
  requestId?: string;
}

export interface Deliveries {
  /**
   * One write with a time limit of its own, together with `request`, the write that keeps it for a replay. Never throws:
   * the transfer is already decided.
   */
  write(delivery: Delivery, request?: Promise<TransactItem | undefined>): Promise<void>;
  /** Newest first. `VALIDATION_FAILED` for an invalid cursor or time. */
  search(query: DeliveryQuery): Promise<{ items: Delivery[]; cursor?: string }>;
}

export interface DeliveriesOptions {
  documents: Documents;
  /** The `records` table. */
  table: string;
  cursors: Cursors;
  clock: Clock;
  log: { warn(message: string, fields?: Record<string, unknown>): void };
  /** Codes of services with a webhook: a search that names none reads them all. */
  services: () => Promise<string[]>;
  /** For one write, milliseconds. */
  writeBudgetMs?: number;
}

/** How long a delivery's record is kept. */
export const KEEP_MS = 30 * 24 * 3_600 * 1_000;

const transactionPartition = (service: string, transactionId: string) =>
  `DELIVERY#${service}#TX#${transactionId}`;
const ownPartition = (id: string) => `DELIVERY#${id}`;
const shardPartition = (service: string, shard: number) => `DELIVERIES#${service}#${shard}`;

const Stored = z.object({
  id: z.string(),
  at: z.string(),
  service: z.string(),
  action: z.string(),
  source: z.string(),
  status: StoredNumber,
  verdict: z.enum(VERDICTS),
  code: z.string().optional(),
  cause: z.string().optional(),
  transactionId: z.string().optional(),
  keyVersionId: z.string().optional(),
  durationMs: StoredNumber,
  requestId: z.string(),
  payload: z.string().optional(),
  replayOf: z.string().optional(),
});

/** Deliveries of one order share a partition, others have their own: writes spread, and an order is one query. */
function toItem(delivery: Delivery): Item {
  const { id, at, service, transactionId, payload } = delivery;
  const sort = timeSort(at, id);
  return {
    ...delivery,
    ...(payload === undefined ? {} : { payload: excerpt(payload) }),
    pk: transactionId === undefined ? ownPartition(id) : transactionPartition(service, transactionId),
    sk: sort,
    gsi1pk: shardPartition(service, shardOf(id)),
    gsi1sk: sort,
    expiresAt: Math.ceil((Date.parse(at) + KEEP_MS) / 1_000),
  };
}

export function createDeliveries(options: DeliveriesOptions): Deliveries {
  const { documents, table, clock, log, services, writeBudgetMs = 1_500 } = options;
  const cursors = options.cursors.of('deliveries', RecordPosition);
  const notKept = ({ requestId }: Delivery, error: unknown) =>
    log.warn('A request was not kept for a replay.', { requestId, error });
  return {
    async write(delivery, request) {
      const writing = async () => {
        const kept = await request?.catch((error: unknown) => notKept(delivery, error));
        if (!kept) return documents.put(table, toItem(delivery));
        return documents.transact([{ Put: { TableName: table, Item: toItem(delivery) } }, kept]);
      };
      try {
        await withinBudget(writing(), writeBudgetMs);
      } catch (error) {
        log.warn('A delivery was not recorded.', { requestId: delivery.requestId, error });
      }
    },

    async search(query) {
      const { service, transactionId, action, verdict, cause, code, source, requestId } = query;
      const codes = service === undefined ? await services() : [service];
      const { items, cursor } = await searchRecords(documents, {
        table,
        cursors,
        sources: codes.flatMap((each) =>
          transactionId === undefined
            ? shardedSources((shard) => shardPartition(each, shard))
            : [partitionSource(transactionPartition(each, transactionId))],
        ),
        keepMs: KEEP_MS,
        now: clock.now(),
        range: query,
        tests: [
          equals('action', action),
          equals('verdict', verdict),
          equals('cause', cause),
          equals('code', code),
          equals('source', source),
          equals('requestId', requestId),
        ],
      });
      const found = items.flatMap((item) => (Stored.safeParse(item).data as Delivery | undefined) ?? []);
      return { items: found, ...(cursor === undefined ? {} : { cursor }) };
    },
  };
}

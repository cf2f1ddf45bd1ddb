/** Changes of items as a table's stream gives them to a function. */
import * as z from 'zod';
import { itemOfImage } from './documents.ts';
import type { Item } from './documents.ts';

/** One change of one item. */
export interface StreamChange {
  /** By which Lambda knows it: `StreamAnswer`. */
  sequenceNumber: string;
  /** As the item was, and as it is, as far as the stream carries it. Numbers are exact. */
  before: Item | undefined;
  after: Item | undefined;
}

export interface StreamBatch {
  /** `gatehouse-prod-ledger` */
  table: string | undefined;
  /** In the order of the stream: of one item, the order in which it changed. */
  changes: StreamChange[];
}

/** What a function answers so that only what failed comes again. */
export interface StreamAnswer {
  batchItemFailures: { itemIdentifier: string }[];
}

const Image = z.custom<object>((value) => typeof value === 'object' && value !== null);
const Event = z.object({
  Records: z
    .array(
      z.object({
        eventSourceARN: z.string().optional(),
        dynamodb: z.object({
          SequenceNumber: z.string(),
          OldImage: Image.optional(),
          NewImage: Image.optional(),
        }),
      }),
    )
    .min(1),
});

/** `undefined` for an event that is none of a stream. */
export function readStreamBatch(event: unknown): StreamBatch | undefined {
  const parsed = Event.safeParse(event);
  if (!parsed.success) return undefined;
  const { Records: records } = parsed.data;
  return {
    table: /:table\/([^/]+)\//.exec(records[0]!.eventSourceARN ?? '')?.[1],
    changes: records.map(
      ({ dynamodb: { SequenceNumber: sequenceNumber, OldImage: before, NewImage: after } }) => ({
        sequenceNumber,
        before: before && itemOfImage(before),
        after: after && itemOfImage(after),
      }),
    ),
  };
}

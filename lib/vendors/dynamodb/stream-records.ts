/** Changes of items as a table's stream gives them to a function. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import type { Item } from './documents.ts';

/** One change of one item. */
export interface StreamChange {
  /** Names the record where a batch reports that it failed. */
  sequenceNumber: string;
  /** The item before and after, as far as it was there and the stream carries it. Numbers are exact. */
  before: Item | undefined;
  after: Item | undefined;
}

export interface StreamBatch {
  /** `gatehouse-prod-ledger` */
  table: string;
  /** In the order of the stream: of one item, the order in which it changed. */
  changes: StreamChange[];
}

/** What a function answers so that only what failed comes again. */
export interface StreamAnswer {
  batchItemFailures: { itemIdentifier: string }[];
}

const Image = z.record(z.string(), z.custom<AttributeValue>());
const Event = z.object({
  Records: z
    .array(
      z.object({
        eventSourceARN: z.string().regex(/:table\/[^/]+\/stream\//),
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
    table: /:table\/([^/]+)\//.exec(records[0]!.eventSourceARN)![1]!,
    changes: records.map(({ dynamodb: { SequenceNumber: sequenceNumber, OldImage, NewImage } }) => ({
      sequenceNumber,
      before: OldImage && exact(OldImage),
      after: NewImage && exact(NewImage),
    })),
  };
}

const exact = (image: Record<string, AttributeValue>): Item => unmarshall(image, { wrapNumbers: true });

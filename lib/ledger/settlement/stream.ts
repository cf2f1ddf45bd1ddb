/** The table's stream, as far as settlement reads it. */
import * as z from 'zod';
import { itemOfImage } from '../../vendors/dynamodb/documents.ts';
import type { Item } from '../../vendors/dynamodb/documents.ts';

const Image = z.custom<object>((value) => typeof value === 'object' && value !== null);
const StreamRecord = z.object({
  dynamodb: z.object({
    SequenceNumber: z.string(),
    NewImage: Image.optional(),
    OldImage: Image.optional(),
  }),
});
export const StreamEvent = z.object({ Records: z.array(StreamRecord) });

export interface StreamChange {
  /** By which Lambda knows it: `batchItemFailures`. */
  sequenceNumber: string;
  /** As the item was, and as it is. */
  before: Item | undefined;
  after: Item | undefined;
}

export const changesOf = ({ Records: records }: z.output<typeof StreamEvent>): StreamChange[] =>
  records.map(({ dynamodb: { SequenceNumber: sequenceNumber, NewImage: after, OldImage: before } }) => ({
    sequenceNumber,
    before: before && itemOfImage(before),
    after: after && itemOfImage(after),
  }));

/** A transfer was accepted, again after a refusal, or redriven: not one that is only put off or claimed. */
export const becamePending = ({ before, after }: StreamChange): boolean =>
  after?.['status'] === 'PENDING' && before?.['status'] !== 'PENDING';

import { isDeepStrictEqual } from 'node:util';
import { askAws, AwsRefusal } from './aws-json.ts';
import type { AwsTarget } from './aws-json.ts';

/** A record as a Lambda finds it in its event. */
export interface StreamRecord {
  eventID: string;
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  eventSourceARN: string;
  dynamodb: {
    Keys: Record<string, unknown>;
    NewImage?: Record<string, unknown>;
    OldImage?: Record<string, unknown>;
    SequenceNumber: string;
  };
}

export interface ShardPage {
  streamArn: string;
  shardId: string;
  records: StreamRecord[];
  /** Where the next page begins; also after records that are of no interest. */
  lastSequenceNumber: string | undefined;
}

interface Shard {
  ShardId: string;
}

/** @returns `undefined` when the table has no stream. @throws AwsRefusal */
export async function streamOf(target: AwsTarget, table: string): Promise<string | undefined> {
  const { Table } = await askAws<{ Table: { LatestStreamArn?: string } }>(
    target,
    'dynamodb',
    'DynamoDB_20120810.DescribeTable',
    { TableName: table },
  );
  return Table.LatestStreamArn;
}

/** The stream's shards, oldest first. */
export async function shardsOf(target: AwsTarget, streamArn: string): Promise<string[]> {
  const { StreamDescription: stream } = await ask<{ StreamDescription: { Shards: Shard[] } }>(
    target,
    'DescribeStream',
    { StreamArn: streamArn },
  );
  return stream.Shards.map(({ ShardId }) => ShardId);
}

export interface PageRequest {
  streamArn: string;
  shardId: string;
  /** The last one seen; absent: from the oldest that is kept. */
  after: string | undefined;
  limit: number;
}

/** What follows `after` in a shard, without the writes that changed nothing: AWS has no records of these. */
export async function readPage(target: AwsTarget, request: PageRequest): Promise<ShardPage> {
  const { streamArn, shardId, limit } = request;
  const { ShardIterator } = await iteratorOf(target, request);
  const { Records } = await ask<{ Records: StreamRecord[] }>(target, 'GetRecords', {
    ShardIterator,
    Limit: limit,
  });
  return {
    streamArn,
    shardId,
    records: Records.filter(isChange).map((record) => ({ ...record, eventSourceARN: streamArn })),
    lastSequenceNumber: Records.at(-1)?.dynamodb.SequenceNumber,
  };
}

async function iteratorOf(target: AwsTarget, { streamArn, shardId, after }: PageRequest) {
  const get = (from: object) =>
    ask<{ ShardIterator: string }>(target, 'GetShardIterator', {
      StreamArn: streamArn,
      ShardId: shardId,
      ...from,
    });
  if (after === undefined) return get({ ShardIteratorType: 'TRIM_HORIZON' });
  try {
    return await get({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: after });
  } catch (error) {
    // A stream keeps 24 h; after a longer pause reading begins with the oldest record left.
    if (error instanceof AwsRefusal && error.name === 'TrimmedDataAccessException') {
      return get({ ShardIteratorType: 'TRIM_HORIZON' });
    }
    throw error;
  }
}

function isChange({ eventName, dynamodb: { NewImage, OldImage } }: StreamRecord): boolean {
  return eventName !== 'MODIFY' || NewImage === undefined || !isDeepStrictEqual(NewImage, OldImage);
}

const ask = <T>(target: AwsTarget, action: string, input: object) =>
  askAws<T>(target, 'dynamodb', `DynamoDBStreams_20120810.${action}`, input);

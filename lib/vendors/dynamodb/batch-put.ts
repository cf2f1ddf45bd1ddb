import { marshall } from '@aws-sdk/util-dynamodb';
import type { PlainRequest } from './plain-request.ts';

/** As many as DynamoDB takes in one request. */
export const MAX_BATCH = 25;

type Put = { PutRequest?: { Item: Record<string, unknown> } };

/** @see Documents.batchPut */
export async function batchPut<Item extends object>(
  request: PlainRequest,
  table: string,
  items: readonly Item[],
  timeoutMs: number,
): Promise<Item[]> {
  const puts = items.map((item) => ({
    PutRequest: { Item: marshall(item, { removeUndefinedValues: true }) },
  }));
  const answer = await request('BatchWriteItem', { RequestItems: { [table]: puts } }, timeoutMs);
  const { UnprocessedItems: left = {} } = answer as { UnprocessedItems?: Record<string, Put[]> };
  if (!left[table]) return [];
  const keys = new Set(left[table].map(({ PutRequest }) => keyOf(PutRequest?.Item ?? {})));
  return items.filter((_, at) => keys.has(keyOf(puts[at]!.PutRequest.Item)));
}

const keyOf = ({ pk, sk }: Record<string, unknown>) => JSON.stringify([pk, sk]);

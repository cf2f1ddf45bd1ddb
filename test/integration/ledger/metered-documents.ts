/** The store's documents, with the write units of each write as DynamoDB reports them. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { ConsumedCapacity } from '@aws-sdk/client-dynamodb';
import type { Documents, TransactItem } from '../../../lib/vendors/dynamodb/documents.ts';
import type { TestStores } from '../../stores.ts';

export interface MeteredDocuments {
  documents: Documents;
  /** Of `put` and `transact` since it was last asked, indexes included. */
  takeUnits(): number;
  /** What `transact` was last given. */
  sent(): TransactItem[];
  close(): void;
}

export function meteredDocuments({ config, documents }: TestStores): MeteredDocuments {
  const { endpoints, region } = config;
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region, endpoint: endpoints.dynamodb! }), {
    marshallOptions: { removeUndefinedValues: true },
  });
  let sent: TransactItem[] = [];
  let units = 0;
  const count = (...used: (ConsumedCapacity | undefined)[]) => {
    for (const each of used) units += each?.WriteCapacityUnits ?? each?.CapacityUnits ?? 0;
  };
  const report = { ReturnConsumedCapacity: 'TOTAL' } as const;
  return {
    documents: {
      ...documents,
      async put(TableName, Item, { condition, names, values } = {}) {
        const expression = {
          ConditionExpression: condition,
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: values,
        };
        const put = new PutCommand({ TableName, Item, ...expression, ...report });
        count((await client.send(put)).ConsumedCapacity);
      },
      async transact(items) {
        sent = items;
        const { ConsumedCapacity = [] } = await client.send(
          new TransactWriteCommand({ TransactItems: items, ...report }),
        );
        count(...ConsumedCapacity);
      },
    },
    takeUnits() {
      const taken = units;
      units = 0;
      return taken;
    },
    sent: () => sent,
    close: () => client.destroy(),
  };
}

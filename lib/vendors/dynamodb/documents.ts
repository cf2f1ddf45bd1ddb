import type { Agent } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { BatchGetCommandOutput, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { NumberValueImpl as NumberValue, unmarshall } from '@aws-sdk/util-dynamodb';
import { GatewayError } from '../../runtime/errors.ts';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import { awsConnection } from '../kept-alive/aws-connection.ts';
import { batchPut } from './batch-put.ts';
import { plainRequests } from './plain-request.ts';

/** An item as the document client gives it: numbers are `{ value: string }` (`NumberValue`), never doubles. */
export type Item = Record<string, unknown>;
export type Key = Record<string, string>;

export interface Expression {
  condition?: string;
  names?: Record<string, string>;
  values?: Record<string, unknown>;
}

export interface QueryInput {
  table: string;
  index?: string;
  /** KeyConditionExpression. */
  where: string;
  filter?: string;
  names?: Record<string, string>;
  values: Record<string, unknown>;
  /** What is wanted of each item, named by `names` or no reserved words; it is paid for whole. Absent: all. */
  fields?: readonly string[];
  limit?: number;
  descending?: boolean;
  startKey?: Item;
  consistent?: boolean;
}

export interface ScanInput {
  table: string;
  filter?: string;
  names?: Record<string, string>;
  values?: Record<string, unknown>;
  startKey?: Item;
  consistent?: boolean;
}

export interface Page {
  items: Item[];
  lastKey?: Item;
}

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** A condition did not hold; `item` is the stored item, if there is one. */
export class ConditionFailed extends Error {
  override readonly name = 'ConditionFailed';
  readonly item: Item | undefined;
  constructor(item?: Item) {
    super('A DynamoDB condition did not hold.');
    this.item = item;
  }
}

/** Other writers or too many of them: the same transaction may go through a moment later. */
const CONTENTION = ['TransactionConflict', 'ProvisionedThroughputExceeded', 'ThrottlingError'];
const EXPLAINED = new Set(['None', 'ConditionalCheckFailed', ...CONTENTION]);

/** A transaction was cancelled. One reason per item, in order; `None` for those that would have succeeded. */
export class TransactionCancelled extends Error {
  override readonly name = 'TransactionCancelled';
  readonly reasons: { code: string; item: Item | undefined }[];
  /**
   * The first reason that is neither a condition nor contention, such as `ValidationError`, or one that is not
   * known: the same transaction would be cancelled for ever.
   */
  readonly fault: string | undefined;
  constructor(reasons: { code: string; item: Item | undefined }[]) {
    super(`DynamoDB cancelled a transaction (${reasons.map((r) => r.code).join(', ')}).`);
    this.reasons = reasons;
    this.fault = reasons.find(({ code }) => !EXPLAINED.has(code))?.code;
  }
}

/**
 * DynamoDB documents. Rejects with `ConditionFailed`, `TransactionCancelled`, `STORE_UNAVAILABLE` for DynamoDB's own
 * failures (throttling, 5xx, timeouts) after the SDK's own retries, or an `Error` for what no retry can mend.
 */
export interface Documents {
  get(table: string, key: Key, options?: { consistent?: boolean }): Promise<Item | undefined>;
  /** In no order; missing items are left out. */
  batchGet(table: string, keys: Key[], options?: { consistent?: boolean }): Promise<Item[]>;
  /** At most 100, as a consistent snapshot; `undefined` for missing items. */
  transactGet(table: string, keys: Key[]): Promise<(Item | undefined)[]>;
  put(table: string, item: Item, expression?: Expression): Promise<void>;
  /** At most 25 of one table with `pk` and `sk`, without conditions and retries. Answers those that were not stored. */
  batchPut(table: string, items: readonly Item[], options: { timeoutMs: number }): Promise<Item[]>;
  /** Answers the whole item after the update. */
  update(table: string, key: Key, update: string, expression?: Expression): Promise<Item>;
  delete(table: string, key: Key, expression?: Expression): Promise<void>;
  query(input: QueryInput): Promise<Page>;
  /** One page of the whole table: every item of it is read and paid for. */
  scan(input: ScanInput): Promise<Page>;
  transact(items: TransactItem[], options?: { token?: string }): Promise<void>;
}

/** A request that was not answered by then is given up, milliseconds. */
export const REQUEST_TIMEOUT_MS = 3_000;

export interface DocumentsOptions {
  region: string;
  endpoint?: string;
  maxAttempts?: number;
  /** Per request, its answer's body included, milliseconds. Default: `REQUEST_TIMEOUT_MS`. */
  timeoutMs?: number;
  /** Of another client to the same endpoint, to share its connections. */
  agent?: Agent;
}

export function connectDocuments(options: DocumentsOptions): Documents {
  const sdk = new DynamoDBClient(
    awsConnection({ maxAttempts: 3, timeoutMs: REQUEST_TIMEOUT_MS, ...options }),
  );
  const client = DynamoDBDocumentClient.from(sdk, {
    marshallOptions: { removeUndefinedValues: true },
    // Exact numbers: a double would round money and 19-digit ids.
    unmarshallOptions: { wrapNumbers: true },
  });
  const request = plainRequests(sdk, options.endpoint);

  return {
    get: (table, key, { consistent = false } = {}) =>
      attempt(
        async () =>
          (await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: consistent })))
            .Item,
      ),
    batchGet: (table, keys, { consistent = false } = {}) =>
      attempt(async () => {
        const items: Item[] = [];
        for (let at = 0; at < keys.length; at += 100) {
          let wanted: BatchGetCommandOutput['UnprocessedKeys'] = {
            [table]: { Keys: keys.slice(at, at + 100), ConsistentRead: consistent },
          };
          while (wanted && Object.keys(wanted).length > 0) {
            const reply: BatchGetCommandOutput = await client.send(
              new BatchGetCommand({ RequestItems: wanted }),
            );
            items.push(...(reply.Responses?.[table] ?? []));
            wanted = reply.UnprocessedKeys;
          }
        }
        return items;
      }),
    transactGet: (table, keys) =>
      attempt(async () => {
        const reply = await client.send(
          new TransactGetCommand({
            TransactItems: keys.map((key) => ({ Get: { TableName: table, Key: key } })),
          }),
        );
        return keys.map((_, at) => reply.Responses?.[at]?.Item);
      }),
    put: (table, item, expression) =>
      attempt(
        async () =>
          void (await client.send(
            new PutCommand({ TableName: table, Item: item, ...expressionParams(expression) }),
          )),
      ),
    batchPut: (table, items, { timeoutMs }) => attempt(() => batchPut(request, table, items, timeoutMs)),
    update: (table, key, update, expression) =>
      attempt(async () => {
        const reply = await client.send(
          new UpdateCommand({
            TableName: table,
            Key: key,
            UpdateExpression: update,
            ReturnValues: 'ALL_NEW',
            ...expressionParams(expression),
          }),
        );
        return reply.Attributes ?? {};
      }),
    delete: (table, key, expression) =>
      attempt(
        async () =>
          void (await client.send(
            new DeleteCommand({ TableName: table, Key: key, ...expressionParams(expression) }),
          )),
      ),
    query: (input) =>
      attempt(async () => {
        const reply = await client.send(
          new QueryCommand({
            TableName: input.table,
            IndexName: input.index,
            KeyConditionExpression: input.where,
            FilterExpression: input.filter,
            ProjectionExpression: input.fields?.join(', '),
            ExpressionAttributeNames: input.names,
            ExpressionAttributeValues: input.values,
            Limit: input.limit,
            ScanIndexForward: !input.descending,
            ExclusiveStartKey: input.startKey,
            ConsistentRead: input.consistent ?? false,
          }),
        );
        return omitUndefined({ items: reply.Items ?? [], lastKey: reply.LastEvaluatedKey });
      }),
    scan: (input) =>
      attempt(async () => {
        const reply = await client.send(
          new ScanCommand({
            TableName: input.table,
            FilterExpression: input.filter,
            ExpressionAttributeNames: input.names,
            ExpressionAttributeValues: input.values,
            ExclusiveStartKey: input.startKey,
            ConsistentRead: input.consistent ?? false,
          }),
        );
        return omitUndefined({ items: reply.Items ?? [], lastKey: reply.LastEvaluatedKey });
      }),
    transact: (items, { token } = {}) =>
      attempt(
        async () =>
          void (await client.send(
            new TransactWriteCommand({ TransactItems: items, ClientRequestToken: token }),
          )),
      ),
  };
}

function expressionParams({ condition, names, values }: Expression = {}) {
  return {
    ConditionExpression: condition,
    ReturnValuesOnConditionCheckFailure: condition === undefined ? undefined : ('ALL_OLD' as const),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
}

async function attempt<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw translate(error);
  }
}

/** The document client does not unmarshal the items of errors. */
type MarshalledItem = Parameters<typeof unmarshall>[0];

interface SdkError {
  name?: string;
  Item?: MarshalledItem;
  CancellationReasons?: { Code?: string; Item?: MarshalledItem }[];
}

const plain = (item?: MarshalledItem) => (item ? itemOfImage(item) : undefined);

/** An item as a stream's record has it. @throws Error for what is none. */
export const itemOfImage = (image: object): Item =>
  unmarshall(image as MarshalledItem & {}, { wrapNumbers: true });

function translate(error: unknown): Error {
  const { name = 'unknown', Item: item, CancellationReasons: reasons } = error as SdkError;
  if (name === 'ConditionalCheckFailedException') return new ConditionFailed(plain(item));
  if (name === 'TransactionCanceledException') {
    return new TransactionCancelled(
      (reasons ?? []).map((r) => ({ code: r.Code ?? 'None', item: plain(r.Item) })),
    );
  }
  if (name === 'ValidationException') return new Error(`DynamoDB refused a request: ${String(error)}`);
  return new GatewayError('STORE_UNAVAILABLE', `DynamoDB did not answer (${name}).`, {
    cause: error,
    retryAfterSeconds: 1,
  });
}

/** A stored number as a double: for counts, revisions and times, never for money. */
export function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number((value as { value: string }).value);
}

/** A stored number as its exact decimal text. */
export function exactOf(value: unknown): string {
  return typeof value === 'number' ? String(value) : (value as { value: string }).value;
}

/** A number to store with all its digits (DynamoDB keeps 38). */
export function exactNumber(decimal: string): unknown {
  return NumberValue.from(decimal);
}

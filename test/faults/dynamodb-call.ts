/** A request of DynamoDB's JSON protocol, as far as the wire looks into it. */

type Keyed = { TableName: string; Key?: Attributes; Item?: Attributes };
export type Attributes = Record<string, unknown>;
export type BatchRequest = { Keys?: Attributes[]; ConsistentRead?: boolean };

export interface Input {
  TableName?: string;
  IndexName?: string;
  ConsistentRead?: boolean;
  Limit?: number;
  Key?: Attributes;
  Item?: Attributes;
  /** Of BatchGetItem by table; of BatchWriteItem a list by table. */
  RequestItems?: Record<string, BatchRequest | Attributes[]>;
  TransactItems?: Record<string, Keyed>[];
}

export interface Call {
  /** `TransactWriteItems` */
  action: string;
  input: Input;
}

const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems']);
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems']);

export const isRead = ({ action }: Call) => READS.has(action);
export const isWrite = ({ action }: Call) => WRITES.has(action);

/** May be answered from a replica that is behind. */
export function isEventual({ action, input }: Call): boolean {
  if (action === 'BatchGetItem') {
    return Object.values(input.RequestItems ?? {}).every((one) => !(one as BatchRequest).ConsistentRead);
  }
  return (action === 'GetItem' || action === 'Query' || action === 'Scan') && !input.ConsistentRead;
}

/** What a write names: tables with a key, or an item that holds one. */
export function writtenItems({ action, input }: Call): { table: string; attributes: Attributes }[] {
  if (action === 'BatchWriteItem') {
    return Object.entries(input.RequestItems ?? {}).flatMap(([table, writes]) =>
      (writes as { PutRequest: { Item: Attributes } }[]).map(({ PutRequest }) => ({
        table,
        attributes: PutRequest.Item,
      })),
    );
  }
  if (action === 'TransactWriteItems') {
    return (input.TransactItems ?? []).flatMap(({ ConditionCheck: _read, ...writes }) =>
      Object.values(writes).map((one) => ({
        table: one.TableName,
        attributes: one.Key ?? one.Item ?? {},
      })),
    );
  }
  return [{ table: input.TableName ?? '', attributes: input.Key ?? input.Item ?? {} }];
}

/** As IAM names it: a transaction needs what its items need by themselves. */
export function permissionsOf({ action, input }: Call): string[] {
  const permission = (what: string, table = '', index?: string) =>
    `dynamodb:${what} ${table}${index === undefined ? '' : `/index/${index}`}`;
  if (action === 'TransactGetItems' || action === 'TransactWriteItems') {
    return (input.TransactItems ?? []).flatMap((item) =>
      Object.entries(item).map(([kind, { TableName }]) =>
        permission(kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`, TableName),
      ),
    );
  }
  if (input.RequestItems) return Object.keys(input.RequestItems).map((table) => permission(action, table));
  return [permission(action, input.TableName, input.IndexName)];
}

/** Requests of DynamoDB's JSON protocol, as the house sends them. What it never sends is refused by name. */
import type { Attributes, AttributeValue } from './attributes.ts';
import { nameOf } from './evaluate.ts';
import type { Words } from './evaluate.ts';
import { invalid } from './refused.ts';

export interface Input {
  TableName: string;
  Key?: Attributes;
  Item?: Attributes;
  ConditionExpression?: string;
  UpdateExpression?: string;
  KeyConditionExpression?: string;
  FilterExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, AttributeValue>;
  ReturnValues?: string;
  ReturnValuesOnConditionCheckFailure?: string;
  ConsistentRead?: boolean;
  IndexName?: string;
  Limit?: number;
  ScanIndexForward?: boolean;
  ExclusiveStartKey?: Attributes;
  RequestItems?: Record<string, BatchGet | PutRequest[]>;
  TransactItems?: TransactItem[];
  ClientRequestToken?: string;
}

export interface BatchGet {
  Keys: Attributes[];
  ConsistentRead?: boolean;
}

/** Of BatchWriteItem: the house deletes nothing in batches. */
export interface PutRequest {
  PutRequest: { Item: Attributes };
}

export type TransactItem = Partial<Record<'Put' | 'Update' | 'Delete' | 'ConditionCheck' | 'Get', Input>>;

export interface Request {
  /** `TransactWriteItems` */
  action: string;
  input: Input;
}

const EXPRESSION = ['ExpressionAttributeNames', 'ExpressionAttributeValues'];
const CONDITION = ['ConditionExpression', 'ReturnValuesOnConditionCheckFailure', ...EXPRESSION];
const READING = [
  'ConsistentRead',
  'IndexName',
  'Limit',
  'ExclusiveStartKey',
  'FilterExpression',
  ...EXPRESSION,
];

const KNOWN: Record<string, readonly string[]> = {
  GetItem: ['TableName', 'Key', 'ConsistentRead'],
  PutItem: ['TableName', 'Item', ...CONDITION],
  UpdateItem: ['TableName', 'Key', 'UpdateExpression', 'ReturnValues', ...CONDITION],
  DeleteItem: ['TableName', 'Key', ...CONDITION],
  Query: ['TableName', 'KeyConditionExpression', 'ScanIndexForward', ...READING],
  Scan: ['TableName', ...READING],
  BatchGetItem: ['RequestItems'],
  BatchWriteItem: ['RequestItems'],
  TransactGetItems: ['TransactItems'],
  TransactWriteItems: ['TransactItems', 'ClientRequestToken'],
};

/** @throws Error naming what the simulated DynamoDB does not do. */
export function refuseUnknown({ action, input }: Request): void {
  const known = KNOWN[action];
  if (!known) throw new Error(`The simulated DynamoDB does not know ${action}.`);
  const strange = Object.keys(input).filter((name) => !known.includes(name));
  if (strange.length > 0)
    throw new Error(`The simulated DynamoDB does not know ${strange.join(', ')} of ${action}.`);
}

export const isRead = ({ action }: Request): boolean =>
  ['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems'].includes(action);

/** May be answered by a replica that is behind. */
export function isEventual({ action, input }: Request): boolean {
  if (action === 'BatchGetItem')
    return Object.values(input.RequestItems ?? {}).every((one) => !(one as BatchGet).ConsistentRead);
  return ['GetItem', 'Query', 'Scan'].includes(action) && !input.ConsistentRead;
}

/** @throws Refused for words that no expression uses, as DynamoDB does. */
export function wordsOf(input: Input, references: readonly string[]): Words {
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = input;
  const unused = [...Object.keys(names), ...Object.keys(values)].filter((word) => !references.includes(word));
  if (unused.length > 0)
    throw invalid(`Value provided in Expression unused in expressions: keys: {${unused.join(', ')}}`);
  const words = { names, values };
  for (const reference of references) {
    if (reference.startsWith('#')) nameOf(reference, words);
    else if (!values[reference]) throw invalid(`An expression attribute value is not defined: ${reference}`);
  }
  return words;
}

/** The simulated DynamoDB against the embedded one: the same requests in the same order, and the same answers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unsigned } from '../../../dev/stores/aws-json.ts';
import { chance } from '../../../dev/simulator/chance.ts';
import type { Chance } from '../../../dev/simulator/chance.ts';
import type { Attributes } from '../../../dev/simulator/dynamodb/attributes.ts';
import { Database } from '../../../dev/simulator/dynamodb/database.ts';
import type { Input, Request } from '../../../dev/simulator/dynamodb/request.ts';
import { declaredTables } from '../../../dev/simulator/dynamodb/schemas.ts';
import { openStores } from '../../stores.ts';
import type { TestStores } from '../../stores.ts';

let stores: TestStores;
let database: Database;
let moment = 0;
beforeAll(async () => {
  stores = await openStores();
  database = new Database(declaredTables(stores.stage));
});
afterAll(() => stores.close());

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

async function embedded({ action, input }: Request): Promise<Answer> {
  const endpoint = stores.config.endpoints.dynamodb!;
  const target = { endpoint, region: 'us-east-1', accessKeyId: 'local' };
  const reply = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      ...unsigned(target),
      'x-amz-target': `DynamoDB_20120810.${action}`,
    },
    body: JSON.stringify(input),
  });
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
}

/** What the house looks at: kinds of errors and their items, not their words. Scans have an order of their own. */
function essence({ status, body }: Answer, { action }: Request): unknown {
  if (status !== 200) {
    const { __type: type, Item, CancellationReasons: reasons } = body as Record<string, never>;
    const codes = (reasons as unknown as { Code: string; Item?: Attributes }[] | undefined)?.map(
      (reason) => ({
        code: reason.Code,
        item: reason.Item,
      }),
    );
    return { type: String(type).split('#').at(-1), item: Item, codes };
  }
  const {
    Items: items,
    Responses: responses,
    Count,
    ScannedCount,
    Attributes: attributes,
    Item,
    LastEvaluatedKey,
  } = body;
  const sorted = action === 'Scan' ? (items as unknown[]).map(sortedText).sort() : items;
  const batch =
    action === 'BatchGetItem'
      ? Object.values(responses as Record<string, unknown[]>).map((list) => list.map(sortedText).sort())
      : responses;
  return { sorted, batch, Count, ScannedCount, attributes, Item, isCut: LastEvaluatedKey };
}

const sortedText = (item: unknown) =>
  JSON.stringify(Object.entries(item as object).sort(([a], [b]) => (a < b ? -1 : 1)));

const S = (text: string) => ({ S: text });
const N = (number: number | string) => ({ N: String(number) });

/** Not in transactions, where the embedded one is more lenient than DynamoDB. */
const MALFORMED: Partial<Input>[] = [{ ConditionExpression: 'pk = :unknown' }];

/** Requests as the house sends them, on so few items that they meet each other. */
function requestOf(draw: Chance, table: string): Request {
  const kind = draw.upTo(9);
  const key = { pk: S(`P${draw.upTo(3)}`), sk: S(`K${draw.upTo(4)}`) };
  const Item = {
    ...key,
    ...(draw.happens(0.7) ? { status: S(draw.oneOf(['PENDING', 'SETTLED'])) } : {}),
    ...(draw.happens(0.7)
      ? { count: draw.happens(0.9) ? N(draw.oneOf(['1', '2.50', '-3', '1e2'])) : S('no number') }
      : {}),
    ...(draw.happens(0.6) ? { gsi1pk: S(`G${draw.upTo(2)}`), gsi1sk: S(`${draw.upTo(5)}`) } : {}),
    ...(draw.happens(0.3) ? { list: { L: [N(1), S('x')] }, map: { M: { deeper: N(7) } } } : {}),
  };
  const condition = draw.oneOf<Partial<Input>>([
    {},
    { ConditionExpression: 'attribute_not_exists(pk)' },
    {
      ConditionExpression: 'attribute_exists(#c) AND NOT #c = :one',
      ...words({ '#c': 'count' }, { ':one': N(1) }),
    },
    {
      ConditionExpression: 'attribute_not_exists(pk) OR (#s = :s AND #c <= :n)',
      ...words({ '#s': 'status', '#c': 'count' }, { ':s': S('PENDING'), ':n': N(2.5) }),
    },
    {
      ConditionExpression: '#s IN (:a, :b)',
      ...words({ '#s': 'status' }, { ':a': S('SETTLED'), ':b': S('x') }),
    },
    { ConditionExpression: '#c BETWEEN :a AND :b', ...words({ '#c': 'count' }, { ':a': N(-5), ':b': N(2) }) },
    { ConditionExpression: '#c <> :a', ...words({ '#c': 'count' }, { ':a': N('1.0') }) },
    {
      ConditionExpression: 'size(pk) >= :n AND begins_with(sk, :k)',
      ...words({}, { ':n': N(2), ':k': S('K1') }),
    },
    { ConditionExpression: '#m.deeper = :n', ...words({ '#m': 'map' }, { ':n': N(7) }) },
    { ConditionExpression: 'contains(#l, :x)', ...words({ '#l': 'list' }, { ':x': S('x') }) },
    ...(kind === 4 ? [] : MALFORMED),
  ]);
  const ALL = condition.ConditionExpression ? { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } : {};
  const update = draw.oneOf<Partial<Input>>([
    {
      UpdateExpression: 'ADD #c :g SET #x = :x',
      ...words({ '#c': 'count', '#x': 'extra' }, { ':g': N('0.1'), ':x': S('x') }),
    },
    {
      UpdateExpression: 'SET #x = if_not_exists(#x, :x), gsi1pk = :g, gsi1sk = :h',
      ...words({ '#x': 'extra' }, { ':x': S('first'), ':g': S('G1'), ':h': S('9') }),
    },
    { UpdateExpression: 'SET #c = #c + :g', ...words({ '#c': 'count' }, { ':g': N(10) }) },
    {
      UpdateExpression: 'REMOVE gsi1pk, gsi1sk SET #c = :g',
      ...words({ '#c': 'count' }, { ':g': N('12345678901234567890.0123456789') }),
    },
    {
      UpdateExpression: 'SET #l = list_append(#l, :more)',
      ...words({ '#l': 'list' }, { ':more': { L: [N(2)] } }),
    },
  ]);
  const merged = (one: Partial<Input>, other: Partial<Input>): Partial<Input> => {
    const names = { ...one.ExpressionAttributeNames, ...other.ExpressionAttributeNames };
    const values = { ...one.ExpressionAttributeValues, ...other.ExpressionAttributeValues };
    return { ...one, ...other, ...words(names, values) };
  };
  const put: Input = { TableName: table, Item, ...condition, ...ALL };
  const updating: Input = { TableName: table, Key: key, ...merged(renamed(condition), update), ...ALL };
  const deleting: Input = { TableName: table, Key: key, ...condition, ...ALL };
  const ConsistentRead = true;
  switch (kind) {
    case 0: {
      const puts = [{ PutRequest: { Item } }, { PutRequest: { Item: { ...Item, sk: S('B') } } }];
      return draw.happens(0.5)
        ? { action: 'PutItem', input: put }
        : { action: 'BatchWriteItem', input: { RequestItems: { [table]: puts } } as unknown as Input };
    }
    case 1:
    case 2:
      return { action: 'UpdateItem', input: { ...updating, ReturnValues: 'ALL_NEW' } };
    case 3:
      return { action: 'DeleteItem', input: deleting };
    case 4: {
      const others = { pk: S('T'), sk: S(`K${draw.upTo(2)}`) };
      const items = [
        { Put: put },
        { Update: { ...updating, Key: others } },
        {
          ConditionCheck: {
            TableName: table,
            Key: { pk: S('C'), sk: S('C') },
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        },
      ];
      return {
        action: 'TransactWriteItems',
        input: { TransactItems: items.slice(0, 1 + draw.upTo(3)) } as unknown as Input,
      };
    }
    case 5:
      return { action: 'GetItem', input: { TableName: table, Key: key, ConsistentRead } };
    case 6: {
      const Keys = [key, { pk: S('P0'), sk: S('other') }, { pk: S('T'), sk: S('K0') }];
      return draw.happens(0.5)
        ? {
            action: 'BatchGetItem',
            input: { RequestItems: { [table]: { Keys, ConsistentRead } } } as unknown as Input,
          }
        : {
            action: 'TransactGetItems',
            input: {
              TransactItems: Keys.map((Key) => ({ Get: { TableName: table, Key } })),
            } as unknown as Input,
          };
    }
    case 7:
      return {
        action: 'Query',
        input: {
          TableName: table,
          ...queryOf(draw),
          Limit: 1 + draw.upTo(5),
          ScanIndexForward: draw.happens(0.5),
        },
      };
    default:
      return {
        action: 'Scan',
        input: {
          TableName: table,
          ConsistentRead,
          FilterExpression: 'sk = :k',
          ...words({}, { ':k': S('K1') }),
        },
      };
  }
}

function queryOf(draw: Chance): Partial<Input> {
  const partition = { ':p': S(`P${draw.upTo(3)}`) };
  return draw.oneOf<Partial<Input>>([
    { KeyConditionExpression: 'pk = :p', ConsistentRead: true, ...words({}, partition) },
    {
      KeyConditionExpression: 'pk = :p AND begins_with(sk, :k)',
      ...words({}, { ...partition, ':k': S('K') }),
    },
    {
      KeyConditionExpression: 'pk = :p AND sk BETWEEN :a AND :b',
      ...words({}, { ...partition, ':a': S('K1'), ':b': S('K3') }),
    },
    {
      KeyConditionExpression: 'pk = :p AND sk > :a',
      ExclusiveStartKey: { pk: partition[':p'], sk: S('K2') },
      ...words({}, { ...partition, ':a': S('K0') }),
    },
    {
      IndexName: 'byAccount',
      KeyConditionExpression: '#g = :g',
      ...words({ '#g': 'gsi1pk' }, { ':g': S(`G${draw.upTo(2)}`) }),
    },
    {
      IndexName: 'byAccount',
      KeyConditionExpression: 'gsi1pk = :g AND gsi1sk >= :s',
      FilterExpression: 'attribute_exists(pk)',
      ...words({}, { ':g': S('G1'), ':s': S('2') }),
    },
  ]);
}

/** Absent where there are none: DynamoDB refuses empty ones. */
function words(names: Record<string, string>, values: Record<string, unknown>): Partial<Input> {
  return {
    ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
    ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
  } as Partial<Input>;
}

/** A condition whose words do not meet those of an update. */
function renamed(condition: Partial<Input>): Partial<Input> {
  const spell = (text: string) => text.replaceAll(/([#:])(\w+)/g, '$1if$2');
  const keys = <T>(of: Record<string, T> = {}) =>
    Object.fromEntries(Object.entries(of).map(([k, v]) => [spell(k), v]));
  if (!condition.ConditionExpression) return {};
  return {
    ConditionExpression: spell(condition.ConditionExpression),
    ...words(keys(condition.ExpressionAttributeNames), keys(condition.ExpressionAttributeValues)),
  };
}

describe('the simulated DynamoDB', () => {
  it.each([1, 2, 3, 4])('answers as the embedded one does (%i)', async (seed) => {
    const table = stores.names.tables.ledger;
    for (let n = 0; n < 250; n++) {
      const request = requestOf(chance(`${seed}/${n}`), table);
      const expected = await embedded(request);
      const answer = database.request(request, (moment += 1));
      const show = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
      expect({ request, answer: show(essence(answer, request)) }).toEqual({
        request,
        answer: show(essence(expected, request)),
      });
    }
  });

  it('names what it does not know', () => {
    const TableName = stores.names.tables.ledger;
    expect(() => database.request({ action: 'ExecuteStatement', input: { TableName } }, 0)).toThrow(
      'ExecuteStatement',
    );
    const input = { TableName, Key: {}, ProjectionExpression: 'pk' };
    expect(() => database.request({ action: 'GetItem', input }, 0)).toThrow(
      'ProjectionExpression of GetItem',
    );
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ConditionFailed,
  TransactionCancelled,
  connectDocuments,
  exactNumber,
  exactOf,
  numberOf,
} from '../../../../lib/vendors/dynamodb/documents.ts';
import type { Documents, Item } from '../../../../lib/vendors/dynamodb/documents.ts';
import { sendJson, startPeer } from '../../../peer.ts';
import type { Peer } from '../../../peer.ts';
import { openStores } from '../../../stores.ts';
import type { TestStores } from '../../../stores.ts';

const refusalOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'answered',
    (error: unknown) => error,
  );

describe('documents in DynamoDB', () => {
  let stores: TestStores;
  let table: string;
  let documents: Documents;
  beforeAll(async () => {
    stores = await openStores();
    ({ documents } = stores);
    table = stores.names.tables.users;
  });
  afterAll(() => stores.close());

  const key = (pk: string, sk = '1') => ({ pk, sk });

  it('keep every digit of a number', async () => {
    const digits = '12345678901234567890.1234567890123456';
    await documents.put(table, { ...key('exact'), n: exactNumber(digits), count: 7 });
    const item = (await documents.get(table, key('exact')))!;
    expect(exactOf(item['n'])).toBe(digits);
    expect([exactOf(item['count']), numberOf(item['count'])]).toEqual(['7', 7]);
    expect([exactOf(7), numberOf(7)]).toEqual(['7', 7]);
    expect([exactOf({ value: '7.10' }), numberOf({ value: '7.10' })]).toEqual(['7.10', 7.1]);
  });

  it('leave out what is undefined', async () => {
    await documents.put(table, { ...key('sparse'), absent: undefined, map: { absent: undefined } });
    expect(await documents.get(table, key('sparse'))).toStrictEqual({ ...key('sparse'), map: {} });
  });

  it('that are not there are undefined, or left out', async () => {
    await documents.put(table, { ...key('there'), n: 1 });
    const keys = [key('there'), key('nowhere')];
    expect(await documents.get(table, keys[1]!)).toBeUndefined();
    expect(await documents.batchGet(table, keys)).toEqual([{ ...keys[0], n: { value: '1' } }]);
    expect(await documents.transactGet(table, keys)).toEqual([{ ...keys[0], n: { value: '1' } }, undefined]);
    await documents.delete(table, keys[1]!);
  });

  it('are updated, and come back whole', async () => {
    await documents.put(table, { ...key('changed'), n: 1, kept: 'k' });
    const updated = await documents.update(table, key('changed'), 'SET #n = :n', {
      condition: '#n < :n',
      names: { '#n': 'n' },
      values: { ':n': 2 },
    });
    expect(updated).toEqual({ ...key('changed'), n: { value: '2' }, kept: 'k' });
  });

  it('are deleted only where the condition holds', async () => {
    await documents.put(table, { ...key('gone'), n: exactNumber('9007199254740993') });
    const expression = { condition: 'n = :n', values: { ':n': 1 } };
    const refusal = await refusalOf(documents.delete(table, key('gone'), expression));
    expect(refusal).toBeInstanceOf(ConditionFailed);
    expect(refusal).toMatchObject({
      message: 'A DynamoDB condition did not hold.',
      item: { ...key('gone'), n: { value: '9007199254740993' } },
    });
    await documents.delete(table, key('gone'));
    expect(await documents.get(table, key('gone'))).toBeUndefined();
  });

  it('of a condition that failed where nothing was are undefined', async () => {
    const refusal = await refusalOf(documents.put(table, key('none'), { condition: 'attribute_exists(pk)' }));
    expect(refusal).toBeInstanceOf(ConditionFailed);
    expect((refusal as ConditionFailed).item).toBeUndefined();
  });

  it('are queried in their order, or from the end, as many as are wanted', async () => {
    for (const sk of ['a', 'b', 'c']) await documents.put(table, { ...key('list', sk), of: sk });
    const query = { table, where: '#pk = :pk', names: { '#pk': 'pk' }, values: { ':pk': 'list' } };
    const found = async (more: object) =>
      (await documents.query({ ...query, ...more })).items.map(({ sk }: Item) => sk);
    expect(await found({})).toEqual(['a', 'b', 'c']);
    expect(await found({ descending: true })).toEqual(['c', 'b', 'a']);
    expect(await found({ descending: false, limit: 2 })).toEqual(['a', 'b']);
    expect(await found({ startKey: key('list', 'a') })).toEqual(['b', 'c']);
    expect(
      await found({
        filter: '#of <> :b',
        names: { '#pk': 'pk', '#of': 'of' },
        values: { ':pk': 'list', ':b': 'b' },
      }),
    ).toEqual(['a', 'c']);
    const page = await documents.query({ ...query, limit: 1 });
    expect(page).toEqual({ items: [{ ...key('list', 'a'), of: 'a' }], lastKey: key('list', 'a') });
  });

  it('in one transaction are all written, or none, and each says why', async () => {
    const put = (pk: string, condition: string) => ({
      Put: {
        TableName: table,
        Item: key(pk),
        ConditionExpression: condition,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
      },
    });
    await documents.put(table, { ...key('taken'), n: exactNumber('9007199254740993') });
    const refusal = await refusalOf(
      documents.transact([put('free', 'attribute_not_exists(pk)'), put('taken', 'attribute_not_exists(pk)')]),
    );
    expect(refusal).toBeInstanceOf(TransactionCancelled);
    expect(refusal).toMatchObject({
      message: 'DynamoDB cancelled a transaction (None, ConditionalCheckFailed).',
      fault: undefined,
      reasons: [
        { code: 'None', item: undefined },
        { code: 'ConditionalCheckFailed', item: { n: { value: '9007199254740993' } } },
      ],
    });
    expect(await documents.get(table, key('free'))).toBeUndefined();
    await documents.transact([put('free', 'attribute_not_exists(pk)')]);
    expect(await documents.get(table, key('free'))).toEqual(key('free'));
  });
});

describe('requests to DynamoDB', () => {
  let peer: Peer;
  let documents: Documents;
  beforeAll(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
    peer = await startPeer();
    documents = connectDocuments({ region: 'us-east-1', endpoint: peer.url, maxAttempts: 1 });
  });
  beforeEach(() => {
    peer.seen.length = 0;
    peer.answer((_, response) => sendJson(response, {}));
  });
  afterAll(() => peer.stop());

  const inputs = () => peer.seen.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>);
  const refuse = (type: string, more: object = {}) =>
    peer.answer((_, response) =>
      sendJson(response, { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'm', ...more }, 400),
    );
  const id = { pk: 'a', sk: 'b' };
  const query = { table: 't', where: 'pk = :pk', values: { ':pk': 'a' } };

  it.each([
    [undefined, false],
    [{}, false],
    [{ consistent: true }, true],
    [{ consistent: false }, false],
  ])('to read with %j ask for what is newest: %s', async (options, newest) => {
    await documents.get('t', id, options);
    await documents.batchGet('t', [id], options);
    await documents.query({ ...query, ...options });
    await documents.scan({ table: 't', ...options });
    const [get, batch, queried, scanned] = inputs();
    expect(get).toMatchObject({ ConsistentRead: newest });
    expect(batch).toMatchObject({ RequestItems: { t: { ConsistentRead: newest } } });
    expect(queried).toMatchObject({ ConsistentRead: newest });
    expect(scanned).toMatchObject({ ConsistentRead: newest });
  });

  it('to write ask for the old item only beside a condition', async () => {
    await documents.put('t', id);
    await documents.put('t', id, { condition: 'attribute_not_exists(pk)' });
    expect(inputs()).toEqual([
      { TableName: 't', Item: { pk: { S: 'a' }, sk: { S: 'b' } } },
      {
        TableName: 't',
        Item: { pk: { S: 'a' }, sk: { S: 'b' } },
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    ]);
  });

  it('carry the token of a transaction', async () => {
    await documents.transact([{ Delete: { TableName: 't', Key: id } }], { token: 'a-token' });
    expect(inputs()).toMatchObject([{ ClientRequestToken: 'a-token' }]);
  });

  it.each([
    [0, 0],
    [1, 1],
    [100, 1],
    [101, 2],
    [200, 2],
  ])('for a batch of %d keys are %d', async (count, requests) => {
    const keys = Array.from({ length: count }, (_, n) => ({ pk: String(n), sk: '1' }));
    expect(await documents.batchGet('t', keys)).toEqual([]);
    expect(peer.seen).toHaveLength(requests);
  });

  it('that find nothing answer with nothing', async () => {
    expect(await documents.query(query)).toStrictEqual({ items: [] });
    expect(await documents.scan({ table: 't' })).toStrictEqual({ items: [] });
    expect(await documents.transactGet('t', [id])).toEqual([undefined]);
    expect(await documents.update('t', id, 'REMOVE n')).toEqual({});
    peer.answer((_, response) => sendJson(response, { Responses: [] }));
    expect(await documents.transactGet('t', [id])).toEqual([undefined]);
  });

  it('that are cancelled without a reason, or with one that has no code, are cancelled all the same', async () => {
    refuse('TransactionCanceledException');
    expect(await refusalOf(documents.transact([]))).toMatchObject({ reasons: [], fault: undefined });
    refuse('TransactionCanceledException', { CancellationReasons: [{}, { Code: 'TransactionConflict' }] });
    expect(await refusalOf(documents.transact([]))).toMatchObject({
      message: 'DynamoDB cancelled a transaction (None, TransactionConflict).',
      fault: undefined,
    });
  });

  it('that DynamoDB does not understand say what it said', async () => {
    refuse('ValidationException');
    expect(String(await refusalOf(documents.get('t', id)))).toBe(
      'Error: DynamoDB refused a request: ValidationException: m',
    );
  });

  it('that were not answered say how, and keep the cause', async () => {
    refuse('ThrottlingException');
    expect(await refusalOf(documents.get('t', id))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'DynamoDB did not answer (ThrottlingException).',
      cause: { message: 'm' },
      retryAfterSeconds: 1,
    });
    peer.answer(() => undefined);
    const hasty = connectDocuments({
      region: 'us-east-1',
      endpoint: peer.url,
      maxAttempts: 1,
      timeoutMs: 50,
    });
    expect(await refusalOf(hasty.get('t', id))).toMatchObject({
      message: 'DynamoDB did not answer (TimeoutError).',
      cause: { message: 'No answer within 50 ms.', cause: { name: 'AbortError' } },
    });
    peer.answer((_, response) => void response.destroy());
    expect(await refusalOf(documents.get('t', id))).toMatchObject({ cause: { message: 'socket hang up' } });
  });
});

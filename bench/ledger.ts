/**
 * PERFORMANCE row 10: settled deposits per second on the embedded DynamoDB, one at a time and 16 at once, against
 * what one would write with Powertools: its idempotency around a journal put and two balance updates. Contestants
 * take turns in one process; a row is the median over the rounds of ours ÷ theirs. Each turn has a fresh engine: the
 * embedded engine's stream makes writes slower the longer it is (DynamoDB's does not), which would in the end
 * measure nothing else.
 *
 * `@aws-lambda-powertools/idempotency` is not installed. The baseline makes by hand the calls that its
 * `makeIdempotent` makes with the `DynamoDBPersistenceLayer`, same expressions: a conditional put of an INPROGRESS
 * record, and an update to COMPLETED with the answer. It leaves out that layer's own work (JMESPath, its cache).
 */
import { createHash } from 'node:crypto';
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { startDynamoDb } from '../dev/stores/dynamodb.ts';
import { createTables } from '../dev/stores/tables.ts';
import { names } from '../lib/runtime/config.ts';
import { connectDocuments } from '../lib/vendors/dynamodb/documents.ts';
import { createLedger } from '../lib/ledger/create-ledger.ts';
import { systemClock } from '../lib/runtime/clock.ts';
import { createCursors } from '../lib/text/cursors.ts';
import { systemRandom } from '../lib/runtime/random.ts';
import { median } from './measure.ts';
import type { Row } from './measure.ts';

const STAGE = 'bench';
const USERS = 10;
const AMOUNT = '12.5';
const BOOK = { name: 'main', currency: 'DIAMOND', houses: ['15', '16'], houseShards: 16 };
const COMPARISONS = [
  { concurrency: 1, goal: 2.8 },
  { concurrency: 16, goal: 2.4 },
];

type Deposit = (n: number) => Promise<unknown>;

/** Makes one contestant at an engine. */
type Contestant = (target: { endpoint: string; region: string }) => Deposit;

/** @param options.quick three short rounds: shows that it runs, proves no figure. */
export async function rows({ quick }: { quick: boolean }): Promise<Row[]> {
  process.env['AWS_ACCESS_KEY_ID'] ??= 'bench';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'bench';
  const measured: Row[] = [];
  for (const { concurrency, goal } of COMPARISONS) {
    const ratio = await compare(concurrency, quick);
    measured.push({
      id: '10',
      what: `settled deposits/s, ${concurrency} at a time`,
      baseline: 'Powertools idempotency (its calls, by hand)',
      ratio,
      goal: `≥ ${goal}×`,
      pass: ratio >= goal,
    });
  }
  return measured;
}

async function compare(concurrency: number, quick: boolean): Promise<number> {
  const rounds = quick ? 3 : 21;
  // Short turns, for the same reason as the fresh engine.
  const count = quick ? 16 : 96;
  const ratios: number[] = [];
  for (let round = -1; round < rounds; round++) {
    // Who goes first alternates.
    const order = round % 2 === 0 ? [gatehouse, withIdempotencyRecord] : [withIdempotencyRecord, gatehouse];
    const seconds = new Map<Contestant, number>();
    for (const contestant of order) seconds.set(contestant, await turn(contestant, count, concurrency));
    // The first round warms up.
    if (round >= 0) ratios.push(seconds.get(withIdempotencyRecord)! / seconds.get(gatehouse)!);
  }
  return median(ratios);
}

async function turn(contestant: Contestant, count: number, concurrency: number): Promise<number> {
  const store = await startDynamoDb('memory');
  try {
    const target = { endpoint: store.endpoint, region: 'us-east-1' };
    await createTables({ ...target, accessKeyId: process.env['AWS_ACCESS_KEY_ID']! }, STAGE);
    return await timed(contestant(target), count, concurrency);
  } finally {
    await store.stop();
  }
}

let deposits = 0;

/** Seconds for `count` deposits of their own ids. */
async function timed(deposit: Deposit, count: number, concurrency: number): Promise<number> {
  // Accounts there are already, as in any ledger but a new one, and connections.
  await Promise.all(Array.from({ length: Math.max(USERS, concurrency) }, () => deposit(deposits++)));
  let left = count;
  const worker = async () => {
    while (left-- > 0) await deposit(deposits++);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (performance.now() - start) / 1_000;
}

function gatehouse(target: { endpoint: string; region: string }): Deposit {
  const ledger = createLedger({
    documents: connectDocuments({ ...target, maxAttempts: 1 }),
    table: names(STAGE).tables.ledger,
    cursors: createCursors(() => Promise.reject(new Error('No statement is read here.')), systemClock),
    clock: systemClock,
    random: systemRandom,
  });
  return (n) =>
    ledger.post({
      service: 'URS_PROMOTION',
      transactionId: `ours-${n}`,
      book: BOOK,
      type: 'deposit',
      from: 'house:15',
      to: `user:${1_000 + (n % USERS)}`,
      amount: 125_000_000_000n,
      requestedBy: 'URS_PROMOTION',
      house: 'from',
    });
}

/** Five calls, one after the other, as each needs the one before: claim, journal, user, house, completion. */
function withIdempotencyRecord(target: { endpoint: string; region: string }): Deposit {
  const client = new DynamoDBClient(target);
  const { ledger, idempotency } = names(STAGE).tables;
  const move = (account: string, amount: string) =>
    client.send(
      new UpdateItemCommand({
        TableName: ledger,
        Key: marshall({ pk: account, sk: 'BALANCE' }),
        UpdateExpression: 'ADD balance :amount',
        ExpressionAttributeValues: { ':amount': { N: amount } },
      }),
    );
  return async (n) => {
    const order = { transactionId: `theirs-${n}`, userId: 1_000 + (n % USERS), amount: AMOUNT };
    const id = `webhook#${createHash('md5').update(JSON.stringify(order)).digest('base64')}`;
    await claim(client, idempotency, id);
    const answer = { ...order, type: 'deposit', status: 'SETTLED', settledAt: new Date().toISOString() };
    const journal = { pk: `THEIRS#${order.transactionId}`, sk: 'TRANSFER', ...answer };
    await client.send(
      new PutItemCommand({
        TableName: ledger,
        Item: marshall(journal),
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    await move(`THEIRS#user:${order.userId}`, AMOUNT);
    await move('THEIRS#house:15', `-${AMOUNT}`);
    await complete(client, idempotency, id, answer);
  };
}

/** `DynamoDBPersistenceLayer._putRecord` of an INPROGRESS record. */
async function claim(client: DynamoDBClient, table: string, id: string): Promise<void> {
  const now = Date.now();
  await client.send(
    new PutItemCommand({
      TableName: table,
      Item: marshall({
        pk: id,
        expiration: Math.round(now / 1_000) + 3_600,
        in_progress_expiration: now + 29_000,
        status: 'INPROGRESS',
      }),
      ExpressionAttributeNames: {
        '#id': 'pk',
        '#expiry': 'expiration',
        '#in_progress_expiry': 'in_progress_expiration',
        '#status': 'status',
      },
      ExpressionAttributeValues: marshall({
        ':now': Math.round(now / 1_000),
        ':now_in_millis': now,
        ':inprogress': 'INPROGRESS',
      }),
      ConditionExpression:
        'attribute_not_exists(#id) OR #expiry < :now OR ' +
        '(#status = :inprogress AND attribute_exists(#in_progress_expiry) AND #in_progress_expiry < :now_in_millis)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  );
}

/** `DynamoDBPersistenceLayer._updateRecord` to COMPLETED, with the answer. */
async function complete(client: DynamoDBClient, table: string, id: string, answer: object): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: marshall({ pk: id }),
      UpdateExpression: 'SET #response_data = :response_data, #expiry = :expiry, #status = :status',
      ExpressionAttributeNames: {
        '#response_data': 'data',
        '#expiry': 'expiration',
        '#status': 'status',
      },
      ExpressionAttributeValues: marshall({
        ':response_data': answer,
        ':expiry': Math.round(Date.now() / 1_000) + 3_600,
        ':status': 'COMPLETED',
      }),
    }),
  );
}
